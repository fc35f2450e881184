"""The server's catalogues as their files say them, for tests that hold them together."""

from __future__ import annotations

import string
from importlib import resources

from babel.messages.pofile import read_po

ROOMS = ("console", "reports")
Key = tuple[str | None, str]
"""(msgctxt, msgid)"""


def entries(room: str, language: str) -> dict[Key, tuple[str, ...]]:
    """Each text in all of its forms; what waits for a translator or is marked as fuzzy is empty."""
    place = resources.files(f"etpp.{room}").joinpath(f"locale/{language}/LC_MESSAGES/{room}.po")
    with place.open("rb") as lines:
        catalogue = read_po(lines, locale=language, abort_invalid=True)
    found: dict[Key, tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            found[message.context, key] = ("",) if message.fuzzy else tuple(map(str, forms))
    return found


def blanks(text: str) -> set[str]:
    """What is filled into it."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
