"""All catalogues say everything, with the same fields, and nothing that is never shown."""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from kiosk.errors import ConfigError
from kiosk.model import (
    BLOCKING_FAULTS,
    Challenge,
    Direction,
    Fault,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    PersonId,
)
from kiosk.ports import Look, Pictured
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.officer import Area, Done, Page
from kiosk.terminal.running import EMPTY_QUEUE
from kiosk.ui import catalogue, examples
from kiosk.ui.catalogue import LANGUAGES, Catalogue
from kiosk.ui.officer import examples as officers
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.officer.view import sheet
from kiosk.ui.view import render

KNOWN = Match(PersonId("p-1"), 0.6, 0.3, 0.5, 3, "accepted")


def named_fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_keys_and_fills_in_the_same_fields(language: str) -> None:
    """What is not translated, or marked as fuzzy, is not there."""
    one, other = catalogue.load("id").texts, catalogue.load(language).texts
    assert {key: named_fields(text) for key, text in one.items()} == {
        key: named_fields(text) for key, text in other.items()
    }
    assert all(text.strip() for text in other.values())


def test_only_a_phase_may_have_no_second_line() -> None:
    texts = catalogue.load("id")
    assert texts.line("phase.approaching.line") == ""
    assert texts.line("phase.recorded.line") == "Terima kasih"
    with pytest.raises(KeyError):
        texts.text("phase.approaching.title.more")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phase_hint_challenge_fault_direction_and_button_has_its_text(language: str) -> None:
    wanted = {f"phase.{phase.value}.title" for phase in Phase}
    wanted |= {f"hint.{hint.value}" for hint in Hint}
    wanted |= {f"challenge.{challenge.value}" for challenge in Challenge}
    wanted |= {f"fault.{fault.value}.title" for fault in Fault}
    wanted |= {f"fault.{fault.value}.{'advice' if fault in BLOCKING_FAULTS else 'notice'}" for fault in Fault}
    wanted |= {f"direction.{direction.value}" for direction in Direction}
    wanted |= {f"button.{button.value}" for button in Button}
    assert wanted <= set(catalogue.load(language).texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_only_a_technician_understands_is_shown_in_public(language: str) -> None:
    """No command, option, file or code: those stand in docs/operations.md, by the number on the screen."""
    texts = catalogue.load(language).texts.values()
    foreign = re.compile(r"kiosk|--|\.toml|_|/|sudo|CODE|KODE|URL")
    assert [text for text in texts if foreign.search(string.Formatter().vformat(text, (), Blank()))] == []


class Blank(dict[str, object]):
    """Every field is a number that is not shown."""

    def __missing__(self, key: str) -> int:
        return 0


NAMED_AS_THEY_ARE = {f"officer.language.{language}" for language in LANGUAGES}
"""A language's own name, whatever the screen speaks."""


def test_the_languages_differ_wherever_there_are_words() -> None:
    one, other = (catalogue.load(language).texts for language in ("id", "en"))
    same = {key for key in one if one[key] == other[key] and any(c.isalpha() for c in one[key].split("{")[0])}
    assert same <= {f"month.{number}" for number in (4, 9, 11)} | NAMED_AS_THEY_ARE


def test_javanese_is_javanese() -> None:
    one, other = (catalogue.load(language).texts for language in ("id", "jv"))
    same = {key for key in one if one[key] == other[key] and any(c.isalpha() for c in one[key].split("{")[0])}
    alike = {f"month.{number}" for number in (1, 3, 4, 6, 7, 8, 10)} | {"fault.program_failed.title"}
    assert same <= alike | NAMED_AS_THEY_ARE


class Recording(Mapping[str, str]):
    """Texts that remember which of them were asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return self._texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def test_no_text_is_dead() -> None:
    texts = Recording(catalogue.load("id").texts)
    for example in examples.states():
        for later_s in (0.0, 3.0):
            at_s = example.age_s + later_s
            render(example.encounter, example.status, at_s, examples.SETTINGS, Catalogue("id", texts))
    around = officers.scene(next(examples.states()).status, {"id": "setuju"})
    shown = [area for _, area in officers.areas()]
    pad = Area(page=Page.PIN, since_s=officers.NOW_S)
    shown += [replace(pad, why=why) for why in ("face_unknown", "no_officers", "disk", "pin_wrong")]
    shown += [replace(pad, waiting=True), replace(pad, until_s=officers.NOW_S + 9)]
    menu = next(area for name, area in officers.areas() if name == "menu")
    shown += [replace(menu, sure=True), replace(menu, page=Page.TOLD)]
    for key in ("disk", "camera", "failed", "sync", "restart", "no_stick"):
        shown.append(replace(menu, page=Page.TOLD, done=Done(False, key=f"officer.done.{key}")))
    shown += [replace(menu, page=Page.PERSON, person=person) for person in officers.PEOPLE]
    reading = next(area for name, area in officers.areas() if name == "consent")
    shown += [replace(reading, page=Page.SIGN)]
    for pose in ("front", "right"):
        shown.append(replace(reading, page=Page.CAPTURE, look=Look(pose, 0.0, nobody=pose == "front")))
    more = Pictured(3, 4, enough=False, camera=True)
    shown += [replace(reading, page=Page.CAPTURE, look=Look("more", 0.7, pictures=more))]
    shown += [replace(reading, page=Page.PERSON, window=True)]
    known = next(area for name, area in officers.areas() if name == "recognise")
    sure = replace(known.sighting, match=replace(KNOWN, score=0.7))
    alike = replace(known.sighting, match=replace(KNOWN, person_id=None, look_alikes=(PersonId("p"),)))
    attack = replace(sure, liveness=LivenessVerdict(Liveness.ATTACK, 0.0, ""))
    asked = replace(sure, liveness=LivenessVerdict(Liveness.PENDING, 0.0, ""))
    close = replace(sure, match=replace(KNOWN, score=0.51))
    shown += [replace(known, sighting=each) for each in (sure, alike, attack, asked, close)]
    texts.asked.add("officer.sound.spoken")  # said, not shown: kiosk.ui.officer.source
    for area in shown:
        for connected in (True, False):
            told = replace(around.status, connected=connected, queue=EMPTY_QUEUE if connected else around.status.queue)
            sheet(area, replace(around, status=told), officers.NOW_S, Catalogue("id", texts))
    unused = {key for key in texts if key not in texts.asked and not key.startswith(("weekday.", "month."))}
    only_if_storing_fails = {f"fault.{fault.value}.title" for fault in set(Fault) - BLOCKING_FAULTS}
    assert unused <= only_if_storing_fails


@pytest.mark.parametrize(
    ("day", "indonesian", "english"),
    [
        (dt.date(2026, 11, 24), "Selasa, 24 November 2026", "Tuesday, 24 November 2026"),
        (dt.date(2027, 1, 3), "Minggu, 3 Januari 2027", "Sunday, 3 January 2027"),
        (dt.date(2028, 2, 29), "Selasa, 29 Februari 2028", "Tuesday, 29 February 2028"),
    ],
)
def test_dates(day: dt.date, indonesian: str, english: str) -> None:
    assert catalogue.load("id").date(day) == indonesian
    assert catalogue.load("en").date(day) == english


def test_every_day_of_a_year_has_a_date() -> None:
    texts = catalogue.load("id")
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    assert len({texts.date(day) for day in days}) == 365


@pytest.mark.parametrize(("value", "said"), [(1.0, "1"), (0.5, "0,5"), (1.25, "1,25"), (0.0, "0"), (10.0, "10")])
def test_decimals_have_a_comma(value: float, said: str) -> None:
    assert catalogue.load("id").decimal(value) == said


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(ConfigError, match="use id, en, jv"):
        catalogue.load("su")


@pytest.mark.parametrize("page", [Page.PERSON, Page.MENU])
def test_asked_once_more_is_another_question_and_takes_no_second_tap_of_the_first(page: Page) -> None:
    """On an upright sheet the button that withdraws a consent stood where the one that asks for it had been."""
    around = officers.scene(next(examples.states()).status, {"id": "setuju"})
    menu = next(area for name, area in officers.areas() if name == "menu")
    asked = replace(menu, page=page, person=officers.PEOPLE[0])

    def shown(area: Area, at_s: float = officers.NOW_S) -> Sheet:
        return sheet(area, around, at_s, catalogue.load("id"))

    assert shown(asked).asks != shown(replace(asked, sure=True)).asks
    assert shown(asked).asks == shown(asked, officers.NOW_S + 1.0).asks
