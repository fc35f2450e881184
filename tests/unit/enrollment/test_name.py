"""A name: one line of Latin letters, however it was typed, pasted or saved."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment import characters
from enrollment import name as names
from enrollment.refusal import Refusal

CASES = json.loads((Path(__file__).parents[2] / "golden" / "names.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_the_rule_that_both_sides_have(case: dict[str, str | None]) -> None:
    assert case["given"] is not None
    if case["canonical"] is None:
        with pytest.raises(Refusal) as refused:
            names.parse(case["given"])
        assert refused.value.reason in {"name_missing", "name_character"}
        refused.value.say("id").encode()  # it can be printed, whatever was in the name
    else:
        assert names.parse(case["given"]) == case["canonical"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Siti\u202eRahayu", "Nama memuat U+202E RIGHT-TO-LEFT OVERRIDE pada tempat ke-5."),
        ("Siti\x9bRahayu", "Nama memuat U+009B pada tempat ke-5."),
        ("Siti \udcff", "Nama memuat U+DCFF pada tempat ke-6."),
        ("\u0410ni", "Nama memuat \u0410 (U+0410 CYRILLIC CAPITAL LETTER A) pada tempat ke-1."),
    ],
)
def test_what_does_not_belong_in_a_name_is_named(text: str, found: str) -> None:
    with pytest.raises(Refusal) as refused:
        names.parse(text)
    assert refused.value.say("id").startswith(found)


@given(
    st.text(st.characters(exclude_categories=()), max_size=60) | st.text("Aé \u0301\u200b\u202e\n\x85'", max_size=20)
)
def test_what_is_taken_is_one_clean_line_and_stays_as_it_is(text: str) -> None:
    try:
        name = names.parse(text)
    except Refusal:
        return
    assert names.parse(name) == name == unicodedata.normalize("NFC", name)
    assert 0 < len(name) <= names.LENGTH
    assert {unicodedata.category(character)[0] for character in name} <= set("LNPSZ")
    assert name.split(" ") == name.split()
    assert characters.shown(name) == name
