"""What a bundle is made of, as frozen values; and why one is refused. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from etpp.allowance.audit import Audited
from etpp.base.errors import EtppError

FORMAT = "presensi-audit-bundle"
VERSION = 1
MANIFEST = "manifest.json"
README = "README.txt"
FACTS = "facts/"
ENDING = ".jsonl"
LATER = {"enrolment_id", "enrolment_words"}
"""Columns and tables that bundles of an earlier release do not have: there was nothing to be said."""

What = Literal["signature", "key", "file", "row", "content", "terminal", "audit"]
"""Which step found it: the bundle's own signature, the server's keys, a file's hash, a row that is none, what should be
in it and is not, a terminal's keys, or the audit of the month itself."""


class NotABundle(EtppError):
    """The file is none, or one that nobody should open: nothing in it was looked at."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle as its manifest names it. `rows`: lines; None of what is no table."""

    name: str
    bytes: int
    sha256: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """`closed_hash`: of the month as it was sealed. `keys`, `key_statements`: the server's, as terminals get them.
    `document`: as it stands in the file."""

    office_id: str
    month: str
    closed_hash: str
    made_utc: dt.datetime
    made_by: str
    software: str
    keys: tuple[Mapping[str, str], ...]
    key_statements: tuple[Mapping[str, Any], ...]
    files: tuple[Member, ...]
    key_id: str
    signature: bytes
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold, in plain words."""

    what: What
    said: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`root`: the key on which everything rests: the one that was asked for, or the server's first. `audited`: None
    where the month could not be looked at."""

    manifest: Manifest
    root: str
    audited: Audited | None
    faults: tuple[Fault, ...]
    statements: Mapping[str, Mapping[str, Any]]
    """person -> the closed statement."""
