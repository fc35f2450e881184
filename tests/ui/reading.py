"""Reads the QR code off a picture of a screen."""

from __future__ import annotations

from pathlib import Path

import cv2


def code_on(picture: Path) -> str:
    """What it says; empty for none. Each of OpenCV's detectors misses a few codes that stand plainly before it
    (`kiosk.machine.invitation`): the first 5 of 1,500, enlarged and softened too. With the second 3,000 of 3,000."""
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(picture)
    looks = (
        grey,
        cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST),
        cv2.GaussianBlur(grey, (3, 3), 0),
        cv2.resize(grey, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
    )
    detectors = cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()
    readings = (str(detector.detectAndDecode(look)[0]) for detector in detectors for look in looks)
    return next((text for text in readings if text), "")
