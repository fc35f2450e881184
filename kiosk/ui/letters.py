"""Which characters the screen's letters have, and what stands for those that they lack. Pure.

Kivy draws a text in one font and takes no other for what that lacks: an empty box would stand there (decision 47).
"""

from __future__ import annotations

import unicodedata

_DRAWN = (
    (0x20, 0x7E),
    (0xA0, 0x17F),  # Latin-1, Latin Extended-A
    (0x218, 0x21B),
    (0x2BC, 0x2BC),  # the apostrophe in "Ma'ruf"
    (0x386, 0x386),
    (0x388, 0x38A),
    (0x38E, 0x3A1),
    (0x3A3, 0x3CE),  # Greek
    (0x400, 0x45F),  # Cyrillic
    (0x1EA0, 0x1EF9),  # Vietnamese
    (0x2010, 0x2011),
    (0x2013, 0x2015),
    (0x2018, 0x201E),
    (0x2022, 0x2022),
    (0x2026, 0x2026),
)
"""What of names, in Roboto's two weights (896 characters). tests/ui/test_letters.py asks the font files."""


def drawn(character: str) -> bool:
    """Whether the screen's font has it."""
    return any(first <= ord(character) <= last for first, last in _DRAWN)


def legible(text: str) -> str:
    """The text in characters that can be drawn: marks that the font lacks are left off their letters, and invisible
    ones are left out. Empty when a character is in no alphabet that it has."""
    shown = [_shown(character) for character in unicodedata.normalize("NFC", text)]
    return "" if None in shown else "".join(part for part in shown if part).strip()


def _shown(character: str) -> str | None:
    """What stands for a character; None: nothing can."""
    kind = unicodedata.category(character)
    if character.isspace() and character != "\N{NO-BREAK SPACE}":
        return " "
    if kind in ("Cc", "Cf", "Mn", "Me"):
        return ""  # marks of order and of joining, and marks on a letter with which they make no character
    if drawn(character):
        return character
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return plain if plain and all(drawn(c) for c in plain) else None
