"""docs/screens.md has every text of both catalogues, so that whoever reads it knows all that the terminal can say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.model import Challenge, Fault, Hint
from kiosk.terminal.encounter import Phase
from kiosk.ui import catalogue

DOCUMENT = re.sub(r"\s+", " ", (Path(__file__).parents[4] / "docs" / "screens.md").read_text(encoding="utf-8"))
NOT_WORDS = ("format.", "weekday.", "month.")


@pytest.mark.parametrize("language", ["id", "en"])  # the Javanese is not written out: it waits for its reader
def test_every_text_is_in_the_document(language: str) -> None:
    missing = []
    for key, text in catalogue.load(language).texts.items():
        constant_parts = [part.strip() for part in re.split(r"\{[^}]*\}", text.replace("\u00a0", " ")) if part.strip()]
        if not key.startswith(NOT_WORDS) and not all(part in DOCUMENT for part in constant_parts):
            missing.append(key)
    assert not missing


@pytest.mark.parametrize("kind", [Phase, Hint, Challenge, Fault])
def test_every_code_is_in_the_document(kind: type[Phase] | type[Hint] | type[Challenge] | type[Fault]) -> None:
    assert [one.value for one in kind if f"`{one.value}`" not in DOCUMENT] == []
