"""When the idle screen is dark."""

from __future__ import annotations

from kiosk.terminal.standby import Standby


def test_it_is_dark_when_nothing_has_been_noticed_for_so_long() -> None:
    standby = Standby(60.0, 100.0)
    assert not standby.dark(159.9)
    assert standby.dark(160.0)
    standby.noticed(160.0)
    assert not standby.dark(219.9)


def test_without_a_time_it_never_is() -> None:
    assert not Standby(0.0, 0.0).dark(1e9)
