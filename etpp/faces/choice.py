"""Which recogniser counts in an office: what BKPP has said of the office, else of the regency, else dlib's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.db.face_tables import REGENCY
from etpp.faces.model import Coverage, RecogniserChoice
from etpp.faces.recognisers import DLIB_RESNET_V1, RECOGNISERS
from etpp.faces.store import CHOICES, Templates
from etpp.roster.store import Offices


@dataclass(frozen=True, slots=True)
class Standing:
    """One office's recogniser. `own`: said of the office itself; None: it follows the regency's."""

    office_id: str
    counts: str
    own: str | None


def counting(tx: Transaction, office_id: str) -> str:
    """The model whose templates count at the office's terminals."""
    said = _said(tx)
    return said.get(office_id, said.get(REGENCY, DLIB_RESNET_V1))


def recognised(tx: Transaction, office_id: str) -> set[str]:
    """The ids of those whom the office's terminals can recognise: who has templates of the recogniser that counts
    there; of dlib's where nobody has, as the terminals do it."""
    return Templates(tx).owners(office_id, counting(tx, office_id)) or Templates(tx).owners(office_id, DLIB_RESNET_V1)


FaceState = Literal["known", "other", "unusable", "none"]
"""What a person of an office has there: a face that its terminals recognise; one by another recogniser than the one
that counts; templates that no terminal can use (`etpp check` names them); nothing."""


def face_states(tx: Transaction, office_id: str) -> dict[str, FaceState]:
    """By person id, of everybody of an office who has templates of any kind; who is missing has none."""
    found: dict[str, FaceState] = {person_id: "unusable" for _, person_id in Templates(tx).unusable(office_id)}
    found |= dict.fromkeys(Templates(tx).owners(office_id), "other")
    return found | dict.fromkeys(recognised(tx, office_id), "known")


def standings(tx: Transaction) -> list[Standing]:
    """Of every office, in order of their ids."""
    said = _said(tx)
    default = said.get(REGENCY, DLIB_RESNET_V1)
    ids = [office.office_id for office in Offices(tx).all()]
    return [Standing(office_id, said.get(office_id, default), said.get(office_id)) for office_id in ids]


def choose(
    tx: Transaction, office_id: str | None, model_id: str | None, by: str, now: dt.datetime, *, despite: bool = False
) -> Sequence[Standing]:
    """Say whose templates count in an office, or in all without a word of their own (`office_id` None).

    `model_id` None takes the word back. Terminals hear of it at once. Raises NotFound; Conflict for a model that this
    server does not know, and unless `despite` where somebody who has a face has no templates of it and would not be
    recognised any more. The offices that it changed.
    """
    if model_id is not None and model_id not in RECOGNISERS:
        raise Conflict(
            f"this server knows no recogniser {model_id}: {', '.join(RECOGNISERS)}", key="recogniser_unknown"
        )
    scope = REGENCY if office_id is None else office_id
    if office_id is None:
        Offices(tx).lock_all()
    else:
        Offices(tx).lock(office_id)
    before = {each.office_id: each.counts for each in standings(tx)}
    held = CHOICES.one(tx, scope)
    if model_id is not None and (held is None or held.model_id != model_id):
        CHOICES.add(tx, [RecogniserChoice(scope, model_id)], by, now)
    elif model_id is None and held is not None:
        CHOICES.withdraw(tx, [held], by, now)
    changed = [each for each in standings(tx) if before[each.office_id] != each.counts]
    if not despite:
        _check_covered(Templates(tx).coverage(), changed)
    for each in changed:
        Offices(tx).bump(each.office_id, now)
    return changed


def _check_covered(coverage: Mapping[str, Coverage], changed: Sequence[Standing]) -> None:
    for each in changed:
        found = coverage.get(each.office_id, Coverage(0, {}))
        lacking = found.faces - found.people.get(each.counts, 0)
        if lacking:
            raise Conflict(
                f"{lacking} of {found.faces} people of the office {each.office_id} have no templates of {each.counts} "
                "and would not be recognised any more",
                key="recogniser_incomplete",
            )


def _said(tx: Transaction) -> dict[str, str]:
    return {each.office_id: each.model_id for each in CHOICES.find(tx)}
