"""The question of `kiosk doctor` to the camera: does it give pictures, and do people stand upright in them?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from kiosk.machine.doctor import Fact, Finding, Verdict
from kiosk.model import RgbImage
from kiosk.ports import FrameSource

BLACK = 8
"""Mean brightness of 255 below which the picture shows nothing."""

_TURNS = (0, 90, 180, 270)


def camera(
    open_source: Callable[[], FrameSource] | None,
    face_score: Callable[[RgbImage], float] | None = None,
    *,
    rotation: int = 0,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Finding:
    """Open it, take a few frames and look which way up the faces in them are. `open_source` None: the running terminal
    holds it, and two cannot. `face_score`: how sure a detector is of a face in the picture, 0 for none; None: nobody is
    looked for. `rotation`: by how many degrees clockwise the source turns its pictures already.
    CameraError and ModelError pass on."""
    if open_source is None:
        return Finding(
            Verdict.SKIPPED, "in use by the running terminal", "To test it: systemctl stop kiosk, then again."
        )
    started_s = monotonic_s()
    source = open_source()
    try:
        frames = [source.read() for _ in range(3)]
    finally:
        source.close()
    pictures = [frame.rgb for frame in frames]
    facts: dict[str, Fact] = {"source": source.name, "first_frames_s": round(monotonic_s() - started_s, 2)}
    height, width = pictures[-1].shape[:2]
    brightness = float(pictures[-1].mean())
    facts |= {"width": width, "height": height, "brightness": round(brightness, 1)}
    text = f"{source.name}, {width}x{height}, mean brightness {brightness:.0f} of 255"
    if (infrared := frames[-1].infrared) is not None:
        lit = max(float(frame.infrared.mean()) for frame in frames if frame.infrared is not None)
        facts |= {"infrared_width": infrared.shape[1], "infrared_height": infrared.shape[0]}
        facts["infrared_brightness"] = round(lit, 1)
        text += f"; infrared {infrared.shape[1]}x{infrared.shape[0]}, mean brightness {lit:.0f}"
        if lit < BLACK:
            advice = "The infrared picture is black: is its lamp on, and is this the infrared camera's device?"
            return Finding(Verdict.WARNING, text, advice, facts)
    if brightness < BLACK:
        return Finding(Verdict.WARNING, text, "The picture is black: is the lens covered, or the room dark?", facts)
    if face_score is None:
        return Finding(Verdict.OK, text, facts=facts)
    turn = upright_turn(pictures, face_score)
    facts["faces_turned_deg"] = turn
    if turn is None:
        return Finding(Verdict.OK, f"{text}; nobody stands before it to tell which way up it is", facts=facts)
    if turn:
        advice = f"Set rotation = {(rotation + turn) % 360} in the table [camera], and look again."
        return Finding(Verdict.WARNING, f"{text}; faces are upright only when it is turned by {turn}°", advice, facts)
    return Finding(Verdict.OK, f"{text}; a face, upright", facts=facts)


def upright_turn(pictures: Sequence[RgbImage], face_score: Callable[[RgbImage], float]) -> int | None:
    """The degrees clockwise, of 0, 90, 180 and 270, by which the faces in the pictures come to stand upright; None when
    there is no face. By the detector's certainty, since one that finds turned faces too is less sure of them."""
    certainty = {
        turn: sum(face_score(np.ascontiguousarray(np.rot90(picture, -turn // 90))) for picture in pictures)
        for turn in _TURNS
    }
    best = max(_TURNS, key=lambda turn: certainty[turn])
    return best if certainty[best] > 0 else None
