"""The code for the phone can be read off every screen, by a camera that is not held straight too."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.ui.screen_process import started

LINK = "https://etpp.kulonprogokab.go.id/m/#" + "AQABjyxecABwAIAAAAAAAADR" * 6 + "AAAAAA"


@pytest.mark.parametrize("size", ["800x480", "1024x600", "1280x720", "1920x1080"])
def test_the_code_is_read_off_the_screen(size: str, tmp_path: Path) -> None:
    arguments = ("--link", LINK, "--size", size, "--stop-after-pumps", "12", "--screens", str(tmp_path))
    with started("offscreen", "phone", *arguments) as screen:
        assert screen.end() == 0
    picture = cv2.imread(str(tmp_path / "phone.png"))
    assert picture is not None
    assert f"{picture.shape[1]}x{picture.shape[0]}" == size
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == LINK
    height, width = picture.shape[:2]
    slanted = np.array([[0.04, 0.06], [0.97, 0.0], [0.93, 1.0], [0.0, 0.95]]) * (width, height)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    turn = cv2.getPerspectiveTransform(flat.astype(np.float32), slanted.astype(np.float32))
    seen = cv2.GaussianBlur(cv2.warpPerspective(picture, turn, (width, height)), (3, 3), 0)
    assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == LINK


@pytest.mark.parametrize("start", ["phone-hidden", "phone-making", "phone-refused"])
def test_a_code_that_is_not_to_be_seen_is_not_on_the_screen(start: str, tmp_path: Path) -> None:
    with started("offscreen", start, "--stop-after-pumps", "12", "--screens", str(tmp_path)) as screen:
        assert screen.end() == 0
    picture = cv2.imread(str(tmp_path / "phone.png"))
    assert picture is not None
    assert not cv2.QRCodeDetector().detect(picture)[0]
