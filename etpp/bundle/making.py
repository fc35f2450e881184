"""A bundle made: read in one transaction, written beside its place, and there in whole or not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import uuid
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from etpp.allowance import gather
from etpp.allowance.model import Month
from etpp.allowance.owed import due
from etpp.allowance.store import Closings
from etpp.base.encoding import format_time
from etpp.base.errors import NotFound, StateError
from etpp.bundle.model import ENDING, FACTS, MANIFEST, README
from etpp.bundle.sealing import sealed_manifest
from etpp.bundle.store import ORDER, Extract
from etpp.db import Database, Transaction
from etpp.roster import register
from etpp.terminals.keyring import Ring

Tell = Callable[[Literal["read", "write"], int, int], None]
"""Hears how far it is: so many tables of so many. May raise, and the bundle is not made."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of every member: a bundle made twice from the same rows differs in its manifest alone."""

_README = """\
Berkas pemeriksaan e-TPP / e-TPP audit bundle
{office_id} {month}

Isi: pernyataan TPP satu bulan dari satu kantor beserta semua fakta di baliknya: presensi dengan rantai dan tanda tangan
terminal, surat, koreksi, kegiatan, kalender, kebijakan. Memuat data pribadi: simpan dan teruskan seperlunya saja.
Periksa tanpa server:   etpp audit check BERKAS

What is in it: one office's statements of one month with every fact behind them: presences with their terminals' chains
and signatures, letters, corrections, activities, calendars, policies. It holds personal data: keep it as such.
Check it without the server:   etpp audit check FILE
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """`made_by`: who took it out, as the audit log has it."""

    office_id: str
    month: Month
    made_by: str
    kind: Literal["bundle"] = "bundle"
    format: Literal["zip"] = "zip"


def extract(tx: Transaction, office_id: str, month: Month) -> Extract:
    """What the audit of a closed month rests on. Raises NotFound where it is not closed, and Conflict."""
    register.office(tx, office_id)
    closing = Closings(tx).get(office_id, month)
    if closing is None:
        raise NotFound(
            f"{month} of {office_id} is not closed: only what was sealed can be checked elsewhere",
            key="month_not_closed",
        )
    known = closing.as_of_utc
    shared = gather.regency(tx, month, known, known, closing.reports)
    anew = due(tx, office_id, month, shared, closing.reports_of, known)
    return Extract(tx, closing, anew, Closings(tx).around(office_id))


def make(database: Database, ring: Ring, asked: Asked, path: Path, now: dt.datetime, tell: Tell) -> None:
    """Write the bundle to `path`, mode 0600, in place of what is there. Whatever ends it early leaves no part of it.

    Raises NotFound, Conflict, StoreUnavailable and StateError, and what `tell` raises.
    """
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with (
            database.read() as tx,
            os.fdopen(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file,
        ):
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                _write(archive, extract(tx, asked.office_id, asked.month), ring, asked, now, tell)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}. Give a file in a folder that can be written to.") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _write(archive: zipfile.ZipFile, taken: Extract, ring: Ring, asked: Asked, now: dt.datetime, tell: Tell) -> None:
    files = [_member(archive, README, [_README.format(office_id=asked.office_id, month=asked.month).encode()], None)]
    for done, (name, rows) in enumerate(taken.tables()):
        tell("read", done, len(ORDER))
        files.append(_member(archive, f"{FACTS}{name}{ENDING}", map(_line, rows), 0))
    tell("write", len(ORDER), len(ORDER))
    sealed = taken.closing.sealed
    manifest = sealed_manifest(
        {
            "office_id": sealed.office_id,
            "month": str(sealed.month),
            "closed_hash": sealed.hash,
            "made_utc": format_time(now),
            "made_by": asked.made_by,
            "software": f"presensi {metadata.version('presensi-kiosk')}",
            "keys": ring.public,
            "key_statements": [dict(each) for each in ring.statements],
            "files": files,
        },
        ring.signer,
    )
    _member(archive, MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode()], None)


def _member(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes], rows: int | None) -> dict[str, Any]:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            size += len(line)
            rows = None if rows is None else rows + 1
    return {"name": name, "bytes": size, "sha256": digest.hexdigest(), "rows": rows}


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
