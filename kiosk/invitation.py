"""The QR code that the console shows for a new terminal: `presensi:provision?server=URL&code=CODE`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import cv2

from kiosk.model import Frame, RgbImage


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to be provisioned, and with which one-time code."""

    server_url: str
    code: str


def parse_invitation(text: str) -> Invitation | None:
    """None for any other text: a camera sees many codes."""
    parts = urlsplit(text.strip())
    if (parts.scheme, parts.path) != ("presensi", "provision"):
        return None
    query = parse_qs(parts.query)
    server, code = query.get("server", []), query.get("code", [])
    return Invitation(server[0], code[0]) if len(server) == len(code) == 1 else None


def find_invitation(image: RgbImage) -> Invitation | None:
    """The invitation in a picture. OpenCV's detector is unsure of small and tilted codes: show it several."""
    try:
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    except (cv2.error, UnicodeDecodeError):
        return None  # something like a code, that is none
    return parse_invitation(text)


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
