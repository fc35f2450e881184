"""A person's name as it is enrolled, the one rule for it: `tests/golden/names.json` has its cases for both sides.

Identity cards carry names in Latin letters (Permendagri 73/2022, article 5); what looks like one and is none (a
Cyrillic A) would be another name to every program that reads it.
"""

from __future__ import annotations

import unicodedata

from enrollment import characters
from enrollment.refusal import Refusal

LENGTH = 120

_SIGNS = frozenset("\u00b4\u02bc\u2013\u2014\u2018\u2019\u201c\u201d")
"""The accents, dashes and quotation marks that programs put in place of typed ones. ASCII's own are all allowed."""


def parse(text: str) -> str:
    """The name in one line: composed (NFC), single spaces, no mark that cannot be seen.

    What that gives is left as it is by a second time, and is what the server takes. Raises Refusal name_missing (no
    letter in it, or too long) and name_character.
    """
    name = unicodedata.normalize("NFC", characters.seen(text))
    for place, character in enumerate(name, start=1):
        if not _belongs(character):
            raise Refusal("name_character", place=place, character=characters.named(character))
    if len(name) > LENGTH or not any(character.isalpha() for character in name):
        raise Refusal("name_missing")
    return name


def _belongs(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    return character in _SIGNS or unicodedata.name(character, "").startswith(("LATIN SMALL", "LATIN CAPITAL"))
