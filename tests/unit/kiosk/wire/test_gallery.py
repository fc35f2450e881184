"""The gallery's answer, member by member: what protects it, a person, an office and its calendar."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk import wire
from kiosk.model import DeviceId, WorkDay
from kiosk.wire.gallery import NotNewer, check_shown, open_gallery, parse_office, parse_person, parse_renewal

GOLDEN = Path(__file__).parents[3] / "golden"
FULL, DELTA = (
    json.loads((GOLDEN / f"gallery_{kind}.json").read_text(encoding="utf-8"))["answer"] for kind in ("full", "delta")
)
DEVICE = DeviceId(FULL["manifest"]["device_id"])
OFFICE = FULL["payload"]["office"]
PERSON = FULL["payload"]["people"][0]


def opened(answer: wire.Json, current_version: int) -> Any:
    """Signed by whom the manifest names: of the signature itself test_keys has the tests."""
    return open_gallery(
        answer,
        device_id=DEVICE,
        current_version=current_version,
        verify=lambda key_id, signature, content: (
            (key_id, len(signature)) == ("gallery-2026-1", 64) and b'"signature"' not in content
        ),
    )


def resealed(answer: wire.Json, **manifest: Any) -> wire.Json:
    return {"manifest": {**answer["manifest"], **manifest}, "payload": answer["payload"]}


# ---------------------------------------------------------------- the manifest


def test_a_whole_gallery_and_a_delta_are_opened() -> None:
    manifest, payload = opened(FULL, 2)
    assert (manifest.version, manifest.base_version, manifest.office_id) == (3, None, "dinas-kominfo")
    assert manifest.issued_utc == dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    assert payload == FULL["payload"]
    manifest, payload = opened(DELTA, 3)
    assert (manifest.version, manifest.base_version) == (4, 3)
    assert payload == DELTA["payload"]


@pytest.mark.parametrize("current", [3, 4])
def test_a_gallery_must_be_newer_than_the_one_in_use(current: int) -> None:
    with pytest.raises(NotNewer):
        opened(FULL, current)


@pytest.mark.parametrize("current", [0, 2])
def test_a_delta_must_build_on_the_one_in_use(current: int) -> None:
    with pytest.raises(wire.WireError, match="does not build"):
        opened(DELTA, current)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (resealed(FULL, key_id="another"), "not signed"),
        (resealed(FULL, payload_sha256="0" * 64), "not what its manifest says"),
        (resealed(FULL, device_id="another"), "another terminal"),
        (resealed(FULL, version="3"), "`version`"),
        ({"manifest": FULL["manifest"]}, "`payload`"),
    ],
)
def test_what_does_not_hold_together_is_refused(answer: wire.Json, named: str) -> None:
    with pytest.raises(wire.WireError, match=named):
        opened(answer, 2)


# ---------------------------------------------------------------- people


def test_a_person_is_read() -> None:
    person, templates = parse_person(PERSON)
    assert (person.nip, person.name) == (PERSON["nip"], PERSON["name"])
    (template,) = templates
    assert (template.cohort_mean, template.cohort_sd) == (-0.75, 0.0625)
    assert np.array_equal(template.descriptor, wire.decode_descriptor(PERSON["templates"][0]["descriptor"]))


@pytest.mark.parametrize(("given", "read"), [(None, None), (-1, -1.0), (0.5, 0.5)])
def test_a_cohort_number_is_a_number_or_nothing(given: object, read: float | None) -> None:
    data = copy.deepcopy(PERSON)
    data["templates"][0]["cohort_mean"] = given
    _, (template,) = parse_person(data)
    assert template.cohort_mean == read


@pytest.mark.parametrize("given", [True, "0.5", []])
def test_another_value_is_no_cohort_number(given: object) -> None:
    data = copy.deepcopy(PERSON)
    data["templates"][0]["cohort_sd"] = given
    with pytest.raises(wire.WireError, match="`cohort_sd` is not a number"):
        parse_person(data)


def test_a_template_of_another_model_is_refused() -> None:
    data = copy.deepcopy(PERSON)
    data["templates"][0]["model_id"] = "arcface-r50"
    with pytest.raises(wire.WireError, match=f"person {PERSON['person_id']}.*model"):
        parse_person(data)


# ---------------------------------------------------------------- the office


def test_an_office_is_read_with_its_calendar() -> None:
    office = parse_office(OFFICE)
    assert (office.office_id, office.name) == (OFFICE["office_id"], OFFICE["name"])
    ordinary, ramadan = office.calendar.periods
    assert (ordinary.first, ordinary.last) == (dt.date(2026, 1, 1), None)
    assert (ramadan.first, ramadan.last) == (dt.date(2026, 2, 18), dt.date(2026, 3, 19))
    assert ordinary.days == {
        **dict.fromkeys(range(4), WorkDay(dt.time(7, 30), dt.time(16, 0))),
        4: WorkDay(dt.time(7, 30), dt.time(16, 30)),
    }
    assert office.calendar.holidays == {dt.date(2026, 12, 25), dt.date(2027, 1, 1)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"days": {"senin": ["07:30", "16:00"]}}, "weekday"),
        ({"days": {"mon": ["07:30"]}}, "HH:MM"),
        ({"days": {"mon": "x"}}, "HH:MM"),
        ({"late_percent": None}, "late_percent"),
        ({"early_percent": None}, "early_percent"),
        ({"late_percent": True}, "late_percent"),
        ({"last": "19 Maret"}, "YYYY-MM-DD"),
        ({"first": None}, "YYYY-MM-DD"),
    ],
)
def test_a_period_that_says_something_else_is_refused(change: dict[str, Any], named: str) -> None:
    data = copy.deepcopy(OFFICE)
    data["calendar"]["periods"][0] |= change
    with pytest.raises(wire.WireError, match=named):
        parse_office(data)


# ---------------------------------------------------------------- what a screen can show


def shown(**person: Any) -> wire.Json:
    return {"office": OFFICE, "people": [PERSON, {**PERSON, **person}]}


def test_names_and_nips_as_they_are_meant_are_shown() -> None:
    check_shown(FULL["payload"])
    check_shown(shown(name="Ünï Raden 😀"))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (shown(nip="19850315201001100"), "18 digits"),  # seventeen
        (shown(nip="1985031520100110O7"), "18 digits"),  # a letter O
        (shown(nip=""), "18 digits"),
        (shown(name="Sri\u202eLestari"), "cannot be shown"),  # turns what follows around
        (shown(name="Sri\nLestari"), "cannot be shown"),
        (shown(name="Sri\u2028Lestari"), "cannot be shown"),
        (shown(name="Sri\u200bLestari"), "cannot be shown"),
        ({"office": {**OFFICE, "name": "Dinas\x9b"}, "people": []}, "cannot be shown"),
    ],
)
def test_what_a_screen_would_show_as_something_else_is_refused(payload: wire.Json, why: str) -> None:
    with pytest.raises(wire.WireError, match=why):
        check_shown(payload)


def test_templates_of_recognisers_that_this_release_does_not_know_are_left_out() -> None:
    other = {
        **PERSON["templates"][0],
        "model_id": "fp-112",
        "descriptor": wire.encode_descriptor(np.ones(512) / 512**0.5),
    }
    unknown = {**other, "model_id": "of-2031"}
    _, templates = parse_person({**PERSON, "more_templates": [unknown, other]})
    assert [each.model_id for each in templates[len(PERSON["templates"]) :]] == ["fp-112"]


def test_what_is_asked_of_a_person_comes_with_the_consent() -> None:
    asked = json.loads((GOLDEN / "gallery_renewal.json").read_text())["answer"]["payload"]["people"]
    first, second = (parse_renewal(each) for each in asked)
    assert first is not None
    assert (first.model_id, first.consent_text_id, second) == ("fp-112", "consent-renewal-1", None)
    assert wire.format_utc(first.consent_utc) == asked[0]["renewal"]["consent"]["given_utc"]
    for model_id in ("of-2031", "dlib-resnet-v1"):
        assert parse_renewal({**asked[0], "renewal": {**asked[0]["renewal"], "model_id": model_id}}) is None
    for broken in ({}, {"model_id": "fp-112"}, {**asked[0]["renewal"], "consent": {}}, "fp-112"):
        with pytest.raises(wire.WireError):
            parse_renewal({**asked[0], "renewal": broken})


# ---------------------------------------------------------------- grace


@pytest.mark.parametrize(
    "grace", [[15, 5], {"mon": [15]}, {"mon": [-1, 0]}, {"mon": [1440, 0]}, {"mon": [True, 0]}, {"x": []}]
)
def test_grace_is_two_numbers_of_minutes_by_weekday(grace: Any) -> None:
    calendar = copy.deepcopy(OFFICE["calendar"])
    calendar["periods"][0]["grace"] = grace
    with pytest.raises(wire.WireError, match="grace"):
        parse_office({**OFFICE, "calendar": calendar})


def test_grace_belongs_to_its_weekday() -> None:
    calendar = copy.deepcopy(OFFICE["calendar"])
    calendar["periods"][0]["grace"] = {"mon": [1439, 0], "tue": [0, 1439]}
    days = parse_office({**OFFICE, "calendar": calendar}).calendar.periods[0].days
    found = [(days[day].grace_late_minutes, days[day].grace_early_minutes) for day in (0, 1, 2)]
    assert found == [(1439, 0), (0, 1439), (0, 0)]
