"""The console's catalogues, and what every template asks of them."""

from __future__ import annotations

import datetime as dt
import re
from importlib import resources
from pathlib import Path

import pytest

from etpp.console.catalogue import Catalogue
from etpp.console.texts import Texts, texts
from tests.unit.etpp.console.catalogues import ROOMS, blanks, entries

SAID = re.compile(r"\.say\(\s*\"(\w+)\"")
"""A text by its own name, in the code."""


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_say_the_same_things_whole(room: str) -> None:
    indonesian, english = entries(room, "id"), entries(room, "en")
    assert indonesian.keys() == english.keys()
    assert len(indonesian) > 200
    for key, forms in indonesian.items():
        every = forms + english[key]
        assert all(every), f"{key}: not translated, or marked as fuzzy"
        assert len({frozenset(blanks(each)) for each in every}) == 1, f"{key}: other places to fill"
        # One form in Indonesian, two in English, as each file's head says; or one in both.
        assert (len(forms), len(english[key])) in ((1, 1), (1, 2))


def test_what_waits_for_a_translator_is_missing_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = resources.files("etpp.console").joinpath("locale/en/LC_MESSAGES/console.po").read_text(encoding="utf-8")
    place = tmp_path / "locale/en/LC_MESSAGES/console.po"
    place.parent.mkdir(parents=True)
    place.write_text(
        text + '\nmsgid "new"\nmsgstr ""\n\n#, fuzzy\nmsgid "unsure"\nmsgstr "Perhaps"\n', encoding="utf-8"
    )
    monkeypatch.setattr("etpp.console.catalogue.resources.files", lambda package: tmp_path)
    catalogue = Catalogue("console", "en")
    assert catalogue.find("title") == "e-TPP attendance"
    assert [catalogue.find(each) for each in ("new", "unsure", "nothing")] == [None, None, None]
    with pytest.raises(KeyError):
        Texts("en", catalogue).say("new")
    with pytest.raises(AttributeError):
        _ = Texts("en", catalogue).unsure


def test_every_text_that_the_code_names_is_there() -> None:
    known = set().union(*(entries(room, "id") for room in ROOMS))
    wrong = [
        f"{path.name}: {found[1]}"
        for path in Path(str(resources.files("etpp"))).rglob("*.py")
        for found in SAID.finditer(path.read_text(encoding="utf-8"))
        if (None, found[1]) not in known
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("n", "indonesian", "english"),
    [
        (0, "0 templat", "0 templates"),
        (1, "1 templat", "1 template"),  # English has a form of its own for one
        (2, "2 templat", "2 templates"),
        (101, "101 templat", "101 templates"),
    ],
)
def test_a_number_changes_the_sentence_where_its_language_asks_for_it(n: int, indonesian: str, english: str) -> None:
    assert (texts("id").say("face_count", n=n), texts("en").say("face_count", n=n)) == (indonesian, english)


def test_every_text_of_the_templates_is_there() -> None:
    every = Path(str(resources.files("etpp"))).glob("*/templates/*.html")
    templates = [each for each in every if each.parts[-3] != "reports"]  # which have catalogues of their own
    assert len(templates) > 30
    source = "".join(each.read_text(encoding="utf-8") for each in templates)
    used = {
        part.split("}")[0].split(" ")[0].split("(")[0].strip(",)")
        for part in source.replace("(t.", " t.").split(" t.")[1:]
    }
    for key in used - {"say", "other", "code"}:
        assert getattr(texts("id"), key)


def test_dates_and_spans_are_said_in_words() -> None:
    day = dt.date(2026, 11, 24)
    assert (texts("id").date(day), texts("en").date(day)) == ("Selasa, 24 November 2026", "Tuesday 24 November 2026")
    assert texts("id").ago(dt.timedelta(minutes=5)) == "5 menit lalu"
    assert texts("en").span(dt.timedelta(days=20781)) == "20781 days"
    assert texts("en").span(dt.timedelta(seconds=-3)) == "0 s"
