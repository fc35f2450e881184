"""What BKPP must know before it approves an enrolment: each is asked by itself and stays in the record.

A face decides whom a presence is paid to. So an enrolment never slips over somebody's face, name or NIP: whatever does
not fit what is on file is a mark, and a mark is answered one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from etpp.base.encoding import Json
from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.faces.cohort import matrix
from etpp.faces.model import Enrolment
from etpp.faces.store import Enrolments, Templates
from etpp.roster.model import Person
from etpp.roster.store import People
from kiosk.scores.likeness import Rule, threshold

RULE = Rule(distance=0.42, ratio=0.80)
"""A little wider than the terminals' own (0.40 and 0.77): among more people the next nearest are nearer, and a false
alarm costs BKPP a look at two names, not an employee the way (docs/etpp.md, "The same face under two NIPs")."""

MarkKind = Literal["face_known", "face_differs", "name_differs", "pending_twice", "other_office"]
"""The face is another NIP's too; it is not the one on file under this NIP; the name is not the official one; another
enrolment of this NIP waits; another office has this NIP."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`reference`: the id of the person, or of the enrolment when it `waits` as well, that does not fit."""

    kind: MarkKind
    reference: str
    office_id: str
    waits: bool
    nip: str = field(repr=False)
    name: str = field(repr=False)

    @property
    def key(self) -> str:
        """What answers this mark, and no other."""
        return f"{self.kind}:{self.reference}"

    def as_record(self) -> Json:
        """What stays with the decision: ids, no names."""
        return {"kind": self.kind, "reference": self.reference, "office_id": self.office_id}


class MarksOpen(Conflict):
    """An enrolment has marks that were not answered. `keys`: theirs."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.keys = tuple(mark.key for mark in marks)
        text = f"the enrolment has open marks; to approve it all the same: {_query(self.keys)}"
        super().__init__(text, key="marks_open")


def check(marks: Sequence[Mark], accepted: Collection[str]) -> None:
    """Raises MarksOpen unless every mark is among those `accepted`, by its key."""
    if any(mark.key not in accepted for mark in marks):
        raise MarksOpen(marks)


def of_nip(tx: Transaction, enrolment: Enrolment) -> list[Mark]:
    """What does not fit the people and the other enrolments with the same NIP, in any office."""
    if enrolment.nip is None:
        return []
    found: list[Mark] = []
    for person in People(tx).with_nip(enrolment.nip):
        if person.office_id != enrolment.office_id:
            found.append(_mark("other_office", person))
        if _differs(tx, enrolment, person):
            found.append(_mark("face_differs", person))
        if _plain(person.name) != _plain(enrolment.name):
            found.append(_mark("name_differs", person))
    for other in Enrolments(tx).pending_with_nip(enrolment.nip):
        if (other.office_id, other.event_id) != (enrolment.office_id, enrolment.event_id):
            mark = Mark("pending_twice", other.event_id, other.office_id, True, other.nip or "", other.name or "")
            found.append(mark)
    return found


def _differs(tx: Transaction, enrolment: Enrolment, person: Person) -> bool:
    """Whether the new face is not the one that the person has on file; False where there is none to compare with."""
    held = Templates(tx).of_person(person.office_id, person.person_id, enrolment.model_id)
    if not held or not enrolment.descriptors:
        return False
    old, new = matrix([template.descriptor for template in held]), matrix(enrolment.descriptors)
    gap = float(np.linalg.norm(new.mean(axis=0) - old.mean(axis=0)))
    return gap > threshold(RULE.distance, len(new), len(old))


def _mark(kind: MarkKind, person: Person) -> Mark:
    return Mark(kind, person.person_id, person.office_id, False, person.nip or "", person.name or "")


def _plain(name: str | None) -> str:
    """Capitals and spaces make no other name."""
    return " ".join((name or "").casefold().split())


def _query(keys: Sequence[str]) -> str:
    return "&".join(f"accept={key}" for key in keys)
