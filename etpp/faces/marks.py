"""What BKPP must know before it approves an enrolment: each is asked by itself and stays in the record.

A face decides whom a presence is paid to. So an enrolment never slips over somebody's face, name or NIP: whatever does
not fit what is on file is a mark, and a mark is answered one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from etpp.base.encoding import Json
from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.faces.choice import counting
from etpp.faces.cohort import matrix
from etpp.faces.model import Enrolment
from etpp.faces.recognisers import DLIB_RESNET_V1, RECOGNISERS
from etpp.faces.store import Enrolments, Templates
from etpp.roster.model import Person
from etpp.roster.store import People
from kiosk.scores.likeness import threshold

MarkKind = Literal[
    "face_known",
    "face_differs",
    "renewal_doubtful",
    "name_differs",
    "pending_twice",
    "other_office",
    "recogniser_missing",
]
"""The face is another NIP's too; it is not the one on file under this NIP; it was offered by a terminal and is not that
person's beyond doubt (`etpp.faces.doubt`); the name is not the official one; another enrolment of this NIP waits;
another office has this NIP; the office recognises by another model, of which neither the enrolment nor the file has
templates."""


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
        self.marks = tuple(marks)
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


def gap(model_id: str, new: Sequence[bytes], old: Sequence[bytes]) -> tuple[float, float]:
    """How far the means of two faces' descriptors of one model lie apart, and how far they may for one person's."""
    rule = RECOGNISERS[model_id].rule
    apart = float(np.linalg.norm(rule.mean(matrix(new)) - rule.mean(matrix(old))))
    return apart, threshold(rule.distance, len(new), len(old), rule.noise)


def _differs(tx: Transaction, enrolment: Enrolment, person: Person) -> bool:
    """Whether the new face is not the one that the person has on file, by any model that both have."""
    return any(each["distance"] > each["allowed"] for each in agreement(tx, enrolment, person))


def agreement(tx: Transaction, enrolment: Enrolment, person: Person) -> list[dict[str, Any]]:
    """By each model that both have: how far the new face is from the one on file, and how far it may be."""
    held = Templates(tx).of_person(person.office_id, person.person_id)
    found: list[dict[str, Any]] = []
    for model_id, new in enrolment.faces.items():
        old = [template.descriptor for template in held if template.model_id == model_id]
        if old:
            apart, allowed = gap(model_id, new, old)
            found.append({"model_id": model_id, "distance": apart, "allowed": allowed})
    return found


def missing(tx: Transaction, enrolment: Enrolment, kept: Collection[str]) -> list[Mark]:
    """That the office's terminals would not recognise the person afterwards. `kept`: models on file that stay."""
    wanted = counting(tx, enrolment.office_id)
    if wanted in {DLIB_RESNET_V1, *enrolment.faces, *kept}:
        return []
    return [Mark("recogniser_missing", wanted, enrolment.office_id, False, "", wanted)]


def _mark(kind: MarkKind, person: Person) -> Mark:
    return Mark(kind, person.person_id, person.office_id, False, person.nip or "", person.name or "")


def _plain(name: str | None) -> str:
    """Capitals and spaces make no other name."""
    return " ".join((name or "").casefold().split())


def _query(keys: Sequence[str]) -> str:
    return "&".join(f"accept={key}" for key in keys)
