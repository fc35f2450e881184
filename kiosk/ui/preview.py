"""`python -m kiosk.ui.preview`: every screen as PNG, with people who do not exist."""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from PIL import Image, ImageDraw

from kiosk.encounter import Button, Encounter, Phase, Prospect, Settings
from kiosk.model import (
    Assessment,
    Challenge,
    Direction,
    Fault,
    Frame,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    Nip,
    Person,
    PersonId,
    QueueState,
    RgbImage,
    Sighting,
    TerminalStatus,
)
from kiosk.ui import catalogue, main
from kiosk.ui.view import render
from kiosk.ui.viewstate import ViewState

SETTINGS = Settings(
    min_frames=3,
    max_frames=12,
    confirm_s=3.0,
    result_s=2.5,
    leave_s=1.0,
    refused_pause_s=5.0,
    repeat_interval_s=300.0,
)
_NOW = dt.datetime(2026, 11, 24, 7, 28, 41, tzinfo=ZoneInfo("Asia/Jakarta"))
_STATUS = TerminalStatus(
    local_time=_NOW,
    office_name="Dinas Contoh Kabupaten Kulon Progo",
    people=124,
    connected=True,
    queue=QueueState(waiting=0, parked=0, oldest_waiting_utc=None),
    clock_trusted=True,
)
_SHORT = Person(PersonId("p-1"), Nip("199001012015012001"), "Sekar Contohwati, S.Kom.")
_LONG = Person(
    PersonId("p-2"), Nip("197505052010011002"), "Drs. H. Raden Bagaswara Contohadiningrat Wirayuda, S.H., M.Si."
)
_ACCEPTED = Match(_SHORT.person_id, 6.2, 2.1, 4.0, 3, "accepted")
_FACE = (0.37, 0.34, 0.63, 0.70)


def _prospect(
    person: Person, direction: Direction, minutes: int, percent: float, ago_s: float | None = None, *, work: bool = True
) -> Prospect:
    local = _NOW if direction is Direction.ARRIVAL else _NOW.replace(hour=15, minute=35)
    return Prospect(person, Assessment(direction, local, minutes, percent, work), ago_s)


def states() -> Iterator[tuple[str, Encounter, TerminalStatus, float]]:
    """Realistic states: a name, the encounter, the status and the seconds since the phase began."""
    base = Encounter(match=_ACCEPTED, sighting=Sighting(0.0, track=1, faces=1, box=_FACE))
    offline = replace(_STATUS, connected=False, queue=QueueState(12, 0, None))
    on_time = _prospect(_SHORT, Direction.ARRIVAL, 0, 0.0)
    late = _prospect(_LONG, Direction.ARRIVAL, 12, 1.0)
    early = _prospect(_SHORT, Direction.DEPARTURE, 25, 1.0)
    yield "idle", Encounter(), _STATUS, 0
    yield "idle-offline", Encounter(), offline, 0
    warned = replace(offline, clock_trusted=False, queue=QueueState(1240, 3, None), connected=None)
    yield "idle-clock", Encounter(), warned, 0
    yield "idle-journal", Encounter(faults=frozenset({Fault.JOURNAL_DAMAGED})), _STATUS, 0
    far = _seen(Hint.TOO_FAR, (0.5, 0.4, 0.62, 0.6))
    yield "approaching", replace(base, phase=Phase.APPROACHING, sighting=far), _STATUS, 0
    for hint in Hint:
        box = (0.1, 0.2, 0.4, 0.7) if hint is Hint.NOT_CENTRED else _FACE
        faces = 2 if hint is Hint.SEVERAL_FACES else 1
        seen = replace(base, phase=Phase.POSITIONING, sighting=replace(_seen(hint, box), faces=faces))
        yield f"positioning-{hint.value}", seen, _STATUS, 0
    two = replace(base.sighting, faces=2)
    yield "identifying", replace(base, phase=Phase.IDENTIFYING, match=replace(_ACCEPTED, frames=2)), _STATUS, 0
    yield "identifying-others", replace(base, phase=Phase.IDENTIFYING, sighting=two), _STATUS, 0
    for challenge in Challenge:
        asked = LivenessVerdict(Liveness.CHALLENGE, 0.5, "doubt", challenge)
        yield f"challenge-{challenge.value}", replace(base, phase=Phase.CHALLENGE, liveness=asked), _STATUS, 0
    yield "nip_pad", replace(base, phase=Phase.NIP_PAD), _STATUS, 4
    yield "nip_pad-retry", replace(base, phase=Phase.NIP_PAD, nip_tries=1), _STATUS, 9
    yield "enquiring", replace(base, phase=Phase.ENQUIRING), _STATUS, 0
    yield "confirm", replace(base, phase=Phase.CONFIRM, prospect=on_time), _STATUS, 0.9
    yield "confirm-late", replace(base, phase=Phase.CONFIRM, prospect=late, sighting=two), _STATUS, 1.7
    yield "confirm-early", replace(base, phase=Phase.CONFIRM, prospect=early), offline, 2.3
    day_off = _prospect(_SHORT, Direction.DEPARTURE, 0, 0.0, work=False)
    yield "confirm-dayoff", replace(base, phase=Phase.CONFIRM, prospect=day_off), warned, 0
    yield "saving", replace(base, phase=Phase.SAVING, prospect=on_time), _STATUS, 0
    yield "recorded", replace(base, phase=Phase.RECORDED, prospect=on_time), _STATUS, 0
    yield "recorded-late", replace(base, phase=Phase.RECORDED, prospect=late), _STATUS, 0
    yield "recorded-early", replace(base, phase=Phase.RECORDED, prospect=early), warned, 0
    failed = replace(base, phase=Phase.NOT_RECORDED, prospect=late, fault=Fault.DISK_FULL)
    yield "not_recorded", failed, _STATUS, 0
    already = _prospect(_SHORT, Direction.ARRIVAL, 0, 0.0, 190.0)
    yield "already_recorded", replace(base, phase=Phase.ALREADY_RECORDED, prospect=already), _STATUS, 0
    for phase in (Phase.UNKNOWN, Phase.ATTACK_REFUSED, Phase.REFUSED_BY_PERSON):
        yield phase.value, replace(base, phase=phase), _STATUS, 0
    for fault in Fault:
        yield f"fault-{fault.value}", Encounter(phase=Phase.FAULT, faults=frozenset({fault})), offline, 0


def _seen(hint: Hint, box: tuple[float, float, float, float]) -> Sighting:
    return Sighting(0.0, track=1, faces=1, box=box, hint=hint)


def drawn_person() -> RgbImage:
    """A 640 x 480 picture for the mirror: the astronaut of scikit-image when it is installed, else a drawn figure."""
    try:
        from skimage import data
    except ImportError:
        picture = Image.new("RGB", (640, 480), (150, 160, 165))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((130, 380, 510, 700), fill=(70, 90, 110))
        pen.ellipse((230, 90, 410, 330), fill=(205, 170, 140))
        return np.asarray(picture)
    above = 48  # more room above the head than the portrait has
    portrait = np.pad(data.astronaut()[:288, :448], ((above, 0), (0, 0), (0, 0)), mode="edge")
    return np.asarray(Image.fromarray(portrait).resize((640, 480), Image.Resampling.LANCZOS))


class Show:
    """A source that shows each state for as long as its picture takes."""

    def __init__(self, language: str) -> None:
        texts = catalogue.load(language)
        self.names = [name for name, *_ in states()]
        self._views = [render(encounter, status, s, SETTINGS, texts) for _, encounter, status, s in states()]
        self._frame = Frame(drawn_person(), 1, 0.0)
        self._pumps = 0

    _PUMPS_EACH = 8

    def pump(self) -> ViewState:
        index = min(self._pumps // self._PUMPS_EACH, len(self._views) - 1)
        self._pumps += 1
        return self._views[index]

    def frame(self) -> Frame | None:
        return self._frame

    def press(self, button: Button) -> None:
        """Nobody presses."""

    def type_nip(self, digits: str) -> None:
        """Nobody types."""

    def stopping(self) -> bool:
        return self._pumps > self._PUMPS_EACH * len(self._views)


def cli() -> None:
    parser = argparse.ArgumentParser(prog="python -m kiosk.ui.preview", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screens"), metavar="DIR")
    parser.add_argument("--language", choices=["id", "en"], default="id")
    options = parser.parse_args()
    show = Show(options.language)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        main.run(show, title="Presensi", mode="offscreen", screens_dir=Path(folder))
        taken = sorted(Path(folder).glob("[0-9]*-*.png"))
        for name, picture in zip(show.names, taken, strict=True):
            picture.replace(options.out / f"{name}.png")


if __name__ == "__main__":
    cli()
