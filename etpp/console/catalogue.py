"""A catalogue of texts in gettext's form: `etpp/ROOM/locale/LANGUAGE/LC_MESSAGES/ROOM.po`, read by Babel.

A text has a key for its msgid, so that the Indonesian can be put better without a translator's work being lost; keys of
a kind ("refused", "role") stand in a msgctxt of their own. Where a number changes the sentence, it has a msgid_plural.
"""

from __future__ import annotations

import gettext
import io
from importlib import resources

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


class Catalogue:
    """All texts of a room in one language. Thread-safe: nothing changes after the reading."""

    def __init__(self, room: str, language: str) -> None:
        place = resources.files(f"etpp.{room}").joinpath(f"locale/{language}/LC_MESSAGES/{room}.po")
        compiled = io.BytesIO()
        with place.open("rb") as lines:
            # What is empty or marked as fuzzy is left out, and so is missing: nobody reads what nobody has checked.
            write_mo(compiled, read_po(lines, locale=language, abort_invalid=True))
        compiled.seek(0)
        self._texts = gettext.GNUTranslations(compiled)
        self._texts.add_fallback(_Missing())

    def find(self, key: str, table: str | None = None, n: int | None = None) -> str | None:
        """The text, in the form for `n` things; None when there is none."""
        ask = self._texts
        text = ""
        if n is not None:
            text = ask.ngettext(key, key, n) if table is None else ask.npgettext(table, key, key, n)
        text = text or (ask.gettext(key) if table is None else ask.pgettext(table, key))
        return text or None


def whole(room: str, language: str) -> dict[str, str | dict[str, str]]:
    """All texts of a room that says none in several forms: by key, those of a kind by its name and their key. For a
    program that fills them in itself."""
    place = resources.files(f"etpp.{room}").joinpath(f"locale/{language}/LC_MESSAGES/{room}.po")
    found: dict[str, str | dict[str, str]] = {}
    with place.open("rb") as lines:
        for message in read_po(lines, locale=language, abort_invalid=True):
            if not isinstance(message.id, str) or not message.id or not message.string or message.fuzzy:
                continue
            table = found if message.context is None else found.setdefault(message.context, {})
            if isinstance(table, dict):
                table[message.id] = str(message.string)
    return found


class _Missing(gettext.NullTranslations):
    """gettext shows the key of a text that is not there; here it is asked whether one is."""

    def gettext(self, message: str) -> str:  # noqa: ARG002
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002
        return ""

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002
        return ""

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002
        return ""
