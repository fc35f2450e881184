"""What people cannot see in a text, and how a character that does not belong there is named to them. Pure.

The one place that knows of invisible marks: names, NIPs and the columns of a list are all read through it.
"""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202c\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
"""Marks that spreadsheets, telephones and web pages leave around what is copied from them: soft hyphen, zero width,
direction, byte order mark, variation. Left out is what makes a text look other than it is (U+202D and U+202E)."""

_BLANK = re.compile("[ \t\n\r\v\f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""Everything that shows as space or as a new line. Python's own \\s has control characters besides (U+001C, U+0085)."""


def seen(text: str) -> str:
    """The text without its invisible marks, without space around it, and with one space for each stretch of it."""
    return _BLANK.sub(" ", _UNSEEN.sub("", text)).strip(" ")


def named(character: str) -> str:
    """`O (U+004F LATIN CAPITAL LETTER O)`; of one that cannot be shown `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    name = f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
    return f"{character} ({name})" if unicodedata.category(character)[0] in "LNPS" else name


def shown(text: str) -> str:
    """The text as it can be printed: nothing in it moves the cursor, turns the direction or cannot be encoded."""
    return "".join("\ufffd" if unicodedata.category(character)[0] == "C" else character for character in seen(text))
