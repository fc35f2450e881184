"""What the pages of erasures show, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from etpp.console.listing import Cell, Column, Listing, Tone, state_column
from etpp.console.texts import Texts
from etpp.erasures.model import Proof, TerminalState
from etpp.roster.nip import grouped

_TONES: Mapping[TerminalState, Tone] = {
    "erased": "good",
    "never_had": "",
    "waiting": "warn",
    "revoked": "bad",
    "written_off": "",
}
_STATES: Mapping[str, Tone] = {"complete": "good", "waiting": "warn"}


@dataclass(frozen=True)
class ErasureLine:
    """One person of one office. `said` of `of` terminals have erased the face."""

    office_id: str
    person_id: str
    name: str
    office: str
    erased: dt.datetime
    asked_by: str
    done_by: str
    said: int
    of: int

    @property
    def state(self) -> str:
        return "complete" if self.said == self.of else "waiting"


def _name(line: ErasureLine, texts: Texts) -> Cell:  # noqa: ARG001
    return Cell(line.name, small=line.office, href=f"/erasures/{line.office_id}/{line.person_id}")


def _asked(line: ErasureLine, texts: Texts) -> Cell:
    return Cell(line.asked_by) if line.asked_by else Cell(texts.erasures_unsaid, tone="doubt")


def _said(line: ErasureLine, texts: Texts) -> str:
    return texts.say("erased_partly", done=line.said, all=line.of)


ERASURES: Listing[ErasureLine] = Listing(
    "penghapusan",
    (
        Column("name", "name", lambda line: line.name, show=_name, kind="name", finds=True),
        Column("office", "office", lambda line: line.office, chooses=True, shows=False),
        Column("erased", "erasures_when", lambda line: line.erased, kind="time"),
        Column("asked", "erasures_asked_by", lambda line: line.asked_by, show=_asked, finds=True),
        Column("done", "erasures_done_by", lambda line: line.done_by),
        state_column("erasure_state", lambda line: line.state, _STATES, _said),
    ),
    by="-erased",
)


def proof(found: Proof, zone: ZoneInfo, texts: Texts) -> dict[str, Any]:
    def moment(at: dt.datetime | None, otherwise: str) -> str:
        return otherwise if at is None else texts.moment(at.astimezone(zone))

    return {
        "office_id": found.office_id,
        "person_id": found.person_id,
        "name": found.name or texts.forgotten,
        "nip": grouped(found.nip) if found.nip else "",
        "office": found.office,
        "complete": found.complete,
        "version": found.version,
        "erasures": [
            {
                "when": moment(each.erased_utc, ""),
                "asked_by": each.asked_by or texts.erasures_unsaid,
                "done_by": each.done_by,
                "templates": texts.say("face_count", n=each.templates),
                "what": texts.erasures_with_name if each.forgotten else texts.erasures_face_alone,
            }
            for each in found.erasures
        ],
        "here": found.templates + found.enrolments,
        "terminals": [
            {
                "short_id": each.device_id[:8],
                "state": texts.of("erasure_terminal", each.state),
                "tone": _TONES[each.state],
                "said": moment(each.said_utc, texts.erasures_before if each.state == "erased" else ""),
            }
            for each in found.terminals
        ],
        "remains": [
            {
                "what": texts.of("erasure_remains", what),
                "why": texts.of("erasure_why", what),
                "count": texts.figure(count),
            }
            for what, count in found.remains.items()
            if count
        ],
    }
