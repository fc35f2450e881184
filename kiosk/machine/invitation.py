"""The QR code that the console shows for a new terminal: `presensi:provision?server=URL&code=CODE`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Frame, RgbImage

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to be provisioned, and with which one-time code."""

    server_url: str
    code: str


def parse_invitation(text: str) -> Invitation | None:
    """None for any other text: a camera sees many codes."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:  # something like an address, that is none
        return None
    if (parts.scheme, parts.path) != ("presensi", "provision"):
        return None
    query = parse_qs(parts.query)
    server, code = query.get("server", []), query.get("code", [])
    return Invitation(server[0], code[0]) if len(server) == len(code) == 1 else None


def find_invitation(image: RgbImage) -> Invitation | None:
    """The invitation in a picture. OpenCV's detectors are unsure of small and tilted codes: show them several.

    Each also misses a few codes that stand plainly before it. The first misses 6 of 1,000, which it reads enlarged or
    softened, but for 1 of 1,500; the second, which looks for the corners in another way, read all of those.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    detectors = cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()
    for look in (_as_it_is, _enlarged, _softened):
        seen = look(grey)
        for detector in detectors:
            try:
                text, _, _ = detector.detectAndDecode(seen)
            except (cv2.error, UnicodeDecodeError):
                continue  # something like a code, that is none
            found = parse_invitation(text)
            if found is not None:
                return found
    return None


def _as_it_is(grey: Grey) -> Grey:
    return grey


def _enlarged(grey: Grey) -> Grey:
    return np.asarray(cv2.resize(grey, None, fx=1.3, fy=1.3, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _softened(grey: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), dtype=np.uint8)


def watch_for_invitation(read: Callable[[], Frame], seconds: float) -> Invitation | None:
    """Look at frames until one shows an invitation, or for so long by the frames' own time."""
    first = read()
    frame = first
    while frame.t_s - first.t_s <= seconds:
        found = find_invitation(frame.rgb)
        if found is not None:
            return found
        frame = read()
    return None
