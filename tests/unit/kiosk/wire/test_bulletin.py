"""What the server tells besides faces and hours: each entry read, and what is no use left out without the rest."""

from __future__ import annotations

import copy
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiosk.model import NOTHING_TOLD, Bulletin, ConnectedPhone, LocalUse, NipPin, PersonId
from kiosk.wire.bulletin import MOST, parse_bulletin, without

GOLDEN = Path(__file__).parents[3] / "golden"
ANSWER = json.loads((GOLDEN / "gallery_bulletin.json").read_text(encoding="utf-8"))["answer"]
TOLD = ANSWER["payload"]["bulletin"]
A, B = (PersonId(person["person_id"]) for person in ANSWER["payload"]["people"])


def parsed(**change: Any) -> tuple[Bulletin, tuple[str, ...]]:
    return parse_bulletin(copy.deepcopy(TOLD) | change, {A, B})


@pytest.mark.parametrize(
    ("state", "read"),
    [("other-recogniser", "other"), ("other", "none"), ("of-tomorrow", "none"), (None, "none"), (["waiting"], "none")],
)
def test_why_somebody_is_awaited_is_one_of_few_words(state: object, read: str) -> None:
    told, left_out = parsed(awaiting=[{"nip": "199003032015031004", "name": "Rahayu", "state": state}])
    assert (left_out, [each.state for each in told.awaiting]) == ((), [read])


def test_all_of_it_is_read() -> None:
    told, left_out = parsed()
    assert left_out == ()
    assert [(each.nip, each.state) for each in told.awaiting] == [
        ("199003032015031004", "none"),
        ("199105052016051005", "waiting"),
        ("199206062017062006", "refused"),
    ]
    assert told.renew == {B}
    budi, technician = told.officers
    assert (budi.name, budi.may, budi.person_id) == ("Budi Santoso", {"enrol", "maintain"}, A)
    assert (technician.may, technician.person_id) == ({"maintain"}, None)
    (letter,) = told.letters[A]
    assert (letter.label.en, letter.number, letter.excuses) == (
        "Official travel",
        "090/123",
        {"late", "early", "absence", "occasion"},
    )
    assert (letter.from_utc, letter.until_utc) == (
        dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 25, 17, tzinfo=dt.UTC),
    )
    assert told.letters[B][0].label.en == "Izin datang terlambat"  # no English was sent
    (notice,) = told.notices
    assert notice.text.id.startswith("Upacara")
    assert (told.months[A].present_days, told.months[A].late_minutes) == (15, 17)
    assert (told.months[A].points_entered, told.months[A].points_recognised) == (Decimal("84.5"), Decimal(71))
    assert (told.months[B].through, told.months[B].points_entered) == (dt.date(2026, 11, 23), None)
    assert told.phones == {
        A: ConnectedPhone(
            dt.datetime(2026, 11, 23, 0, 31, tzinfo=dt.UTC), dt.datetime(2026, 11, 30, 0, 31, tzinfo=dt.UTC)
        )
    }
    assert (told.nip_pin.policy, told.nip_pin.per_month, set(told.nip_pin.pins)) == ("alone", 5, {B})


def test_of_a_server_that_says_nothing_nothing_is_known() -> None:
    assert parse_bulletin({}, {A}) == (NOTHING_TOLD, ())


def test_nothing_personal_stands_in_what_is_printed_of_it() -> None:
    told, _ = parsed()
    for secret in ("199003032015031004", "Rahayu", "Budi", "argon2id", "090/123", "84.5"):
        assert secret not in repr(told)


@pytest.mark.parametrize("given", [None, [], "x", 3])
def test_another_value_is_no_bulletin(given: object) -> None:
    assert parse_bulletin(given, {A}) == (NOTHING_TOLD, ("the bulletin is no object",))


PHC = TOLD["officers"][0]["pin_hash"]


@pytest.mark.parametrize(
    ("costs", "taken"),
    [
        ("m=8192,t=1,p=1", True),
        ("m=65536,t=4,p=4", True),
        ("m=8191,t=1,p=1", False),
        ("m=65537,t=1,p=1", False),
        ("m=8192,t=0,p=1", False),
        ("m=8192,t=5,p=1", False),
        ("m=8192,t=1,p=0", False),
        ("m=8192,t=1,p=5", False),
        ("m=9999999,t=999,p=255", False),
        ("m=99999999999999999999,t=1,p=1", False),
    ],
)
def test_a_hash_that_would_cost_too_much_or_too_little_is_left_out(costs: str, taken: bool) -> None:
    head, _, tail = PHC.partition("m=8192,t=1,p=1")
    first, second = TOLD["officers"]
    told, left_out = parsed(officers=[{**first, "pin_hash": f"{head}{costs}{tail}"}, second])
    assert [each.officer_id for each in told.officers] == [
        *([first["officer_id"]] if taken else []),
        second["officer_id"],
    ]
    assert bool(left_out) is not taken
    assert not any("argon2id$" in each for each in left_out)


@pytest.mark.parametrize(
    "pin_hash",
    [
        "",
        "482913",
        PHC.replace("argon2id", "argon2i"),
        PHC.replace("v=19", "v=16"),
        PHC + "A" * 90,
        PHC[:-40],
        PHC + "\n",
    ],
)
def test_another_hash_is_none(pin_hash: str) -> None:
    told, left_out = parsed(nip_pin={**TOLD["nip_pin"], "pins": [{"person_id": B, "pin_hash": pin_hash}]})
    assert told.nip_pin == NipPin("alone", 5, {})
    assert len(left_out) == 1


LETTER, NOTICE, MONTH, PHONE = (TOLD[name][0] for name in ("letters", "notices", "months", "phones"))


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("awaiting", {"nip": "19900303", "name": "Rahayu"}),
        ("awaiting", {"nip": "199003032015031004", "name": "Ra\u202ehayu"}),
        ("awaiting", {"nip": "199003032015031004", "name": "x" * 201}),
        ("awaiting", {"nip": 199003032015031004, "name": "Rahayu"}),
        ("awaiting", []),
        ("officers", {"officer_id": "x", "name": "x", "pin_hash": PHC}),
        ("officers", {"officer_id": "Pak Budi", "name": "x", "pin_hash": PHC, "may": []}),
        ("officers", {"officer_id": "x" * 65, "name": "x", "pin_hash": PHC, "may": []}),
        ("letters", {**LETTER, "until_utc": LETTER["from_utc"]}),
        ("letters", {**LETTER, "from_utc": "2026-11-23"}),
        ("letters", {**LETTER, "label": "Dinas luar"}),
        ("letters", {**LETTER, "number": " "}),
        ("letters", {**LETTER, "excuses": "late"}),
        ("notices", {**NOTICE, "text": {"id": "x" * 201}}),
        ("notices", {**NOTICE, "text": {"id": "a\nb"}}),
        ("notices", {**NOTICE, "text": {"en": "only"}}),
        ("months", {**MONTH, "month": "2026-13"}),
        ("months", {**MONTH, "month": "2026-1"}),
        ("months", {**MONTH, "through": "2026-11-31"}),
        ("months", {**MONTH, "late_count": -1}),
        ("months", {**MONTH, "late_count": 1.5}),
        ("months", {**MONTH, "present_days": True}),
        ("months", {**MONTH, "late_minutes": 1_000_001}),
        ("months", {**MONTH, "points_entered": "84.5"}),
        ("months", {**MONTH, "points_entered": 10**400}),
        ("months", {**MONTH, "points_entered": float("inf")}),
        ("months", {**MONTH, "points_entered": float("nan")}),
        ("months", {**MONTH, "points_recognised": -1}),
        ("phones", {**PHONE, "connected_utc": "2026-11-23"}),
        ("phones", {**PHONE, "until_utc": PHONE["connected_utc"]}),
        ("phones", {**PHONE, "until_utc": "2026-12-24T00:31:00.001Z"}),
        ("phones", {"person_id": A, "connected_utc": PHONE["connected_utc"]}),
    ],
)
def test_an_entry_that_is_no_use_is_left_out_and_named_and_the_rest_is_taken(name: str, entry: Any) -> None:
    told, left_out = parsed(**{name: [entry, *TOLD[name]]})
    assert told == parsed()[0]
    (said,) = left_out
    assert said.startswith(f"{name}.0: ")
    assert "Rahayu" not in said


@pytest.mark.parametrize("name", ["awaiting", "renew", "officers", "letters", "notices", "months", "phones"])
@pytest.mark.parametrize("given", [None, {}, "x"])
def test_a_list_that_is_none_is_empty(name: str, given: object) -> None:
    told, left_out = parsed(**{name: given})
    assert not getattr(told, name)
    assert len(left_out) == 1


@pytest.mark.parametrize("name", ["awaiting", "officers", "letters", "notices"])
def test_a_list_has_an_end(name: str) -> None:
    many = [{**TOLD[name][0], "officer_id": f"o-{n}"} for n in range(MOST[name] + 3)]
    told, left_out = parsed(**{name: many})
    found = getattr(told, name)
    assert sum(map(len, found.values())) if isinstance(found, dict) else len(found) == MOST[name]
    assert left_out == (f"{name}.{MOST[name]}: more than {MOST[name]}",)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"policy": "with-officer", "per_month": 3}, NipPin("with-officer", 3)),
        ({"policy": "of-tomorrow", "per_month": 3}, NipPin("off", 3)),
        ({"policy": ["alone"]}, NipPin()),
        ({"policy": "alone", "per_month": "many"}, NipPin()),
        ([], NipPin()),
    ],
)
def test_a_policy_that_is_not_known_permits_nothing(given: object, read: NipPin) -> None:
    assert parsed(nip_pin=given)[0].nip_pin == read


def test_an_officer_is_there_once() -> None:
    first = TOLD["officers"][0]
    told, _ = parsed(officers=[first, {**first, "may": []}])
    assert [each.may for each in told.officers] == [frozenset()]


def test_a_duty_or_an_excuse_of_tomorrow_is_passed_over() -> None:
    told, left_out = parsed(
        officers=[{**TOLD["officers"][0], "may": ["enrol", "fly", {}]}],
        letters=[{**LETTER, "excuses": ["late", "gravity", []]}],
    )
    assert (told.officers[0].may, told.letters[A][0].excuses, left_out) == ({"enrol"}, {"late"}, ())


def test_of_somebody_who_is_not_in_the_gallery_nothing_is_known() -> None:
    told, left_out = parse_bulletin(TOLD, {A})
    assert (told.renew, set(told.letters), set(told.months), told.nip_pin.pins) == (frozenset(), {A}, {A}, {})
    assert left_out == ()
    assert parse_bulletin(TOLD, {B})[0].officers[0].person_id is None


def test_what_is_kept_forgets_whom_the_gallery_does_not_have() -> None:
    kept = without(TOLD, {A})
    assert B not in json.dumps(kept)
    assert without(TOLD, {A, B}) == TOLD
    assert without("x", {A}) == "x"
    assert without({"months": [{"person_id": [A]}, None], "nip_pin": 3, "renew": {}}, {A}) == {
        "months": [],
        "nip_pin": 3,
        "renew": [],
    }


def test_letters_stand_in_order_of_their_beginnings() -> None:
    later = {**LETTER, "from_utc": "2026-11-24T17:00:00.000Z", "number": "2"}
    told, _ = parsed(letters=[later, LETTER])
    assert [each.number for each in told.letters[A]] == ["090/123", "2"]


@pytest.mark.parametrize(
    "given",
    [
        {"days": 0, "ended": []},  # no time at all
        {"days": 32, "ended": []},  # who waits longer has been forgotten
        {"days": True, "ended": []},
        {"days": 7},  # nothing would ever end
        {"days": 7, "ended": ["e-1", 3]},
        {"days": 7, "ended": [f"e-{n}" for n in range(5001)]},  # what is cut off would go on being used
        [],
    ],
    ids=["no days", "a month and more", "no number", "no list", "no id", "too many", "no object"],
)
def test_a_waiting_face_is_used_only_by_a_word_that_can_be_read_whole(given: object) -> None:
    told, left_out = parsed(local_use=given)
    assert told.local_use is None
    assert [each.split(":")[0] for each in left_out] == ["local_use"]


def test_a_server_that_says_nothing_of_waiting_faces_lets_none_be_used() -> None:
    assert parsed(local_use=None)[0].local_use is None
    assert parsed()[0].local_use == LocalUse(7, frozenset(TOLD["local_use"]["ended"]))
