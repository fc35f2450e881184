"""`python -m kiosk.ui.preview`: every screen as PNG, with people who do not exist."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from kiosk.model import Frame, RgbImage
from kiosk.terminal.encounter import Button
from kiosk.terminal.officer import Act
from kiosk.ui import catalogue, examples, main
from kiosk.ui.officer import examples as officers
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.view import render
from kiosk.ui.viewstate import ViewState


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


_PARAGRAPHS = "\n".join(f"{n}. " + "Data wajah diproses untuk presensi. " * 9 for n in range(1, 6))
CONSENT = dict.fromkeys(("id", "en"), f"PERSETUJUAN / CONSENT\n\n{_PARAGRAPHS}")
"""As long as the one that `enrollment` has, which nothing here knows."""


class Show:
    """A source that shows each example for as long as its picture takes, and notes what its texts measure."""

    _PUMPS_EACH = 6

    def __init__(self, language: str) -> None:
        texts = catalogue.load(language)
        self._examples = list(examples.states())
        self._views = [render(e.encounter, e.status, e.age_s, examples.SETTINGS, texts) for e in self._examples]
        self._sheets = list(officers.sheets(self._examples[0].status, CONSENT, texts))
        self._frame = Frame(drawn_person(), 1, 0.0)
        self._pumps = 0
        self._officers = -1
        self.measures: dict[str, list[dict[str, object]]] = {}

    @property
    def names(self) -> list[str]:
        return [*(example.name for example in self._examples), *(name for name, _ in self._sheets)]

    def pump(self) -> ViewState:
        index, turn = divmod(self._pumps, self._PUMPS_EACH)
        if turn == self._PUMPS_EACH - 1:
            self.measures[self.names[index]] = _measure()
        self._pumps += 1
        self._officers = index - len(self._views)
        return self._views[min(index, len(self._views) - 1)]

    def sheet(self) -> Sheet | None:
        return self._sheets[self._officers][1] if self._officers >= 0 else None

    def corner(self, down: bool) -> None:
        """Nobody presses."""

    def touch(self, act: Act, value: str) -> None:
        """Nobody touches."""

    def sign(self, picture: bytes) -> None:
        """Nobody signs."""

    def frame(self) -> Frame | None:
        return self._frame

    def press(self, button: Button) -> None:
        """Nobody presses."""

    def type_nip(self, digits: str) -> None:
        """Nobody types."""

    def stopping(self) -> bool:
        return self._pumps >= self._PUMPS_EACH * len(self.names)


def _measure() -> list[dict[str, object]]:
    """Each text on the screen: how large its letters are, and whether it has room."""
    from kivy.base import EventLoop
    from kivy.core.text import Label

    from kiosk.ui.officer.parts import Prose
    from kiosk.ui.widgets import Key, Words

    found: list[dict[str, object]] = []

    def visit(widget: Any) -> None:
        if not widget.opacity:
            return
        if isinstance(widget, Words | Prose) and widget.say:
            free = Label(text=widget.text, font_size=widget.font_size, bold=widget.bold, text_size=(widget.width, None))
            free.resolve_font_name()
            # Prose is broken into lines as it is drawn, at words: only its longest one can be too wide.
            lines = widget.text.split() if isinstance(widget, Prose) else widget.text.split("\n")
            found.append(
                {
                    "say": widget.say,
                    "shown": widget.text,
                    "font_px": widget.font_size,
                    "room_px": list(widget.size),
                    "needs_px": [max(free.get_extents(line)[0] for line in lines), free.render()[1]],
                    "at_px": list(widget.to_window(*widget.pos)),
                    "button_px": list(widget.parent.size) if isinstance(widget.parent, Key) else None,
                }
            )
        for child in widget.children:
            visit(child)

    for child in EventLoop.window.children:
        visit(child)
    return found


_SHEET = ("idle", "identifying", "nip_pad", "confirm-late", "recorded", "unknown", "fault-camera_lost", "not_recorded")


def _write_sheet(folder: Path, path: Path) -> None:
    """A few of the screens side by side, for a document."""
    width, height, gap = 400, 240, 8
    rows = -(-len(_SHEET) // 2)
    sheet = Image.new("RGB", (2 * width + gap, rows * (height + gap) - gap), (255, 255, 255))
    for index, name in enumerate(_SHEET):
        with Image.open(folder / f"{name}.png") as picture:
            small = picture.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, ((index % 2) * (width + gap), (index // 2) * (height + gap)))
    sheet.quantize(256).save(path, optimize=True)


def cli() -> None:
    parser = argparse.ArgumentParser(prog="python -m kiosk.ui.preview", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screens"), metavar="DIR")
    parser.add_argument("--language", choices=catalogue.LANGUAGES, default="id")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write some of the screens as one picture")
    parser.add_argument("--measures", type=Path, metavar="FILE", help="write each text's size and room as JSON")
    options = parser.parse_args()
    show = Show(options.language)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        main.run(show, title="Presensi", mode="offscreen", screens_dir=Path(folder), officer=show)
        taken = sorted(Path(folder).glob("[0-9]*-*.png"), key=lambda path: int(path.name.partition("-")[0]))
        for name, picture in zip(show.names, taken, strict=True):
            picture.replace(options.out / f"{name}.png")
    if options.sheet is not None:
        _write_sheet(options.out, options.sheet)
    if options.measures is not None:
        options.measures.write_text(json.dumps(show.measures, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    cli()
