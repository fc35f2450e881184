"""All screens as they are drawn: nothing is cut, everything is large enough for 1.5 m, and text stands out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFont

from kiosk.terminal.encounter import Phase
from kiosk.ui import catalogue, examples, theme
from kiosk.ui import preview as preview_command
from kiosk.ui.officer import examples as officers
from kiosk.ui.officer.parts import LETTER_GAP
from kiosk.ui.preview import SIZES, pictured, write_contacts
from kiosk.ui.theme import HEIGHT_DP, WIDTH_DP
from kiosk.ui.view import render
from kiosk.ui.viewstate import Layout, Tone, ViewState

ROOT = Path(__file__).parents[2]
AA = 4.5
SMALLEST_PX = 24
HINT_PX, PRIMARY_PX, BUTTON_PX = 36, 33, 80
NAME_PX = {48: 44, 80: 34, 120: 28}
"""Names up to so many characters, titles included, are written at so many px at the least."""
QUESTION_PX = 44


@dataclass(frozen=True)
class Drawn:
    name: str
    view: ViewState
    words: list[dict[str, Any]]
    rgb: npt.NDArray[np.uint8]

    def font_px(self, text: str) -> float:
        return float(next(word["font_px"] for word in self.words if word["say"] == text))


@dataclass(frozen=True)
class Preview:
    """All screens in one language: their pictures, and by screen the texts on it."""

    language: str
    folder: Path
    words: dict[str, list[dict[str, Any]]]


def previewed(folder: Path, *size: str) -> dict[str, list[dict[str, Any]]]:
    """One window's pictures of every screen in every language, in folders of their own, and the texts on each."""
    command = [sys.executable, "-m", "kiosk.ui.preview", "--out", str(folder), "--language", "all", *size]
    measures, environment = folder / "measures.json", {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--measures", str(measures)], cwd=ROOT, env=environment, check=True, timeout=600)
    words: dict[str, list[dict[str, Any]]] = json.loads(measures.read_text(encoding="utf-8"))
    return words


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Preview]:
    """By language."""
    folder = tmp_path_factory.mktemp("screens")
    words = previewed(folder)
    found = {language: Preview(language, folder / language, {}) for language in catalogue.LANGUAGES}
    for path, said in words.items():
        language, _, name = path.partition("/")
        found[language].words[name] = said
    return found


@pytest.fixture(scope="module", params=catalogue.LANGUAGES)
def preview(request: pytest.FixtureRequest, previews: dict[str, Preview]) -> Preview:
    return previews[request.param]


@pytest.fixture(scope="module")
def drawn(preview: Preview) -> list[Drawn]:
    texts = catalogue.load(preview.language)
    screens = []
    for example in examples.states():
        view = render(example.encounter, example.status, example.age_s, examples.SETTINGS, texts)
        with Image.open(preview.folder / f"{example.name}.png") as picture:
            rgb = np.asarray(picture.convert("RGB"))
        screens.append(Drawn(example.name, view, preview.words[example.name], rgb))
    return screens


OFFICERS_SMALLEST_PX = 18
"""On the officer's pages, read at arm's length; the masked NIP and the state of a row in the list may be 16."""


@pytest.mark.slow
def test_no_text_of_the_officers_area_is_cut_or_too_small(preview: Preview) -> None:
    """But for long names, which lose their middle as they do everywhere."""
    names = [person.name for person in officers.PEOPLE]
    pages = {name: words for name, words in preview.words.items() if name.startswith("officer-")}
    assert len(pages) == len(list(officers.areas()))
    for page, words in pages.items():
        for word in words:
            named = any(name in word["say"] for name in names)
            assert named or word["shown"].replace("\n", " ") == word["say"].replace("\n", " "), page
            (needs_w, needs_h), (room_w, room_h) = word["needs_px"], word["room_px"]
            assert (needs_w <= room_w, needs_h <= room_h) == (True, True), (page, word)
            in_a_row = page.startswith("officer-people") and word["room_px"][1] == 48
            assert word["font_px"] >= (16 if in_a_row else OFFICERS_SMALLEST_PX), (page, word)


@pytest.mark.slow
def test_every_text_of_the_view_is_on_its_screen(drawn: list[Drawn]) -> None:
    for screen in drawn:
        shown = {word["say"] for word in screen.words}
        wanted = {screen.view.name, screen.view.consequence, *(button.text for button in screen.view.buttons)}
        if screen.view.layout not in (Layout.LIVE, Layout.STANDBY):  # on the dark one stands the time alone
            wanted |= {screen.view.title}
        wanted |= {screen.view.hint, screen.view.alert}
        assert wanted - {""} <= shown, screen.name


@pytest.mark.slow
def test_no_text_is_cut(drawn: list[Drawn]) -> None:
    for screen in drawn:
        for word in screen.words:
            assert word["shown"].replace("\n", " ") == word["say"], screen.name
            (needs_w, needs_h), (room_w, room_h) = word["needs_px"], word["room_px"]
            assert needs_w <= room_w, (screen.name, word)
            assert needs_h <= room_h, (screen.name, word)


@pytest.mark.slow
def test_every_text_lies_on_the_screen(drawn: list[Drawn]) -> None:
    for screen in drawn:
        for word in screen.words:
            (left, bottom), (width, height) = word["at_px"], word["room_px"]
            assert left >= 0, (screen.name, word)
            assert bottom >= 0, (screen.name, word)
            assert left + width <= WIDTH_DP, (screen.name, word)
            assert bottom + height <= HEIGHT_DP, (screen.name, word)


@pytest.mark.slow
def test_texts_do_not_overlap(drawn: list[Drawn]) -> None:
    for screen in drawn:
        boxes = [(*word["at_px"], *word["room_px"], word["say"]) for word in screen.words if not word["button_px"]]
        for i, (x, y, w, h, say) in enumerate(boxes):
            for x2, y2, w2, h2, other in boxes[i + 1 :]:
                apart = x + w <= x2 + 1 or x2 + w2 <= x + 1 or y + h <= y2 + 1 or y2 + h2 <= y + 1
                assert apart, (screen.name, say, other)


@pytest.mark.slow
def test_letters_are_large_enough_for_a_metre_and_a_half(drawn: list[Drawn]) -> None:
    for screen in drawn:
        view = screen.view
        small = [word for word in screen.words if word["font_px"] < SMALLEST_PX]
        assert not small, screen.name
        if view.name:
            least = next(font_px for length, font_px in NAME_PX.items() if len(view.name) <= length)
            assert screen.font_px(view.name) >= least, screen.name
        if view.phase is Phase.CONFIRM:
            assert screen.font_px(view.title) >= QUESTION_PX, screen.name
        if view.layout is Layout.LIVE:
            assert screen.font_px(view.hint) >= HINT_PX, screen.name
        primary = [view.alert, view.consequence, view.direction if view.layout is Layout.CONFIRM else ""]
        primary += [button.text for button in view.buttons]
        if view.layout not in (Layout.LIVE, Layout.CONFIRM, Layout.STANDBY):
            primary.append(view.title)
        for text in filter(None, primary):
            assert screen.font_px(text) >= PRIMARY_PX, (screen.name, text)


@pytest.mark.slow
def test_the_question_is_among_the_largest_texts(drawn: list[Drawn]) -> None:
    for screen in drawn:
        if screen.view.phase is Phase.CONFIRM:
            larger = {word["say"] for word in screen.words if word["font_px"] > screen.font_px(screen.view.title)}
            countdown = str(screen.view.countdown.seconds) if screen.view.countdown else ""
            assert larger <= {screen.view.name, screen.view.presence_time, countdown}, screen.name


@pytest.mark.slow
def test_buttons_are_large_enough_for_a_finger(drawn: list[Drawn]) -> None:
    sizes = [word["button_px"] for screen in drawn for word in screen.words if word["button_px"]]
    assert sizes
    assert min(min(size) for size in sizes) >= BUTTON_PX


SHADES = np.arange(256) / 255
LINEAR = np.where(SHADES <= 0.04045, SHADES / 12.92, ((SHADES + 0.055) / 1.055) ** 2.4)


def luminances(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """WCAG relative luminance of each pixel."""
    return np.asarray(LINEAR[rgb] @ (0.2126, 0.7152, 0.0722), np.float64)


@pytest.mark.slow
def test_texts_stand_out_from_what_is_behind_them(drawn: list[Drawn]) -> None:
    """Measured in the picture: the commonest shade of a text's place against the shade farthest from it."""
    for screen in drawn:
        for word in screen.words:
            (left, bottom), (width, height) = word["at_px"], word["room_px"]
            top = HEIGHT_DP - bottom - height
            place = screen.rgb[int(top) : int(top + height), int(left) : int(left + width)]
            shades = luminances(place)
            ground = np.median(shades)
            best = max((shades.max() + 0.05) / (ground + 0.05), (ground + 0.05) / (shades.min() + 0.05))
            assert best >= AA, (screen.name, word["say"], best)


@pytest.mark.slow
def test_every_line_of_a_text_is_drawn(drawn: list[Drawn]) -> None:
    """Counted in the picture: Kivy may leave out a line for which it finds no room, and says nothing."""
    for screen in drawn:
        for word in screen.words:
            lines = word["shown"].count("\n") + 1
            (left, bottom), (width, height) = word["at_px"], word["room_px"]
            top = HEIGHT_DP - bottom - height
            shades = luminances(screen.rgb[int(top) : int(top + height), int(left) : int(left + width)])
            inked = (np.abs(shades - np.median(shades)) > 0.1).any(axis=1).astype(int)
            assert lines == 1 or np.count_nonzero(np.diff(inked, prepend=0) == 1) >= lines, (screen.name, word["say"])


PANEL_MM, CAP_MM = 154.0, 4.5
"""The picture of a 7-inch panel of 800x480 is so wide; capitals of what matters are at least so high, for 1.5 m."""


@pytest.mark.slow
def test_capitals_of_what_matters_are_four_and_a_half_millimetres_high_on_a_seven_inch_panel(
    drawn: list[Drawn],
) -> None:
    """Names of more than 80 characters, titles included, are written smaller (NAME_PX): there are none so long."""
    mm = PANEL_MM / WIDTH_DP
    for screen in drawn:
        view = screen.view
        matters = {view.title, view.hint, view.alert, view.consequence, view.direction, view.presence_time, view.day}
        matters |= {button.text for button in view.buttons} | ({view.name} if len(view.name) <= 80 else set())
        if view.layout is Layout.PHONE:
            matters -= {view.hint}  # read from the distance at which a phone scans
        if view.layout is Layout.RESULT and not view.name:
            matters |= {view.line}
        for word in screen.words:
            if word["say"] in matters - {""}:
                assert theme.CAP_HEIGHT * word["font_px"] * mm >= CAP_MM, (screen.name, word["say"], word["font_px"])


@pytest.mark.slow
def test_a_whole_nip_is_as_large_with_its_last_digit_as_with_its_first(drawn: list[Drawn]) -> None:
    screens = [screen for screen in drawn if screen.view.typed_as == "nip"]
    assert {screen.view.phase for screen in screens} == {Phase.NIP_PAD, Phase.CLAIM_NIP}
    for screen in screens:
        lines = [word for word in screen.words if set(word["say"]) == {"_", " "}]
        assert {word["say"].replace("_", "0") for word in lines} == {"00000000 000000", "0 000"}, screen.name
        for word in lines:
            font = roboto("Bold", word["font_px"])
            assert font.getlength(word["say"].replace("_", "0")) <= word["room_px"][0], screen.name
            assert theme.CAP_HEIGHT * word["font_px"] * PANEL_MM / WIDTH_DP >= CAP_MM, screen.name


def roboto(face: str, size_px: float) -> ImageFont.FreeTypeFont:
    """The letters of the screen."""
    kivy = find_spec("kivy")
    assert kivy is not None
    assert kivy.origin is not None
    return ImageFont.truetype(Path(kivy.origin).parent / "data" / "fonts" / f"Roboto-{face}.ttf", size_px)


def test_the_height_of_a_capital_is_that_of_the_letters_that_are_drawn() -> None:
    font = roboto("Regular", 2048)
    _, top, _, bottom = font.getbbox("H")
    assert (bottom - top) / 2048 == pytest.approx(theme.CAP_HEIGHT)


def test_the_contact_sheet_shows_every_daily_screen_and_every_page_of_the_officer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, sizes = pictured(), SIZES[2:4]  # one wide, one upright
    monkeypatch.setattr(preview_command, "SIZES", sizes)
    for size in sizes:
        for language in catalogue.LANGUAGES:
            (tmp_path / size / language).mkdir(parents=True)
            for number, name in enumerate(names):
                Image.new("RGB", (8, 8), (number, 100, 200)).save(tmp_path / size / language / f"{name}.png")
    write_contacts(tmp_path)
    with Image.open(tmp_path / "contact.png") as sheet:
        reds = {colour for _, (colour, green, _) in sheet.getcolors(maxcolors=2**20) or [] if green == 100}
    assert reds == set(range(len(names)))
    assert {f"officer-{name}" for name, _ in officers.areas()} < set(names)


# ---------------------------------------------------------------- other sizes, and the sheet that is higher than wide


@dataclass(frozen=True)
class Sized:
    folder: Path
    width: int
    height: int
    screens: dict[str, list[dict[str, Any]]]

    @property
    def daily(self) -> dict[str, list[dict[str, Any]]]:
        return {name: words for name, words in self.screens.items() if "/officer-" not in name}

    @property
    def officers(self) -> dict[str, list[dict[str, Any]]]:
        return {name: words for name, words in self.screens.items() if "/officer-" in name}

    @property
    def density(self) -> float:
        sheet = theme.sheet(self.width, self.height)
        return min(self.width / sheet[0], self.height / sheet[1])


@pytest.fixture(scope="module", params=["1024x600", "1280x720", "480x800", "720x1280"])
def sized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sized:
    folder = tmp_path_factory.mktemp(f"screens-{request.param}")
    width, height = map(int, request.param.split("x"))
    return Sized(folder, width, height, previewed(folder, "--size", request.param))


LIVE = (
    *("approaching", "challenge", "identifying", "positioning", "enquiring"),
    *("officer-camera", "officer-capture", "officer-recognise"),
)


@pytest.mark.long
def test_beside_a_sheet_that_is_narrower_than_the_screen_is_its_own_ground(sized: Sized) -> None:
    """But for the live picture, beside which there is none."""
    width, height = theme.sheet(sized.width, sized.height)
    left, top = round((sized.width - width * sized.density) / 2), round((sized.height - height * sized.density) / 2)
    for name in sized.screens:
        if (left or top) and not name.split("/")[-1].startswith(LIVE):
            with Image.open(sized.folder / f"{name}.png") as picture:
                drawn = picture.convert("RGB")
            assert drawn.getpixel((1, 1)) == drawn.getpixel((left + 2, top + 2)), name


@pytest.mark.long
def test_every_screen_fits_in_every_language_and_size(sized: Sized) -> None:
    for name, words in sized.daily.items():
        for word in words:
            (left, bottom), (width, height) = word["at_px"], word["room_px"]
            assert word["shown"].replace("\n", " ") == word["say"], name
            assert word["needs_px"][0] <= width, (name, word)
            assert word["needs_px"][1] <= height, (name, word)
            assert left >= 0, (name, word)
            assert bottom >= 0, (name, word)
            assert left + width <= sized.width + 0.5, (name, word)
            assert bottom + height <= sized.height + 0.5, (name, word)
            assert word["font_px"] >= int(SMALLEST_PX * sized.density), (name, word)
            assert not word["button_px"] or min(word["button_px"]) >= BUTTON_PX * sized.density - 0.5, (name, word)


@pytest.mark.long
def test_no_text_lies_over_another_in_any_size(sized: Sized) -> None:
    for name, words in sized.daily.items():
        boxes = [(*word["at_px"], *word["room_px"], word["say"]) for word in words if not word["button_px"]]
        for i, (x, y, w, h, say) in enumerate(boxes):
            for x2, y2, w2, h2, other in boxes[i + 1 :]:
                apart = x + w <= x2 + 1 or x2 + w2 <= x + 1 or y + h <= y2 + 1 or y2 + h2 <= y + 1
                assert apart, (name, say, other)


FINGER_PX = 45
"""Nine millimetres of the smallest panel: no key of the officer's pages is narrower or lower, with the half of the gap
on each side of a letter, which counts as the letter's."""


@pytest.mark.long
def test_every_page_of_the_officer_fits_in_every_language_and_size(sized: Sized) -> None:
    """But for long names, which lose their middle as they do everywhere."""
    names = [person.name for person in officers.PEOPLE]
    assert len(sized.officers) == len(list(officers.areas())) * len(catalogue.LANGUAGES)
    for name, words in sized.officers.items():
        for word in words:
            (left, bottom), (width, height) = word["at_px"], word["room_px"]
            named = any(each in word["say"] for each in names)
            assert named or word["shown"].replace("\n", " ") == word["say"].replace("\n", " "), name
            assert word["needs_px"][0] <= width, (name, word)
            assert word["needs_px"][1] <= height, (name, word)
            assert left >= 0, (name, word)
            assert bottom >= 0, (name, word)
            assert left + width <= sized.width + 0.5, (name, word)
            assert bottom + height <= sized.height + 0.5, (name, word)
            in_a_row = "/officer-people" in name and min(word["room_px"]) <= 48 * sized.density
            assert word["font_px"] >= int((16 if in_a_row else OFFICERS_SMALLEST_PX) * sized.density), (name, word)
            reach = LETTER_GAP if len(word["say"]) == 1 and "/officer-people" in name else 0
            if word["button_px"]:
                assert min(word["button_px"]) + reach * sized.density >= FINGER_PX * sized.density, (name, word)


@pytest.mark.long
def test_no_text_lies_under_a_key_in_any_size(sized: Sized) -> None:
    """A key's own text tells where the key is, at the least."""
    for name, words in sized.screens.items():
        # The seconds of a countdown stand on the key that it runs out on.
        texts = [word for word in words if not word["button_px"] and word["say"] and not word["say"].isdecimal()]
        keys = [word for word in words if word["button_px"]]
        for word in texts:
            (x, y), (w, h) = word["at_px"], word["room_px"]
            y, h = y + (h - word["needs_px"][1]) / 2, word["needs_px"][1]
            for key in keys:
                (x2, y2), (w2, h2) = key["at_px"], key["room_px"]
                apart = x + w <= x2 + 1 or x2 + w2 <= x + 1 or y + h <= y2 + 1 or y2 + h2 <= y + 1
                assert apart, (name, word["say"], key["say"])


# ---------------------------------------------------------------- the palette


@pytest.mark.parametrize(("what", "text", "ground"), theme.PAIRS, ids=[what for what, *_ in theme.PAIRS])
def test_every_pair_of_the_palette_has_the_contrast_of_wcag_aa(what: str, text: theme.Rgba, ground: theme.Rgba) -> None:
    assert theme.contrast(text, ground) >= AA


@pytest.mark.parametrize("text", [theme.TEXT, theme.MUTED, *theme.ACCENT.values()])
def test_text_over_the_live_picture_has_it_even_when_the_picture_is_white(text: theme.Rgba) -> None:
    assert theme.contrast(text, theme.over(theme.SHADE, (1.0, 1.0, 1.0, 1.0))) >= AA


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast((0, 0, 0, 1), (1, 1, 1, 1)) == pytest.approx(21.0)
    assert theme.contrast((1, 1, 1, 1), (1, 1, 1, 1)) == pytest.approx(1.0)
    grey = 0x76 / 255  # the lightest grey that passes AA on white
    assert theme.contrast((grey, grey, grey, 1), (1, 1, 1, 1)) == pytest.approx(4.54, abs=0.01)


def test_every_tone_has_a_shape_of_its_own() -> None:
    assert len({theme.MARK[tone] for tone in Tone}) == len(Tone)
