"""A proof of erasure, as frozen values. All times are aware UTC. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from etpp.faces.model import Erasure

FORMAT = "presensi-erasure-proof"
VERSION = 1

TerminalState = Literal["erased", "waiting", "never_had", "revoked", "written_off"]
"""A terminal has said that it erased the face; has not said so yet; was set up afterwards; or will say nothing any
more: BKPP has revoked it, or knows that it is gone."""
SETTLED: frozenset[TerminalState] = frozenset({"erased", "never_had"})

Remains = Literal["name", "presences", "manual", "corrections", "activities", "statements", "phones"]
"""What is kept of somebody whose face is gone. `name`: name and NIP, 0 or 1."""


@dataclass(frozen=True, slots=True)
class TerminalWord:
    """`said_utc`: None also where it said so before this release kept the moment."""

    device_id: str
    state: TerminalState
    said_utc: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """`erasures`: the oldest first; none for one that an earlier release made, of which only the gallery's `version` is
    known. `name`: None where it was taken away, too."""

    office_id: str
    office: str
    person_id: str
    employee_id: str
    name: str | None
    nip: str | None
    version: int
    erasures: tuple[Erasure, ...]
    templates: int
    enrolments: int
    terminals: tuple[TerminalWord, ...]
    remains: Mapping[Remains, int]

    @property
    def complete(self) -> bool:
        """Nothing of the face is left here, and no terminal has to say so any more."""
        return not self.templates and not self.enrolments and all(each.state in SETTLED for each in self.terminals)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file says, and whether one of the server's keys signed it. `root`: the key on which that rests."""

    key_id: str
    keys: tuple[Mapping[str, str], ...]
    key_statements: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]
    root: str = ""
    signed: bool = False
