"""`kiosk run`, its screen's thread watched: `python -m tests.bench.watched FIGURES OPTIONS…` writes figures as JSON.

Counted from the first picture of somebody: the pictures a second while one is live, and how long the thread was away
beyond its period, by three clocks. On a machine that does other things the first tells of those too; the second leaves
out what the thread itself waited for a core, not what the threads wait that draw for it (software GL); the third is its
own work, which nobody else's load changes.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kiosk import app
from kiosk.commands import run
from kiosk.terminal.encounter import Phase
from kiosk.ui.main import PUMPS_PER_S
from kiosk.ui.officer.sheet import Form
from kiosk.ui.pictures import Pictures
from kiosk.ui.viewstate import ViewState
from tests.bench.must_reach import Figure, at_least, at_most

PERIOD_S = 1 / PUMPS_PER_S
LIVE = frozenset({Phase.APPROACHING, Phase.POSITIONING, Phase.IDENTIFYING, Phase.ENQUIRING, Phase.CONFIRM})
STALL_MS, PICTURES_A_SECOND = 50.0, 25.0
"""What is asked."""


class Look(NamedTuple):
    """When the screen's thread began one, its CPU time and how long it has waited for a core, in all."""

    at_s: float
    cpu_s: float
    waited_s: float


@dataclass
class Screen:
    """What the screen's thread did: filled by it, read when it has ended."""

    looks: list[Look] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)
    live_s: float | None = None

    def watch(self, kiosk: app.Kiosk, after: Callable[[], None] = lambda: None) -> None:
        """`after` is called after each look."""
        pump = kiosk.screen.pump

        def is_live() -> bool:
            sheet = kiosk._area.sheet()
            return kiosk.terminal.encounter.phase in LIVE if sheet is None else sheet.form is Form.LIVE

        def flipped(*_: object) -> None:
            if is_live():
                self.pictures.append(time.monotonic())

        def pumped() -> ViewState:
            if not self.looks:
                from kivy.core.window import Window  # its environment is set by now

                Window.bind(on_flip=flipped)
            self.looks.append(Look(time.monotonic(), time.thread_time(), waited_s()))
            view = pump()
            if self.live_s is None and is_live():
                self.live_s = self.looks[-1].at_s
            after()
            return view

        kiosk.screen.pump = pumped  # type: ignore[method-assign]

    def figures(self) -> dict[str, Any]:
        """Raises ValueError when nobody was on the screen."""
        if self.live_s is None:
            raise ValueError("nobody was on the screen")
        stalls = [
            (late := b.at_s - a.at_s - PERIOD_S, late - (b.waited_s - a.waited_s), b.cpu_s - a.cpu_s)
            for a, b in itertools.pairwise(self.looks)
            if a.at_s >= self.live_s
        ]
        within = [b - a for a, b in itertools.pairwise(self.pictures) if b - a < 0.5]
        whole, own, worked = zip(*stalls, strict=True)
        return {
            "longest_stall_ms": round(1e3 * max(whole), 1),
            "longest_stall_but_for_a_core_ms": round(1e3 * max(own), 1),
            "longest_work_of_the_thread_ms": round(1e3 * max(worked), 1),
            "stalls_over_50_ms": sum(each > STALL_MS / 1e3 for each in whole),
            "stalls_over_50_ms_but_for_a_core": sum(each > STALL_MS / 1e3 for each in own),
            "looks": len(stalls),
            "live_pictures_a_second": round(len(within) / sum(within), 1),
        }


def asked(when: str, figures: dict[str, Any]) -> list[Figure]:
    """What is asked of the screen's thread, with what was measured."""
    return [
        at_most(f"{when}: longest stall of the screen, ms", STALL_MS, figures["longest_stall_ms"]),
        at_most(f"{when}: the same but for its wait for a core, ms", None, figures["longest_stall_but_for_a_core_ms"]),
        at_most(f"{when}: longest work of the screen's thread, ms", None, figures["longest_work_of_the_thread_ms"]),
        at_least(f"{when}: live pictures a second", PICTURES_A_SECOND, figures["live_pictures_a_second"]),
    ]


def waited_s() -> float:
    """For how long the calling thread has waited for a core, in all."""
    return int(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()[1]) / 1e9


def _named_only(pictures: Pictures, screen: str, _rgba: bytes, _size_px: tuple[int, int]) -> None:
    """To make a PNG of each page takes the screen's thread 40 ms, and no terminal does it: here its name is enough."""
    (pictures._folder / f"{screen}.png").touch()


def main() -> None:
    screen, opened = Screen(), app.opened

    @contextmanager
    def watched(*arguments: Any) -> Any:
        with opened(*arguments) as kiosk:
            screen.watch(kiosk)
            yield kiosk

    app.opened = watched
    Pictures.write = _named_only  # type: ignore[method-assign]
    run.command.main(sys.argv[2:], standalone_mode=False)
    Path(sys.argv[1]).write_text(json.dumps(screen.figures()))


if __name__ == "__main__":
    main()
