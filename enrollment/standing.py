"""What became of each enrolment of this terminal: the journal's word, the server's, and the gallery's. Pure.

The protocol has no answer for "BKPP refused": such an enrolment stays `received`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from enrollment.memory import Memory, Note
from enrollment.nip import masked
from kiosk.journal.audit import Row
from kiosk.model import GallerySnapshot, PersonId
from kiosk.wire import Json, decode_descriptor, member, parse_utc

State = Literal["waiting", "received", "refused", "enrolled", "replaced"]
"""Not sent yet; the server has it and BKPP has not decided, or refused it; the server refused it; its face is in the
gallery; a later one of the same NIP is in the gallery or on its way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One enrolment. `nip` is masked; `name` and `utc` are None when nothing here remembers them.

    `problem`: the server's problem document, of a refused one.
    """

    seq: int
    chain_id: str
    utc: dt.datetime | None
    nip: str = field(repr=False)
    name: str | None = field(repr=False)
    state: State
    problem: Json | None


def note_of(row: Row, memory: Memory) -> Note | None:
    """What is to be remembered of an enrolment whose content is still held."""
    detail: Any = None if row.body is None else row.body.get("enrolment")
    if row.body is None or not isinstance(detail, dict):
        return None
    nip = member(detail, "nip", str)
    faces = [decode_descriptor(text).tobytes() for text in member(detail, "templates", list)]
    return Note(parse_utc(row.body.get("wall_utc")), masked(nip), memory.person_tag(nip), memory.faces_tag(faces))


def standings(rows: Sequence[Row], memory: Memory, gallery: GallerySnapshot) -> list[Standing]:
    """Of the journal's enrolments in order, newest last. One that was linked into a new chain is told once."""
    names = {memory.person_tag(person.nip): person.name for person in gallery.people.values()}
    faces: dict[PersonId, list[bytes]] = {}
    for template in gallery.templates:
        faces.setdefault(template.person_id, []).append(template.descriptor.tobytes())
    enrolled = {
        (memory.person_tag(gallery.people[who].nip), memory.faces_tag(each))
        for who, each in faces.items()
        if who in gallery.people
    }
    found = [(row, note_of(row, memory) or memory.note(row.hash)) for row in _once(rows)]
    newest = {note.person: number for number, (row, note) in enumerate(found) if note and row.state != "parked"}
    return [
        Standing(
            seq=row.seq,
            chain_id=row.chain_id,
            utc=None if note is None else note.utc,
            nip="" if note is None else note.nip,
            name=_name(row) or (None if note is None else names.get(note.person)),
            state=_state(row, note, enrolled, replaced=note is not None and newest.get(note.person, number) > number),
            problem=row.problem,
        )
        for number, (row, note) in enumerate(found)
    ]


def _state(row: Row, note: Note | None, enrolled: Collection[tuple[str, str]], *, replaced: bool) -> State:
    if row.state == "parked":
        return "refused"
    if note is not None and (note.person, note.faces) in enrolled:
        return "enrolled"
    if row.state == "waiting":
        return "waiting"
    return "replaced" if replaced else "received"


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """Without those that came again in a later chain under the same id."""
    rows = list(rows)
    last: Mapping[object, int] = {_event_id(row): number for number, row in enumerate(rows)}
    return (row for number, row in enumerate(rows) if _event_id(row) is None or last[_event_id(row)] == number)


def _event_id(row: Row) -> object:
    return None if row.body is None else row.body.get("event_id")


def _name(row: Row) -> str | None:
    detail: Any = None if row.body is None else row.body.get("enrolment")
    name = detail.get("name") if isinstance(detail, dict) else None
    return name if isinstance(name, str) else None
