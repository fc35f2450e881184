"""Texts from strangers: what may be stored, what a person's name may be, and what is shown of what was stored before.

`tests/golden/names.json` has the cases of a name for both sides.
"""

from __future__ import annotations

import re
import unicodedata

NAME_LENGTH = 120

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202c\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
"""Marks that spreadsheets, telephones and web pages leave around what is copied: nothing is lost without them. Left
out is what makes a text look other than it is (U+202D and U+202E), which is refused."""

_BLANK = re.compile("[ \t\n\r\v\f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""Everything that shows as space or as a new line; a new line may stand between two words as well."""

_SIGNS = frozenset("\u00b4\u02bc\u2013\u2014\u2018\u2019\u201c\u201d")
"""The accents, dashes and quotation marks that programs put in place of typed ones. ASCII's own are all allowed."""

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""General categories (Unicode, 4.5): control, format, surrogate, line and paragraph separator."""


def plain(text: str) -> str:
    """The text itself, in one line and of characters that are seen as they are. Raises ValueError."""
    if any(unicodedata.category(c) in _HIDDEN for c in text):
        raise ValueError("must not hold control characters or marks that cannot be seen")
    return text


def name(text: str) -> str:
    """A person's name: composed (NFC), single spaces, Latin letters, at most NAME_LENGTH. Raises ValueError."""
    composed = unicodedata.normalize("NFC", without_marks(text))
    if not all(_belongs(c) for c in composed):
        raise ValueError("must be of Latin letters, without control characters or marks that cannot be seen")
    if len(composed) > NAME_LENGTH or not any(c.isalpha() for c in composed):
        raise ValueError(f"must have at least one letter and at most {NAME_LENGTH} characters")
    return composed


def without_marks(text: str) -> str:
    """Without invisible marks, without space around it, with one space for each stretch of it."""
    return _BLANK.sub(" ", _UNSEEN.sub("", text)).strip(" ")


def bare(text: str) -> str:
    """What two names that look alike have in common: without capitals and with single spaces."""
    return " ".join(text.casefold().split())


def shown(text: str) -> str:
    """The text as it can be shown and encoded: a replacement character for each that cannot."""
    return "".join("\ufffd" if unicodedata.category(c) in _HIDDEN and c not in "\n\t" else c for c in text)


def encodable(text: str) -> str:
    """The text with a replacement character for each lone surrogate: those alone no encoding has."""
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def _belongs(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    return character in _SIGNS or unicodedata.name(character, "").startswith(("LATIN SMALL", "LATIN CAPITAL"))
