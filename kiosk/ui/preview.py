"""`python -m kiosk.ui.preview`: every screen as PNG, with people who do not exist.

Without `--language` and `--size` in every language and size, with all of them small on one sheet, `contact.png`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
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

SIZES = ("800x480", "1024x600", "1280x720", "480x800", "720x1280")
"""Of the panels that are looked after, the smallest first."""


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


def pictured() -> list[str]:
    """What there is a picture of in each language, by name: the daily screens, then the officer's pages."""
    return [example.name for example in examples.states()] + [f"officer-{name}" for name, _ in officers.areas()]


class Show:
    """A source that shows each example in each language for as long as its picture takes, and notes what its texts
    measure. `names`: LANGUAGE/EXAMPLE."""

    _PUMPS_EACH = 4
    PUMPS_PER_S = 200
    """Nobody looks on: as fast as they are drawn."""

    def __init__(self, languages: Sequence[str]) -> None:
        self.names: list[str] = []
        self._shown: list[tuple[ViewState, Sheet | None]] = []
        for language in languages:
            texts = catalogue.load(language)
            for e in examples.states():
                self.names.append(f"{language}/{e.name}")
                self._shown.append((render(e.encounter, e.status, e.age_s, examples.SETTINGS, texts), None))
            view = self._shown[-1][0]
            for name, sheet in officers.sheets(next(examples.states()).status, CONSENT, texts):
                self.names.append(f"{language}/{name}")
                self._shown.append((view, sheet))
        self._frame = Frame(drawn_person(), 1, 0.0)
        self._pumps = 0
        self._now = 0
        self.measures: dict[str, list[dict[str, object]]] = {}

    def pump(self) -> ViewState:
        index, turn = divmod(self._pumps, self._PUMPS_EACH)
        if turn == self._PUMPS_EACH - 1:
            self.measures[self.names[index]] = _measure()
        self._pumps += 1
        self._now = index
        return self._shown[index][0]

    def sheet(self) -> Sheet | None:
        return self._shown[self._now][1]

    def corner(self, down: bool) -> None:
        """Nobody presses."""

    def touch(self, act: Act, value: str) -> None:
        """Nobody touches."""

    def drop(self, path: Path) -> None:
        """Nobody drops anything."""

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
    from kiosk.ui.widgets import Touch, Words

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
                    "button_px": list(widget.parent.size) if isinstance(widget.parent, Touch) else None,
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


def write_contacts(folder: Path) -> None:
    """Every screen once in small, the officer's pages among them: a row an example, a column each size and language."""
    height, gap = 96, 6
    columns = [path for size in SIZES for path in sorted((folder / size).iterdir()) if path.is_dir()]
    names = pictured()
    widths = [round(height * _size(column.parent.name)[0] / _size(column.parent.name)[1]) for column in columns]
    widths = [max(1, width) for width in widths]
    sheet = Image.new("RGB", (sum(widths) + gap * len(widths), (height + gap) * len(names)), (255, 255, 255))
    left = 0
    for column, width in zip(columns, widths, strict=True):
        for row, name in enumerate(names):
            with Image.open(column / f"{name}.png") as picture:
                sheet.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, row * (height + gap)))
        left += width + gap
    sheet.save(folder / "contact.png", optimize=True)


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def _everything(out: Path) -> None:
    """Each size in a process of its own: Kivy cannot be started twice."""
    for size in SIZES:
        words = ["--out", str(out / size), "--size", size, "--language", "all"]
        subprocess.run([sys.executable, "-m", "kiosk.ui.preview", *words], check=True)
    write_contacts(out)


def cli() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m kiosk.ui.preview", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("out/screens"), metavar="DIR")
    parser.add_argument("--language", choices=(*catalogue.LANGUAGES, "all"), help="all: in folders of their own")
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write some of the screens as one picture")
    parser.add_argument("--measures", type=Path, metavar="FILE", help="write each text's size and room as JSON")
    options = parser.parse_args()
    if options.language is None and options.size is None and options.sheet is None and options.measures is None:
        _everything(options.out)
        return
    every = options.language == "all"
    languages = catalogue.LANGUAGES if every else (options.language or "id",)
    show = Show(languages)
    for language in languages:
        (options.out / (language if every else "")).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        size_px = _size(options.size or SIZES[0])
        main.run(
            show,
            title="Presensi",
            mode="offscreen",
            screens_dir=Path(folder),
            size_px=size_px,
            officer=show,
            pumps_per_s=Show.PUMPS_PER_S,
        )
        taken = sorted(Path(folder).glob("[0-9]*-*.png"), key=lambda path: int(path.name.partition("-")[0]))
        for name, picture in zip(show.names, taken, strict=True):
            picture.replace(options.out / f"{name if every else name.partition('/')[2]}.png")
    if options.sheet is not None:
        _write_sheet(options.out, options.sheet)
    if options.measures is not None:
        measures = {name if every else name.partition("/")[2]: words for name, words in show.measures.items()}
        options.measures.write_text(json.dumps(measures, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    cli()
