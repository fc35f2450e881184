"""Voice, lamps and the panel's light follow the screen."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.ports import Indicators, Voice
from kiosk.ui.viewstate import Lamp, Layout, ViewState


class Announcer:
    """Says and shows each new thing once. The screen's thread only."""

    def __init__(self, voice: Voice, indicators: Indicators, dim: Callable[[bool], None] = lambda _dark: None) -> None:
        """`dim` is told with each view whether the screen is dark."""
        self._voice = voice
        self._dim = dim
        self._lamps: dict[Lamp, Callable[[], None]] = {
            Lamp.IDLE: indicators.idle,
            Lamp.BUSY: indicators.busy,
            Lamp.SUCCESS: indicators.success,
            Lamp.REFUSAL: indicators.refusal,
            Lamp.FAULT: indicators.fault,
        }
        self._before: ViewState | None = None

    def announce(self, shown: ViewState) -> None:
        """`shown` is what the screen shows from now on."""
        before, self._before = self._before, shown
        self._dim(shown.layout is Layout.STANDBY)
        if shown.speech is not None and (before is None or before.speech != shown.speech):
            self._voice.say(shown.speech.text)
        if before is None or before.lamp is not shown.lamp:
            self._lamps[shown.lamp]()
