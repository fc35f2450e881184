"""The face recognisers that this program knows: what each needs, how its descriptors are compared, on which terms.

Templates of several recognisers lie side by side in gallery, journal and protocol; those of one cannot be compared with
those of another. dlib's is part of the program, the others are files that somebody installs (`kiosk models`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from kiosk.model.office import GallerySnapshot
from kiosk.model.people import PersonId
from kiosk.model.seeing import DLIB_RESNET_V1, Match, ModelId

Alignment = Literal["dlib-150", "arcface-112"]
"""How the face is cut out: dlib's upright chip of 150 px, or 112 px with five points on the ArcFace template."""

Score = Literal["distance", "cosine"]
"""How two descriptors are compared: Euclidean distance, corrected for crowded faces by cohort numbers; or the angle
between them, uncorrected, on descriptors of unit length."""


@dataclass(frozen=True, slots=True)
class Sure:
    """How far beyond what is asked nobody was taken for somebody else, on people whom it was not chosen on: score above
    the threshold, and margin (tests/accuracy/countdown.py, docs/accuracy.md, "Beyond doubt")."""

    score: float
    margin: float


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One recogniser.

    `length` of a descriptor; pixels go in as (value - `mean`) / `scale` in the order `colour`; `looks`: so many at one
    picture are worth their time; `same_person`: distance from the mean of a track beyond which a frame shows somebody
    else; `sure`: what is beyond doubt; `table`: its threshold table in `kiosk.scores`; `licence` and `restrictions` in
    words for who installs it.
    """

    model_id: ModelId
    length: int
    alignment: Alignment
    colour: Literal["rgb", "bgr"]
    mean: float
    scale: float
    score: Score
    looks: int
    same_person: float
    sure: Sure
    table: str
    licence: str
    restrictions: str = ""


DLIB = Recogniser(
    model_id=DLIB_RESNET_V1,
    length=128,
    alignment="dlib-150",
    colour="rgb",
    mean=0.0,  # the network's own, folded into its first layer
    scale=1.0,
    score="distance",
    looks=4,
    same_person=0.5,
    sure=Sure(score=0.04, margin=0.08),
    table="fpir_table.json",
    licence="CC0 (public domain), Davis King, dlib-models",
)

FP_112 = Recogniser(
    model_id=ModelId("fp-112"),
    length=512,
    alignment="arcface-112",
    colour="bgr",
    mean=127.0,
    scale=128.0,
    score="cosine",
    looks=2,
    same_person=1.1,
    sure=Sure(score=0.2, margin=0.08),
    table="fpir_table_fp_112.json",
    licence="MIT by the label of its npm package (faceplugin-face-recognition-js 0.0.1)",
    restrictions="What it was trained on is not stated. Have somebody look at that before pay hangs on it.",
)

W600K_112 = Recogniser(
    model_id=ModelId("w600k-112"),
    length=512,
    alignment="arcface-112",
    colour="rgb",
    mean=127.5,
    scale=127.5,
    score="cosine",
    looks=2,
    same_person=1.1,
    sure=Sure(score=0.2, margin=0.08),
    table="fpir_table_w600k_112.json",
    licence="InsightFace: the weights are for non-commercial research only",
    restrictions="An office may NOT use it for attendance. Install it to measure what a licensed model would bring.",
)

RECOGNISERS: Mapping[ModelId, Recogniser] = MappingProxyType(
    {recogniser.model_id: recogniser for recogniser in (DLIB, FP_112, W600K_112)}
)


def is_sure(match: Match) -> bool:
    """Whether one person is meant, beyond doubt (`Recogniser.sure`)."""
    if match.person_id is None or match.look_alikes:
        return False
    sure = RECOGNISERS[match.model_id].sure
    return match.score - match.threshold >= sure.score and match.margin >= sure.margin


def counting(snapshot: GallerySnapshot, installed: Collection[ModelId]) -> ModelId:
    """Whose templates count at this terminal: what the office's gallery says, as far as that recogniser is installed
    here and anybody has templates of it; else dlib's."""
    wanted = snapshot.office.recogniser if snapshot.office else DLIB_RESNET_V1
    usable = wanted in installed and any(template.model_id == wanted for template in snapshot.templates)
    return wanted if usable else DLIB_RESNET_V1


def recognised(snapshot: GallerySnapshot) -> frozenset[PersonId]:
    """Who has templates that count for the office, whatever is installed here: whoever else has a face is to be
    enrolled anew."""
    counts = counting(snapshot, RECOGNISERS)
    return frozenset(template.person_id for template in snapshot.templates if template.model_id == counts)
