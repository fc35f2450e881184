"""From the camera to the decision who stands there, and whether alive."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NewType

import numpy as np
import numpy.typing as npt

from kiosk.model.people import PersonId

ModelId = NewType("ModelId", str)

RgbImage = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, colour order RGB."""

Descriptor = npt.NDArray[np.float32]
"""(length,) float32, a recogniser's face descriptor (`kiosk.model.recognisers`): dlib's has 128 numbers."""

DLIB_RESNET_V1 = ModelId("dlib-resnet-v1")
"""The descriptor's model: both engines run these weights, so their galleries are interchangeable."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera. `t_s` is monotonic seconds at capture; `rgb` must not be written to.

    `infrared`: what a second camera saw at the same time, where there is one: grey, as three equal channels, and of a
    size of its own.
    """

    rgb: RgbImage
    seq: int
    t_s: float
    infrared: RgbImage | None = None


class Box(NamedTuple):
    """A rectangle in pixels of the full frame; right and bottom are exclusive; it may reach over the border."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Quality:
    """What a face in a frame measures, in the sense of ISO/IEC 29794-5. Numbers only: thresholds are config.

    `eye_distance_px` between the eye centres; `sharpness` variance of the Laplacian of the face scaled to 100 px;
    `brightness` mean luma 0..255 of the face; `contrast` its standard deviation; `yaw` and `pitch` -1..1,
    0 is facing, from the five landmarks (yaw > 0: the nose points to the picture's right; pitch > 0: downwards);
    `roll_deg` the tilt of the eye line; `border` the share of the box that lies outside the frame, 0..1;
    `width` of the box as a share of the frame's; `eyes` 0..1, how the light differs along the line of an eye's corners,
    white beside iris, for the less visible eye (near 0: closed, or behind dark glasses); `mouth` >= 0, how the rows
    below the nose differ in light (near 0: no line of lips, as on a mask).
    """

    eye_distance_px: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    pitch: float
    roll_deg: float
    border: float
    width: float
    eyes: float
    mouth: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame.

    `landmarks_px` (5, 2) float32 in dlib's order: outer and inner corner of the eye at the picture's right,
    outer and inner corner of the eye at the picture's left, base of the nose. `score` is the detector's.
    """

    box_px: Box
    landmarks_px: npt.NDArray[np.float32]
    quality: Quality
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a one-to-many search, joined over all frames of an encounter.

    `person_id` is None when nobody was accepted and `reason` says why. `score` is higher for more alike, `margin` its
    distance to the best score of another person, `threshold` what the score had to reach. `look_alikes` names the
    people who must be told apart by the NIP pad; it is empty in the ordinary case. `model_id`: whose descriptors were
    compared.
    """

    person_id: PersonId | None
    score: float
    margin: float
    threshold: float
    frames: int
    reason: Literal["accepted", "below_threshold", "margin_too_small", "gallery_empty"]
    look_alikes: tuple[PersonId, ...] = ()
    model_id: ModelId = DLIB_RESNET_V1


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture of a person whose templates are renewed, by each of the recognisers concerned."""

    descriptors: Mapping[ModelId, Descriptor]
    quality: Quality


class Liveness(enum.Enum):
    """What the evidence so far says about a living person at the camera."""

    PENDING = "pending"
    LIVE = "live"
    CHALLENGE = "challenge"
    ATTACK = "attack"


class Challenge(enum.Enum):
    """What the person is asked to do when the evidence leaves doubt."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    COME_CLOSER = "come_closer"
    WAIT = "wait"
    """Nothing for now: too many challenges came to nothing in short order."""


@dataclass(frozen=True, slots=True)
class LivenessVerdict:
    """`score` higher is more alive, 0..1; `reason` is a short code.

    In CHALLENGE only: `challenge` what is asked, since `asked_s` and until `answer_by_s` (monotonic seconds); all None
    where nobody can be asked.
    """

    state: Liveness
    score: float
    reason: str
    challenge: Challenge | None = None
    asked_s: float | None = None
    answer_by_s: float | None = None


TOO_NEAR = "too_near"
"""Reason of a PENDING verdict: what surrounds the face would speak for it, and cannot be seen from so near."""

NOT_DESCRIBED = "not_described"
"""Reason of a PENDING verdict: whose face gives the evidence is not known, or not known any more."""

LIVENESS_OFF = LivenessVerdict(Liveness.LIVE, 1.0, "off")


class Hint(enum.Enum):
    """The one thing to tell the person now. The order is the order of importance."""

    SEVERAL_FACES = "several_faces"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    NOT_CENTRED = "not_centred"
    NOT_FACING = "not_facing"
    HOLD_STILL = "hold_still"
    EYES_HIDDEN = "eyes_hidden"
    MOUTH_HIDDEN = "mouth_hidden"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the recogniser made of one frame: the input of the encounter.

    `t_s` monotonic seconds at capture. `track` grows by one whenever the nearest face is another one than before;
    0 means that there is no face. `faces` counts faces large enough to matter. `box` is the nearest face as
    fractions of the frame (left, top, right, bottom). `match` is None until a descriptor was worth computing.
    `face`: the mean descriptor of the track.
    `samples`: pictures of the person of `match` for a renewal, where the gallery asks for one. `quality`: what the
    nearest face measures, for the meters of the officer's area.
    `start` is the number of the recogniser's start after which all of it was gathered: a restart, another gallery or
    other models give it a new one (kiosk/terminal/recognition.py).
    """

    t_s: float
    track: int = 0
    faces: int = 0
    box: tuple[float, float, float, float] | None = None
    hint: Hint | None = None
    match: Match | None = None
    liveness: LivenessVerdict = LIVENESS_OFF
    start: int = 0
    samples: tuple[Sample, ...] = ()
    quality: Quality | None = None
    face: Descriptor | None = field(default=None, repr=False)


NOBODY = Sighting(t_s=0.0)
