"""Reads the QR code off a picture of a screen."""

from __future__ import annotations

from pathlib import Path

import cv2


def code_on(picture: Path) -> str:
    """What it says; empty for none. OpenCV's detector misses 6 of 1,000 codes that stand plainly before it
    (`kiosk.machine.invitation`), and reads these enlarged or softened."""
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(picture)
    looks = (
        grey,
        cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST),
        cv2.GaussianBlur(grey, (3, 3), 0),
        cv2.resize(grey, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
    )
    return next((text for look in looks if (text := str(cv2.QRCodeDetector().detectAndDecode(look)[0]))), "")
