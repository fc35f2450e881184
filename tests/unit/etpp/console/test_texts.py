"""The console's catalogues, and what every template asks of them."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from pathlib import Path

from etpp.console.texts import texts


def test_both_languages_say_the_same_things() -> None:
    found = {}
    for language in ("id", "en"):
        text = resources.files("etpp.console").joinpath(f"i18n/{language}.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        keys = {
            f"{key}.{inner}" if isinstance(value, dict) else key
            for key, value in table.items()
            for inner in (value if isinstance(value, dict) else [""])
        }
        flat = table | {f"{key}.{inner}": text for key in ("refused", "problem") for inner, text in table[key].items()}
        blanks = {
            key: sorted({part.split("}")[0] for part in value.split("{")[1:]})
            for key, value in flat.items()
            if isinstance(value, str)
        }
        found[language] = (keys, blanks)
    assert found["id"] == found["en"]


def test_every_text_of_the_templates_is_there() -> None:
    every = Path(str(resources.files("etpp"))).glob("*/templates/*.html")
    templates = [each for each in every if each.parts[-3] != "reports"]  # which have catalogues of their own
    assert len(templates) == 28
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
