"""What can be drawn is drawn, what cannot is never a box: asked of the font files that Kivy brings."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from kiosk.ui import letters
from kiosk.ui.letters import drawn, legible


def font(name: str) -> ImageFont.FreeTypeFont:
    """Kivy is only looked up: on import it would take over the process."""
    kivy = find_spec("kivy")
    assert kivy is not None
    assert kivy.origin is not None
    return ImageFont.truetype(str(Path(kivy.origin).parent / "data" / "fonts" / name), 40)


@pytest.mark.parametrize("name", ["Roboto-Regular.ttf", "Roboto-Bold.ttf"])
def test_the_screens_letters_have_every_character_that_they_are_said_to_have(name: str) -> None:
    face = font(name)
    box = bytes(face.getmask("\ua9b1"))  # what stands for a character that is lacking
    assert bytes(face.getmask("\u0634")) == box
    lacking = [
        f"U+{code:04X}"
        for first, last in letters._DRAWN
        for code in range(first, last + 1)
        if bytes(face.getmask(chr(code))) == box
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Drs. H. Widi Contoh, M.Si.", "Drs. H. Widi Contoh, M.Si."),
        ("Ma\u2019ruf Şükrü Nguyễn Žižek", "Ma\u2019ruf Şükrü Nguyễn Žižek"),
        ("Иван Пример", "Иван Пример"),
        ("Ra\u1e0den Mas", "Raden Mas"),  # its dot is lacking, its letter is not
        ("Rad\u0323en e\u0301", "Raden é"),
        ("\uff33\uff49\uff54\uff49", "Siti"),
        ("Siti\u202e Rahayu\u200b", "Siti Rahayu"),
        ("Siti\nRahayu\u2028Contoh", "Siti Rahayu Contoh"),
        ("1\u00a0%", "1\u00a0%"),
        ("\ua9b1\ua98f\ua9b8\ua982", ""),  # Javanese
        ("سري رهايو", ""),
        ("陳 Contoh", ""),
        ("Siti \U0001f600", ""),
        ("", ""),
    ],
)
def test_what_stands_for_a_name(name: str, shown: str) -> None:
    assert legible(name) == shown


@given(st.text(max_size=40))
def test_whatever_is_shown_can_be_drawn_and_stays_as_it_is(text: str) -> None:
    shown = legible(text)
    assert all(drawn(character) for character in shown)
    assert legible(shown) == shown
