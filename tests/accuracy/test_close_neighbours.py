"""Look-alikes and relatives of LFW, enrolled side by side: nobody is recorded as the other without a NIP."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import pytest

from kiosk.face import open_engine
from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import collect
from kiosk.model import Descriptor, PersonId, Template

pytestmark = [pytest.mark.accuracy, pytest.mark.slow]

PAIRS = [
    ("Lee_Hoi-chang", "Jeong_Se-hyun"),
    ("Junichiro_Koizumi", "Naoto_Kan"),
    ("Chris_Rock", "Roy_Jones_Jr"),
    ("Byron_Scott", "Dustan_Mohr"),
    ("David_Trimble", "Fred_Eckhard"),
    ("George_HW_Bush", "George_P_Bush"),
    ("Saddam_Hussein", "Raghad_Saddam_Hussein"),
]


OTHERS = 60
"""Colleagues, so that the gallery is its own cohort, as where the server sends no numbers."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Descriptor]]:
    """All photos of the people above and of their colleagues."""
    root = Path(os.environ.get("KIOSK_FACES") or Path(__file__).parents[2].parent / "shared" / "faces") / "lfw"
    names = [name for pair in PAIRS for name in pair]
    if not all((root / name).is_dir() for name in names):
        pytest.skip("the evaluation faces are not here (KIOSK_FACES)")
    others = [each.name for each in sorted(root.iterdir()) if each.name not in names and len(list(each.iterdir())) == 2]
    cv2.setNumThreads(1)
    folder = tmp_path_factory.mktemp("people")
    for name in names + others[:OTHERS]:
        (folder / name).symlink_to(root / name)
    found = collect(folder, open_engine("fast", follow=False))
    return {
        name: [found.described[row] for row in rows if found.acquired[row]]
        for name, rows in zip(sorted(names + others[:OTHERS]), found.photos(), strict=True)
    }


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_nobody_is_recorded_as_the_other_without_a_nip(
    photos: dict[str, list[Descriptor]], pair: tuple[str, str]
) -> None:
    for shown, other in (pair, pair[::-1]):
        for index, probe in enumerate(photos[shown]):
            rest = [each for place, each in enumerate(photos[shown]) if place != index] or [probe]
            gallery = photos | {shown: rest}
            match = Matcher([each for name, rows in gallery.items() for each in _templates(name, rows)]).identify(
                [probe]
            )
            assert match.person_id != other or match.look_alikes


def _templates(name: str, rows: list[Descriptor]) -> list[Template]:
    return [Template(f"{name}-{place}", PersonId(name), row) for place, row in enumerate(rows)]
