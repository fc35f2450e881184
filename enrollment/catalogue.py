"""What the enrolment tool says, in Indonesian, English and, on the terminal's screen, Javanese, from `i18n/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

Spoken = Literal["id", "en", "jv"]
SPOKEN: tuple[Spoken, ...] = ("id", "en", "jv")
"""What the screen speaks. In Javanese there is what becomes of an enrolment there, and nothing of the commands."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A consent text as people sign it. A text that has been in use is never changed: a new one gets a new id."""

    text_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence that depends on the language too: a key of the table `found`, and what fills it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language. A key that is missing raises KeyError: the tests compare the languages."""

    language: Spoken
    tables: dict[str, Any]

    def text(self, table: str, key: str, **values: object) -> str:
        """The text `key` of the table `table`, its {placeholders} filled from `values`, which may be Phrases."""
        template: str = self.tables[table][key]
        return template.format(**{name: self._said(value) for name, value in values.items()})

    def _said(self, value: object) -> object:
        return self.text("found", value.key, **value.values) if isinstance(value, Phrase) else value

    def screen(self, table: str, key: str, **values: object) -> str:
        """A refusal or a warning for who stands at a screen: where the command's sentence names a command, there is
        another one."""
        return self.text("screen" if key in self.tables.get("screen", {}) else table, key, **values)

    def consent(self, text_id: str) -> ConsentText | None:
        """The consent text of that id, None when there is no such text in this language."""
        text = self.tables["consent"].get(text_id)
        return None if text is None else ConsentText(text_id, text.strip())

    def consent_ids(self) -> tuple[str, ...]:
        return tuple(self.tables["consent"])


@cache
def catalogue(language: Spoken) -> Catalogue:
    text = resources.files("enrollment").joinpath("i18n", f"{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, tomllib.loads(text))
