"""A PIN against the hash that a server made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.machine.pins import matches

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "gallery_bulletin.json").read_text(encoding="utf-8"))
OFFICER = GOLDEN["answer"]["payload"]["bulletin"]["officers"][0]["pin_hash"]
PIN = GOLDEN["pins"]["officer"]


def test_a_pin_is_the_one_of_its_hash() -> None:
    assert matches(OFFICER, PIN)


@pytest.mark.parametrize("pin", ["482914", "", "48291", "4829130", "４８２９１３", " 482913", "abcdef"])
def test_another_is_not(pin: str) -> None:
    assert not matches(OFFICER, pin)


@pytest.mark.parametrize("pin_hash", ["", "x", OFFICER[:-1] + "\n", OFFICER[: len(OFFICER) // 2]])
def test_a_broken_hash_is_nobodys(pin_hash: str) -> None:
    assert not matches(pin_hash, PIN)
