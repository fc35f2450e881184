"""Look-alikes and relatives of LFW, enrolled side by side: nobody is recorded as the other without a NIP.

By each recogniser that is there. The relatives of `neighbours.KIN` were looked up after all limits had been chosen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from kiosk.face import open_engine
from kiosk.machine.model_files import ModelStore
from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import collect
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.model import DLIB_RESNET_V1, Descriptor, ModelId, PersonId, Template
from kiosk.model.recognisers import RECOGNISERS
from tests.accuracy.neighbours import KIN

pytestmark = [pytest.mark.accuracy, pytest.mark.slow]

PAIRS = [
    ("Lee_Hoi-chang", "Jeong_Se-hyun"),
    ("Junichiro_Koizumi", "Naoto_Kan"),
    ("Chris_Rock", "Roy_Jones_Jr"),
    ("Byron_Scott", "Dustan_Mohr"),
    ("David_Trimble", "Fred_Eckhard"),
    ("John_Taylor", "Dennis_Hastert"),  # the most alike of all by fp-112
    # The most alike by fp-112 of those who are in no threshold table.
    ("Saddam_Hussein", "Vicente_Fox"),
    ("Nicanor_Duarte_Frutos", "Masum_Turker"),
    ("Bertie_Ahern", "Bryce_Carmine"),
    ("Gwyneth_Paltrow", "Heidi_Klum"),
    ("Cameron_Diaz", "Heidi_Klum"),
    ("Jay_Garner", "Theodore_Tweed_Roosevelt"),
    ("Bill_Frist", "Dave_Johnson"),
    ("Scott_McNealy", "James_Kelly"),
    ("Gisele_Bundchen", "Anna_Chicherova"),
    ("Ishaq_Shahryar", "Steve_Ballmer"),
    *KIN,
]

OTHERS = 60
"""Colleagues, so that the gallery is its own cohort, as where the server sends no numbers."""

SHARED = Path(__file__).parents[3] / "shared"


@dataclass(frozen=True)
class Gallery:
    """All photos of the people above and of their colleagues, by one recogniser."""

    model_id: ModelId
    photos: dict[str, list[Descriptor]]

    def matcher(self, name: str, photos: list[Descriptor]) -> Matcher:
        """As it is, but for one of them."""
        templates = [
            Template(f"{each}-{place}", PersonId(each), row, self.model_id)
            for each, rows in (self.photos | {name: photos}).items()
            for place, row in enumerate(rows)
        ]
        return Matcher(templates, model_id=self.model_id)


@pytest.fixture(scope="module", params=RECOGNISERS)
def gallery(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    root = Path(os.environ.get("KIOSK_FACES") or SHARED / "faces") / "lfw"
    models = Path(os.environ.get("KIOSK_MODELS") or SHARED / "models")
    if request.param != DLIB_RESNET_V1 and request.param not in ModelStore(models).recognisers():
        pytest.skip(f"{request.param} is not here (KIOSK_MODELS)")
    names = {name for pair in PAIRS for name in pair}
    if not all((root / name).is_dir() for name in names):
        pytest.skip("the evaluation faces are not here (KIOSK_FACES)")
    pairs = [folder for folder in sorted(root.iterdir()) if len(list(folder.iterdir())) == 2]
    others = [each.name for each in pairs if each.name not in names and not any(map(is_wrong, each.iterdir()))]
    cv2.setNumThreads(1)
    folder = tmp_path_factory.mktemp("people")
    everybody = sorted([*names, *others[:OTHERS]])
    for name in everybody:
        (folder / name).symlink_to(root / name)
    where = None if request.param == DLIB_RESNET_V1 else models
    found = collect(folder, open_engine("fast", models_dir=where, follow=False, model_id=request.param))
    photos = zip(everybody, found.photos(), strict=True)
    return Gallery(
        request.param, {name: [found.described[row] for row in of if found.acquired[row]] for name, of in photos}
    )


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_nobody_is_recorded_as_the_other_without_a_nip(gallery: Gallery, pair: tuple[str, str]) -> None:
    for shown, other in (pair, pair[::-1]):
        for index, probe in enumerate(gallery.photos[shown]):
            rest = [each for place, each in enumerate(gallery.photos[shown]) if place != index] or [probe]
            match = gallery.matcher(shown, rest).identify([probe])
            assert match.person_id != other or match.look_alikes
