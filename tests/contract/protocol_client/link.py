"""Signed requests (RFC 9421) and what their answers must be before anything in them is believed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.protocol_client.canonical import b64url

Json = dict[str, Any]
VERSION = "1"
ATTEMPTS = 3
"""Of one call whose counter the server has seen."""


class NoAnswer(Exception):
    """What came is from no server of this protocol: a proxy's page, or nothing. Later."""


class Problem(Exception):
    """A problem document, or an answer of the same meaning."""

    def __init__(self, status: int, document: Json, retry_after_s: int | None) -> None:
        self.status = status
        self.name = str(document.get("type", "")).removeprefix("urn:presensi:problem:")
        self.members = document
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.name}")

    @property
    def later(self) -> bool:
        """Whether the same request is worth sending again after a wait."""
        return self.status == 429 or self.status >= 500


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    def json(self) -> Json:
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise NoAnswer("no JSON object")
        return value


@dataclass
class Link:
    """One terminal's way to one server. `ca` is the file of the certificates that vouch for it."""

    url: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = ""
    nonce: int = 0
    ca: str | None = None

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own, in lower case."""
        parts = urlsplit(self.url)
        usual = {"http": 80, "https": 443}[parts.scheme]
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        return host if parts.port in (None, usual) else f"{host}:{parts.port}"

    def public_key(self) -> str:
        return b64url(self.key.public_key().public_bytes_raw())

    def post(self, path: str, document: Json, *, packed: bool = False) -> Answer:
        body = json.dumps(document).encode()
        return self.call("POST", path, gzip.compress(body) if packed else body, packed=packed)

    def call(self, method: str, path: str, body: bytes | None = None, *, packed: bool = False, **more: Any) -> Answer:
        """The answer; raises Problem and NoAnswer. A counter that was seen is raised, and the call made again."""
        for _ in range(ATTEMPTS):
            try:
                return self._once(method, path, body, packed, **more)
            except Problem as problem:
                if problem.name != "replayed-request":
                    raise
                self.nonce = max(self.nonce, int(problem.members["highest_nonce"]))
        raise NoAnswer("the server goes on refusing new counters")

    def signed(
        self, method: str, path: str, body: bytes | None, packed: bool, headers: dict[str, str] | None = None
    ) -> dict[str, str]:
        """The headers of a request, with its signature; a counter is used up."""
        self.nonce += 1
        return sign(
            self.key,
            self.key_id,
            str(self.nonce),
            int(time.time()),
            method,
            self.authority,
            path,
            body,
            packed,
            headers,
        )

    def _once(
        self,
        method: str,
        path: str,
        body: bytes | None,
        packed: bool,
        headers: dict[str, str] | None = None,
        cut_after: int | None = None,
    ) -> Answer:
        """`cut_after`: the line breaks after so many bytes of the answer."""
        signed = self.signed(method, path, body, packed, headers)
        request = requests.Request(method, self.url, data=body, headers=signed).prepare()
        request.url = self.url.rstrip("/") + path  # as it was signed: requests would write some of it otherwise
        with requests.Session() as session:
            session.trust_env = False
            session.max_redirects = 0
            try:
                answer = session.send(request, timeout=90, verify=self.ca or True, stream=True, allow_redirects=False)
                with answer:
                    got = answer.content if cut_after is None else next(answer.iter_content(cut_after), b"")
            except requests.RequestException as error:
                raise NoAnswer("the server cannot be reached") from error
        return believed(Answer(answer.status_code, answer.headers, got))


def sign(
    key: Ed25519PrivateKey,
    key_id: str,
    nonce: str,
    created: int,
    method: str,
    authority: str,
    path: str,
    body: bytes | None,
    packed: bool = False,
    headers: dict[str, str] | None = None,
) -> dict[str, str]:
    """All headers of a request whose target is `path`, with its query as it is sent."""
    where, question, query = path.partition("?")
    made = {"Host": authority, "Presensi-Protocol": VERSION, **(headers or {})}
    covered = {
        "@method": method,
        "@authority": authority,
        "@path": where,
        "@query": question + query if question else "?",
        "presensi-protocol": made["Presensi-Protocol"],
    }
    if body is not None:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
        made |= {"Content-Type": "application/json", "Content-Digest": f"sha-256=:{digest}:"}
        made |= {"Content-Encoding": "gzip"} if packed else {}
        for name in ("Content-Digest", "Content-Type", *(("Content-Encoding",) if packed else ())):
            covered[name.lower()] = made[name]
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={created};keyid="{key_id}";alg="ed25519";nonce="{nonce}";tag="presensi"'
    base = "".join(f'"{name}": {value}\n' for name, value in covered.items()) + f'"@signature-params": {parameters}'
    signature = base64.b64encode(key.sign(base.encode("ascii"))).decode("ascii")
    return made | {"Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{signature}:"}


def believed(answer: Answer) -> Answer:
    """The same; raises Problem for a refusal, NoAnswer for what no server of this protocol says."""
    if answer.headers.get("Presensi-Protocol") is None:
        raise NoAnswer(f"status {answer.status} without the protocol's header")
    if answer.status >= 400:
        try:
            document = answer.json()
        except ValueError:
            document = {}
        wait = answer.headers.get("Retry-After", "")
        raise Problem(answer.status, document, int(wait) if wait.isdecimal() else None)
    if answer.headers["Presensi-Protocol"] != VERSION:
        raise NoAnswer("another version of the protocol")
    return answer
