"""The last look is compared as at the daily screen: a look-alike would be asked for the NIP there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from enrollment.nip import masked
from enrollment.refusal import Refusal
from enrollment.verification import verify
from kiosk.model import DLIB_RESNET_V1, EMPTY_GALLERY, Descriptor, GallerySnapshot, ModelId, Nip, PersonId, Template
from kiosk.scores.threshold import Curve, ThresholdTable
from tests.unit.enrollment.kit import ANI, BUDI, CITRA, descriptor, shots
from tests.unit.kiosk import factories

PACKAGED = 0.003, 0.04
LOOKS = [descriptor(0, picture) for picture in (5, 6, 7)]
ALIKE, APART = 0.3, 0.9
"""How far another person's mean lies from the new one's: the terminal identifies as one who is within about 0.5."""


def shifted(picture: int, by: float, axis: int = 100) -> Descriptor:
    vector = descriptor(0, picture)
    vector[axis] = by
    return vector


def office(**people: tuple[str, float]) -> GallerySnapshot:
    """By id, each one's NIP and distance, in a direction of the own."""
    templates = [
        Template(f"{who}-{n}", PersonId(who), shifted(n, by, axis))
        for axis, (who, (_, by)) in enumerate(people.items(), 100)
        for n in range(3)
    ]
    known = {PersonId(who): factories.person(who, nip) for who, (nip, _) in people.items()}
    return replace(EMPTY_GALLERY, version=1, people=known, templates=tuple(templates))


def strict(model_id: ModelId = DLIB_RESNET_V1) -> ThresholdTable:
    """A table by which hardly anybody is near enough."""
    near = [-0.001, -0.002]
    curve = Curve(normalisation="none", people=[1, 100], fpirs=[0.001, 0.1], scores=[near, near])
    return ThresholdTable(model_id=model_id, made_by="", made_from="", curves=[curve])


def verified(
    gallery: GallerySnapshot,
    looks: list[Descriptor] = LOOKS,
    *,
    despite: str | None = None,
    table: ThresholdTable | None = None,
) -> str:
    """What it is refused for; empty when it is not."""
    try:
        verify(
            looks,
            shots(0),
            Nip(ANI),
            gallery,
            model_id=DLIB_RESNET_V1,
            fpir=PACKAGED[0],
            margin=PACKAGED[1],
            table=table,
            despite=None if despite is None else Nip(despite),
        )
    except Refusal as refusal:
        return f"{refusal.reason} {refusal.details.get('other', '')}".strip()
    return ""


def test_who_is_found_alone_is_verified() -> None:
    assert verified(EMPTY_GALLERY) == ""
    assert verified(office(budi=(BUDI, APART))) == ""


def test_the_own_former_templates_are_nobody_else() -> None:
    assert verified(office(ani=(ANI, 0.0))) == ""


def test_a_look_alike_of_the_new_templates_is_refused_and_told_by_the_nip() -> None:
    assert verified(office(budi=(BUDI, ALIKE))) == f"looks_alike {masked(Nip(BUDI))}"


def test_a_look_that_lies_between_two_people_is_refused_too() -> None:
    """Of whom the terminal would ask for the NIP by the margin alone."""
    gallery = office(budi=(BUDI, 0.6))
    between = [shifted(picture, 0.3) for picture in (5, 6, 7)]
    assert verified(gallery, between) == f"looks_alike {masked(Nip(BUDI))}"
    assert verified(gallery, between, despite=BUDI) == ""


def test_whom_the_officer_has_named_may_look_alike_and_nobody_else() -> None:
    assert verified(office(budi=(BUDI, ALIKE)), despite=BUDI) == ""
    assert verified(office(budi=(BUDI, ALIKE)), despite=CITRA) == f"looks_alike {masked(Nip(BUDI))}"
    both = office(budi=(BUDI, ALIKE), citra=(CITRA, ALIKE))
    assert verified(both, despite=BUDI) == f"looks_alike {masked(Nip(CITRA))}"


@pytest.mark.parametrize("despite", [None, BUDI])
def test_who_is_found_as_another_is_not_recognised_whoever_was_named(despite: str | None) -> None:
    others = [shifted(picture, APART) for picture in (5, 6, 7)]
    assert verified(office(budi=(BUDI, APART)), others, despite=despite) == "not_recognised"


def test_a_stranger_is_not_recognised() -> None:
    assert verified(office(budi=(BUDI, APART)), [descriptor(9, picture) for picture in (5, 6, 7)]) == "not_recognised"


def test_the_threshold_is_that_of_the_offices_own_table() -> None:
    assert verified(EMPTY_GALLERY, table=strict()) == "not_recognised"
    assert np.linalg.norm(np.mean(LOOKS, axis=0) - np.mean([shot.descriptor for shot in shots(0)], axis=0)) > 0.002
