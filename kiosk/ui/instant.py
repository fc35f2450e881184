"""What a view is made from, and what all of them have. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiosk.terminal.encounter import Button, Encounter, Settings
from kiosk.ui import wording
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.viewstate import ButtonView, Countdown


@dataclass(frozen=True, slots=True)
class Instant:
    """The encounter, the second that is shown of it, and what it is shown by."""

    encounter: Encounter
    now_s: float
    settings: Settings
    catalogue: Catalogue
    clock_trusted: bool

    def text(self, key: str, **fields: object) -> str:
        return self.catalogue.text(key, **fields)

    @property
    def paused(self) -> str:
        """For how long no NIP and PIN is compared; empty where one would be."""
        left_s = self.encounter.paused_until_s - self.now_s
        return self.text("pause.pin", wait=wording.wait(left_s, self.catalogue)) if left_s > 0 else ""


def countdown(left_s: float, whole_s: float) -> Countdown:
    left_s = min(max(0.0, left_s), whole_s)
    return Countdown(left_s / whole_s if whole_s > 0 else 0.0, math.ceil(left_s))


def buttons(at: Instant, *which: Button) -> tuple[ButtonView, ...]:
    return tuple(ButtonView(button, at.text(f"button.{button.value}")) for button in which)


def mirrored(
    box: tuple[float, float, float, float] | None,
) -> tuple[float, float, float, float] | None:
    return None if box is None else (1 - box[2], box[1], 1 - box[0], box[3])
