"""The program itself: its page, modules, texts, icons and service worker, all of them of this origin.

They hold nothing personal and are the same for everybody. The worker's file names the version, a hash of all others:
a phone that has the program opens it without a network, and takes a new one whole or not at all.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from etpp.console.catalogue import whole
from etpp.console.texts import Language
from etpp.phone.icon import png

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",  # asked about each time, and answered with 304
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
}
PAGE, WORKER = "index.html", "sw.js"
ICONS = {"icon-192.png": 192, "icon-512.png": 512}

router = APIRouter(prefix="/phone")


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    packed: bytes
    media_type: str
    tag: str


@router.get("", include_in_schema=False)
async def without_slash() -> Response:
    return RedirectResponse("/phone/", 308)


@router.get("/", include_in_schema=False)
async def page(request: Request) -> Response:
    return _answer(request, files()[PAGE])


@router.get("/{name}", include_in_schema=False)
async def file(name: str, request: Request) -> Response:
    found = files().get(name)
    if found is None or name == PAGE:
        raise HTTPException(404)
    return _answer(request, found)


@cache
def files() -> dict[str, File]:
    """By name. The same for as long as the process runs."""
    static = resources.files("etpp.phone").joinpath("static")
    found = {each.name: each.read_bytes() for each in static.iterdir()}
    for language in get_args(Language):
        found[f"texts-{language}.json"] = json.dumps(whole("phone", language), ensure_ascii=False).encode()
    found |= {name: png(size) for name, size in ICONS.items()}
    shell = sorted(name for name in found if name not in (PAGE, WORKER))
    version = hashlib.sha256(b"\0".join(name.encode() + b"\0" + found[name] for name in sorted(found))).hexdigest()[:16]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(['./', *shell])};\n"
    found[WORKER] = head.encode() + found[WORKER]
    return {name: _file(name, content) for name, content in found.items()}


def _file(name: str, content: bytes) -> File:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return File(content, gzip.compress(content, 9, mtime=0), _TYPES[name.rpartition(".")[2]], tag)


def _answer(request: Request, found: File) -> Response:
    headers = HEADERS | {"ETag": found.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    packs = found.media_type != _TYPES["png"] and "gzip" in request.headers.get("accept-encoding", "")
    if packs:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packs else found.content, media_type=found.media_type, headers=headers)
