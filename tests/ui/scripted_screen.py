"""A terminal's screen with a scripted encounter behind it, for tests that look at it or press it: one JSON line for
each thing that happens.

    python tests/ui/scripted_screen.py window|offscreen START
        [--rotation N] [--rehearse TIMES] [--proves live|attack] [--screens DIR] [--link TEXT] [--size WxH]
        [--stop-after-pumps N] [--fail-at-pump N]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.errors import KioskError
from kiosk.model import Frame, Liveness, LivenessVerdict
from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Button, Encounter, Phase
from kiosk.ui import catalogue, examples, main, rehearsal
from kiosk.ui.touch import GUARD_S
from kiosk.ui.view import render
from kiosk.ui.viewstate import ViewState

RED, BLUE, GREEN = (200, 0, 0), (0, 0, 200), (0, 200, 0)
"""The camera's picture: red at its top left, blue at its top right, green below."""


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


class Scripted:
    """The real encounter, its effects carried out at once."""

    def __init__(self, start: str, options: argparse.Namespace) -> None:
        known = {example.name: example for example in examples.states()}
        example = known[start]
        self._status = example.status
        self._settings = replace(
            examples.SETTINGS, confirm_s=options.confirm_s, quick_confirm_s=options.confirm_s, nip_pad_s=600.0
        )
        self._texts = catalogue.load("id")
        self._encounter: Encounter = example.encounter
        if options.link:
            self._encounter = replace(self._encounter, link=options.link)
        self._prospect = example.encounter.prospect or known["confirm"].encounter.prospect
        self._options = options
        self._leaves = self._encounter.phase is not Phase.IDLE
        self._pumps = 0
        self._changed_s = time.monotonic()
        self._ready = False
        self._frames = 0
        self._picture = np.zeros((480, 640, 3), np.uint8)
        self._picture[:240, :320] = RED
        self._picture[:240, 320:] = BLUE
        self._picture[240:] = GREEN
        self._picture.setflags(write=False)

    def pump(self) -> ViewState:
        now_s = time.monotonic()
        self._pumps += 1
        if self._pumps == 1:
            self._changed_s = now_s  # opening the window took its time
            apart_s = None if self._encounter.apart_s is None else now_s
            self._encounter = replace(self._encounter, since_s=now_s, seen_s=now_s, apart_s=apart_s)
        if self._pumps == self._options.fail_at_pump:
            raise RuntimeError("the pump failed")
        if self._encounter.phase is Phase.MONTH:  # the person stays
            self._step(enc.Saw(self._encounter.sighting))
        self._step(enc.Tick())
        if not self._ready and now_s - self._changed_s > GUARD_S + 0.2:
            self._ready = True
            tell(ready=self._encounter.phase.value)
            if self._encounter.phase is Phase.CHALLENGE and self._options.proves:
                self._prove(Liveness(self._options.proves))
        return render(self._encounter, self._status, now_s, self._settings, self._texts)

    def _prove(self, what: Liveness) -> None:
        """The person's answer to the challenge has been seen."""
        before = self._encounter
        verdict = LivenessVerdict(what, 0.9, "challenge")
        seen = replace(before.sighting, track=before.done_track + 1, match=before.match, liveness=verdict)
        self._step(enc.Saw(seen))

    def _step(self, what: enc.Input) -> None:
        before = self._encounter.phase
        self._encounter, effects = enc.step(self._encounter, what, time.monotonic(), self._settings)
        if self._encounter.phase is not before:
            self._changed_s, self._ready = time.monotonic(), False
            tell(phase=self._encounter.phase.value)
        for effect in effects:
            if isinstance(effect, enc.Record):
                tell(chosen=effect.chosen.value if effect.chosen else "")
                self._step(enc.Stored())
            elif isinstance(effect, enc.RecordAttack):
                tell(attack=effect.liveness.state.value)
            elif isinstance(effect, enc.Invite):
                self._step(enc.Invited(self._options.link))
            elif isinstance(effect, enc.Enquire):
                self._step(enc.Answered(self._prospect))
            elif isinstance(effect, enc.Claim):
                tell(claim=[effect.nip, effect.pin, effect.officer_pin])
                self._step(enc.Answered(None))

    def frame(self) -> Frame | None:
        self._frames += 1
        return Frame(self._picture, self._frames, time.monotonic())

    def press(self, button: Button) -> None:
        tell(pressed=button.value)
        self._step(enc.Pressed(button))

    def type_nip(self, digits: str) -> None:
        tell(typed=digits)
        self._step(enc.NipEntered(digits))

    def stopping(self) -> bool:
        return self._pumps >= self._options.stop_after_pumps or (self._encounter.phase is Phase.IDLE and self._leaves)


def run() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["window", "offscreen"])
    parser.add_argument("start")
    parser.add_argument("--rotation", type=int, default=0)
    parser.add_argument("--proves", choices=["live", "attack"])
    parser.add_argument("--rehearse", type=int, default=0)
    parser.add_argument("--screens", type=Path)
    parser.add_argument("--confirm-s", type=float, default=600.0)
    parser.add_argument("--link", default="")
    parser.add_argument("--size", type=lambda said: tuple(map(int, said.split("x"))), default=(800, 480))
    parser.add_argument("--stop-after-pumps", type=int, default=sys.maxsize)
    parser.add_argument("--fail-at-pump", type=int, default=0)
    options = parser.parse_args()
    rounds = (rehearsal.scenes("id", {"id": "Setuju"}, lambda: None) for _ in range(options.rehearse))
    scenes = chain.from_iterable(rounds)
    try:
        main.run(
            Scripted(options.start, options),
            title="Presensi",
            mode=options.mode,
            rotation=options.rotation,
            screens_dir=options.screens,
            size_px=options.size,
            rehearsed=scenes,
        )
    except KioskError as error:
        tell(error=str(error))
        return error.exit_code
    if options.rehearse:
        tell(peak_mb=peak_mb())
    tell(ended=True)
    return 0


def peak_mb() -> float:
    """The most memory that this process has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(run())
