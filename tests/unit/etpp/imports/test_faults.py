"""Every fault that the rooms name has words in both languages."""

from __future__ import annotations

import ast
from importlib import resources
from pathlib import Path

import pytest

from etpp.console.texts import LANGUAGES, texts
from etpp.imports.faults import in_words, known

ROOMS = (
    "base/reader.py",
    "roster/listing.py",
    "roster/imports.py",
    "roster/named.py",
    "activities/sheet.py",
    "activities/bringing.py",
    "calendar/sheet.py",
    "absence/sheet.py",
    "absence/importing.py",
    "allowance/scoring.py",
)
VALUES = ("base/nip.py",)
PASSED_ON = ("{error}", "{column}: {error}", "person: {error}", "date: {error}", "{column}: {says}")
"""Sentences of another module behind the column."""
FROM_SHEETS = (
    "the spreadsheet has rounded the number (1.98E+17): format the column as text, type it again",
    "there is no such day",
    "must be a day such as 2026-11-24 or 24/11/2026",
    "there is no such time",
    "must be a time such as 07:30",
    "must be a number such as 12.5, without separators of thousands",
    "must be a number",
    "it has more cells than there are headings",
    "a cell has more than 500 characters",
    "a quotation mark is not closed, or a cell is too long",
    "a quotation mark is not closed: it holds the next row too",
    "must not hold control characters or marks that cannot be seen",
    "must be of Latin letters, without control characters or marks that cannot be seen",
    "must have at least one letter and at most 120 characters",
)


def _written(node: ast.expr) -> str | None:
    """A sentence as it stands in the code, with {names} for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"  # type: ignore[attr-defined]
            for part in node.values
        )
    return None


def _sentences() -> list[str]:
    found: list[str] = []
    for name in (*ROOMS, *VALUES):
        tree = ast.parse(Path(str(resources.files("etpp").joinpath(name))).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                found += [each for value in node.values if ": " in (each := _written(value) or "")]
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in (
                "ValueError",
                "Fault",
                "self._fault",
                "reader.fault",
                "self.fault",
                "faults.append",
                "says.append",
            ):
                found += [each for arg in node.args[-1:] if (each := _written(arg)) is not None and " " in each]
            if called == "Assign":
                continue
    return [each for each in found if each not in PASSED_ON]


def _filled(sentence: str) -> str:
    """With a date where a date is filled in, and a number elsewhere."""
    for said in {part.split("}")[0] for part in sentence.split("{")[1:]}:
        value = "2026-11-24" if "date" in said else "must be a day such as x" if said == "error" else "7"
        sentence = sentence.replace("{" + said + "}", value)
    return sentence


@pytest.mark.parametrize("sentence", sorted({*_sentences(), *FROM_SHEETS}))
def test_a_fault_has_words_in_both_languages(sentence: str) -> None:
    says = _filled(sentence)
    assert known(says) is not None or known(says.partition(": ")[2]) is not None
    words = {in_words(texts(language), says) for language in LANGUAGES}
    assert len(words) == len(LANGUAGES)
    assert not any("{" in each for each in words)


def test_the_column_stays_and_what_nobody_knows_is_shown() -> None:
    assert in_words(texts("id"), "Kantor: is empty") == "Kantor: kosong. Isi kolom ini."
    assert in_words(texts("id"), "2026-12-03: there is no such shift") == "2026-12-03: sif itu tidak ada."
    assert in_words(texts("id"), "who knows: what") == "who knows: what"


def test_there_is_something_to_know() -> None:
    assert len(_sentences()) > 25
