"""The two lists of an import's page: what each line changes, and what is wrong with lines."""

from __future__ import annotations

from etpp.base.sheets import Fault
from etpp.console.listing import Cell, Column, Listing, Tone
from etpp.console.texts import Texts
from etpp.imports.faults import in_words
from etpp.imports.model import Line

_TONES: dict[str, Tone] = {
    "new_person": "good",
    "new_post": "good",
    "new": "good",
    "ended": "warn",
    "moved": "warn",
    "unchanged": "",
}


def _change(line: Line, texts: Texts) -> Cell:
    return Cell(texts.say(f"imports_change_{line.change}"), tone=_TONES.get(line.change, "doubt"), chip=True)


def _subject(line: Line, texts: Texts) -> Cell:  # noqa: ARG001
    return Cell(line.subject)


LINES: Listing[Line] = Listing(
    "impor",
    (
        Column("subject", "imports_subject", lambda line: line.subject, show=_subject, kind="name", finds=True),
        Column("line", "imports_line", lambda line: line.line, kind="number"),
        Column(
            "change",
            "imports_change",
            lambda line: line.change,
            says=lambda value, texts: texts.say(f"imports_change_{value}"),
            show=_change,
            chooses=True,
        ),
        Column("was", "imports_was", lambda line: line.was, kind="reason", finds=True),
        Column("becomes", "imports_becomes", lambda line: line.becomes, kind="reason", finds=True),
    ),
    by="line",
)


def faults(texts: Texts, found: tuple[Fault, ...]) -> list[tuple[int, str]]:
    """By line, in a reader's words."""
    return [(each.line, in_words(texts, each.says)) for each in sorted(found, key=lambda each: each.line)]
