"""Events and batches on the wire, against the golden files that the server's tests read too."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import wire
from kiosk.model import (
    AttackDraft,
    ClockState,
    DeviceId,
    Liveness,
    LivenessVerdict,
    Located,
    ModelId,
    Moment,
    OccurrenceDraft,
    PersonId,
    RenewalClaim,
)
from tests.unit.kiosk.journal import records

GOLDEN = Path(__file__).parents[3] / "golden"
NOON = dt.datetime(2026, 11, 24, 5, 0, 0, 123456, tzinfo=dt.UTC)
MOMENT = Moment(NOON, "boot-1", 61_000, ClockState.SYNCHRONISED)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def body(draft: Any, seq: int = 1, prev_hash: str = wire.NO_HASH) -> wire.Json:
    return wire.event_body(
        draft,
        MOMENT,
        event_id="e-1",
        device_id=DeviceId("d-1"),
        chain_id="c-1",
        seq=seq,
        prev_hash=prev_hash,
    )


@pytest.mark.parametrize(
    "name",
    [
        "event_presence",
        "event_attack",
        "event_enrolment",
        "event_enrolment_more",
        "event_enrolment_renewal",
        "event_enrolment_signed",
        "event_unknown_member",
        "event_presence_pin",
        "event_presence_waiting",
        "event_occurrence",
    ],
)
def test_a_golden_event_is_understood_and_its_hash_is_ours(name: str) -> None:
    data = golden(name)
    event = wire.parse_event(data)
    assert wire.event_json(event) == data
    assert wire.digest(event.body) == data["hash"]


def test_a_presence_by_nip_and_pin_says_so_and_one_by_face_says_nothing_of_it() -> None:
    theirs = golden("event_presence_pin")["presence"]
    marks = ("method", "officer_id", "duress")
    plain = records.presence()
    by_pin = dataclasses.replace(plain, method="nip-pin-officer", officer_id=theirs["officer_id"], duress=True)
    assert {name: body(by_pin)["presence"][name] for name in marks} == {name: theirs[name] for name in marks}
    assert not set(marks) & set(body(plain)["presence"])
    assert "duress" not in repr(by_pin)


def test_a_presence_of_whoever_waits_names_the_enrolment_that_it_rests_on_and_no_other_says_anything_of_it() -> None:
    theirs = golden("event_presence_waiting")["presence"]
    mine = dataclasses.replace(records.presence(theirs["person_id"]), enrolment=theirs["enrolment"])
    said = body(mine)["presence"]
    assert (said["person_id"], said["enrolment"]) == (theirs["person_id"], theirs["enrolment"])
    assert said["enrolment"] == golden("event_enrolment")["event_id"]
    assert "enrolment" not in body(records.presence())["presence"]


def test_an_occurrence_says_what_there_is_to_say() -> None:
    theirs = golden("event_occurrence")
    people = tuple(PersonId(each) for each in theirs["occurrence"]["person_ids"])
    whole = OccurrenceDraft("two-people", theirs["occurrence"]["officer_id"], people, "within 4 minutes")
    assert body(whole)["occurrence"] == theirs["occurrence"]
    assert body(OccurrenceDraft("tamper"))["occurrence"] == {"what": "tamper"}
    assert body(whole)["kind"] == "occurrence"
    named = body(OccurrenceDraft("officer-did", detail="consent-refused", officer="Ratna"))["occurrence"]
    assert named == {"what": "officer-did", "officer": "Ratna", "detail": "consent-refused"}


def test_further_recognisers_templates_travel_beside_dlib_s() -> None:
    theirs = golden("event_enrolment_more")["enrolment"]
    plain = records.enrolment()
    more = tuple(
        (ModelId(each["model_id"]), tuple(wire.decode_descriptor(text, 512) for text in each["templates"]))
        for each in theirs["more_templates"]
    )
    ours = body(dataclasses.replace(plain, more=more))["enrolment"]
    assert ours["more_templates"] == theirs["more_templates"]
    assert {name: value for name, value in ours.items() if name != "more_templates"} == body(plain)["enrolment"]


def test_what_was_written_under_a_consent_travels_with_it() -> None:
    theirs = golden("event_enrolment_signed")["enrolment"]["consent"]
    png = base64.b64decode(theirs["signature"])
    signed = body(dataclasses.replace(records.enrolment(), signature=png))["enrolment"]["consent"]
    assert signed["signature"] == theirs["signature"]
    assert "signature" not in body(records.enrolment())["enrolment"]["consent"]
    assert "PNG" not in repr(dataclasses.replace(records.enrolment(), signature=png))


def test_an_offer_says_what_speaks_for_it_as_the_golden_one() -> None:
    theirs = golden("event_enrolment_renewal")["enrolment"]
    plain = records.presence()
    claim = RenewalClaim(ModelId("fp-112"), plain.person_id, "event-1", plain.match, plain.liveness)
    ours = body(dataclasses.replace(records.enrolment(), renewal=claim))["enrolment"]["renewal"]
    assert set(ours) == set(theirs["renewal"])
    presence = body(plain)["presence"]
    assert (ours["match"], ours["liveness"]) == (presence["match"], presence["liveness"])
    assert set(ours["match"]) == set(theirs["renewal"]["match"])


@pytest.mark.parametrize("draft", [records.presence(), records.attack(), records.enrolment()])
def test_an_event_of_ours_has_the_members_of_the_golden_one(draft: Any) -> None:
    ours = body(draft)
    theirs = golden(f"event_{ours['kind']}")
    assert set(ours) == set(theirs) - {"hash"}
    kind = ours["kind"]
    assert set(ours[kind]) == set(theirs[kind])
    for name, value in ours[kind].items():
        if isinstance(value, dict):
            assert set(value) == set(theirs[kind][name])


def test_the_golden_batch_answer_is_read() -> None:
    example = golden("events")
    sent = [item["event"]["event_id"] for item in example["request"]["events"]]
    answer = wire.parse_batch_answer(example["answer"], sent)
    assert [result.event_id for result in answer.results] == sent
    assert answer.head.hash == example["answer"]["head"]["hash"]
    rejected = [result for result in answer.results if result.problem]
    assert all(result.status == "rejected" for result in rejected)
    assert rejected


def test_the_golden_word_on_a_signature_is_read() -> None:
    sent = [item["event"]["event_id"] for item in golden("events_heads")["request"]["events"]]
    assert wire.parse_batch_answer(golden("events_heads")["answer"], sent).head_problem is None
    problem = wire.parse_batch_answer(golden("events_head_invalid")["answer"], sent).head_problem
    assert problem is not None
    assert wire.problem_name(problem) == "head-invalid"


def test_the_text_that_is_signed_is_the_golden_one() -> None:
    (example,) = golden("signatures")["heads"]
    link = example["signed"]
    assert wire.head_text(example["device_id"], link["chain_id"], link["seq"], link["hash"]).decode() == example["text"]


def test_our_batch_has_the_members_of_the_golden_one() -> None:
    event = wire.event_of(body(records.presence()), "0" * 64)
    located = Located(NOON, NOON, NOON, "trusted")
    entry = {"event": wire.event_json(event), "time": wire.time_json(located)}
    ours = json.loads(wire.batch_body([entry], chain_id="c-1", seq=1, utc=NOON, carried=None))
    theirs = golden("events")["request"]
    assert set(ours) == set(theirs)
    signed = golden("events_heads")["request"]
    ours_signed = json.loads(wire.batch_body([entry], chain_id="c-1", seq=1, utc=NOON, heads=signed["heads"]))
    assert set(ours_signed) == set(signed)
    assert set(ours["reported_through"]) == set(theirs["reported_through"])
    assert set(ours["events"][0]) == set(theirs["events"][0])
    assert set(ours["events"][0]["time"]) == set(theirs["events"][0]["time"])


def test_an_answer_that_leaves_out_an_event_is_no_answer() -> None:
    example = golden("events")
    sent = [item["event"]["event_id"] for item in example["request"]["events"]]
    with pytest.raises(wire.WireError, match="results"):
        wire.parse_batch_answer(example["answer"], sent[1:])


@pytest.mark.parametrize("change", ["presence", "seq", "extra"])
def test_a_changed_event_is_not_believed(change: str) -> None:
    data = golden("event_presence")
    match change:
        case "presence":
            data["presence"]["direction"] = "departure"
        case "seq":
            data["seq"] += 1
        case _:
            data["extra"] = 1
    with pytest.raises(wire.WireError, match="hash"):
        wire.parse_event(data)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(), st.lists))
def test_canonical_form_does_not_depend_on_how_json_was_read(value: Any) -> None:
    try:
        canonical = wire.canonical({"value": value})
    except wire.WireError:
        return  # a lone surrogate has no UTF-8
    assert wire.canonical(json.loads(canonical)) == canonical


_NUMBERS = st.floats() | st.integers(-(10**20), 10**20) | st.floats(-1e-3, 1e-3)


@given(
    st.builds(
        records.presence,
        st.text(),
        score=_NUMBERS,
        margin=_NUMBERS,
        threshold=_NUMBERS,
        frames=st.integers(0, 2**53 - 1),
    )
    | st.builds(records.enrolment, st.text(), st.text())
    | st.builds(
        AttackDraft,
        st.builds(LivenessVerdict, st.sampled_from(Liveness), _NUMBERS, st.text()),
        st.integers(0, 2**53 - 1),
        st.text(),
    )
)
def test_an_event_is_written_in_its_canonical_form(draft: Any) -> None:
    made = body(draft)
    try:
        text = wire.event_text(made)
    except wire.WireError:
        with pytest.raises(wire.WireError):
            wire.canonical(made)
    else:
        assert text == wire.canonical(made)
        assert wire.loads(text) == made


@given(st.integers(0, 9_000_000_000_000_000))
def test_times_keep_their_milliseconds(us: int) -> None:
    utc = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us)
    text = wire.format_utc(utc)
    assert len(text) == len("2026-11-24T00:30:05.123Z")
    assert wire.parse_utc(text) == utc.replace(microsecond=utc.microsecond // 1000 * 1000)


@pytest.mark.parametrize("text", [None, 5, "", "2026-11-24T00:30:05", "2026-11-24T00:30:05+07:00", "yesterdayZ"])
def test_only_utc_with_z_is_a_time(text: object) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_utc(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.23456, 1.2346), (math.inf, 9999.0), (-math.inf, -9999.0), (math.nan, -9999.0), (np.float32(2.5), 2.5)],
)
def test_numbers_are_rounded_and_finite(value: float, expected: float) -> None:
    assert wire.number(value) == expected
    assert json.loads(json.dumps(wire.number(value))) == expected


def test_a_margin_without_a_second_person_can_be_written() -> None:
    assert body(records.presence(margin=math.inf))["presence"]["match"]["margin"] == 9999.0


def test_descriptors_survive_the_wire_bit_for_bit() -> None:
    descriptor = np.random.default_rng(3).normal(size=128).astype(np.float32)
    again = wire.decode_descriptor(wire.encode_descriptor(descriptor))
    assert again.dtype == np.float32
    assert (again == descriptor).all()
    assert not again.flags.writeable


ZEROS = wire.encode_descriptor(np.zeros(128, np.float32))


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (None, "not base64"),
        ("!!!", "not base64"),
        (ZEROS[:100] + "\n" + ZEROS[100:], "not base64"),  # one form a value: no line breaks
        ("", "0 bytes instead of 512"),
        (wire.encode_descriptor(np.zeros(127, np.float32)), "508 bytes instead of 512"),
        (wire.encode_descriptor(np.zeros(129, np.float32)), "516 bytes instead of 512"),
    ],
)
def test_descriptors_of_another_form_are_refused(bad: object, named: str) -> None:
    with pytest.raises(wire.WireError, match=named):
        wire.decode_descriptor(bad)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_descriptors_that_are_not_finite_are_refused(poison: float) -> None:
    descriptor = np.zeros(128, np.float32)
    descriptor[17] = poison
    with pytest.raises(wire.WireError, match="finite"):
        wire.decode_descriptor(wire.encode_descriptor(descriptor))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b"null", b'"text"'])
def test_garbage_is_no_json_object(content: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.loads(content)


def test_a_true_is_no_number() -> None:
    with pytest.raises(wire.WireError, match="seq"):
        wire.member({"seq": True}, "seq", int)


def test_bodies_are_written_as_utf8_and_without_numbers_that_are_none() -> None:
    assert wire.dumps({"name": "José"}) == '{"name":"José"}'.encode()
    with pytest.raises(wire.WireError, match="no JSON form"):
        wire.dumps({"score": math.nan})
    with pytest.raises(ValueError, match="JSON compliant"):
        wire.event_text({"score": math.nan})


@pytest.mark.parametrize("text", ["QU!JD!!!", "QUJD\n", "é", "QUJDQ"])
def test_only_base64url_is_a_key_or_signature(text: str) -> None:
    with pytest.raises(wire.WireError, match="base64url"):
        wire.from_b64url(text)


@pytest.mark.parametrize("length", range(8))
def test_bytes_survive_base64url_without_padding(length: int) -> None:
    text = wire.b64url(bytes(range(248, 248 + length)))
    assert not set(text) & set("=+/")
    assert wire.from_b64url(text) == bytes(range(248, 248 + length))


def test_a_chain_begins_after_nothing_under_the_first_protocol() -> None:
    first = golden("events")["request"]["events"][0]["event"]
    assert (first["seq"], first["prev_hash"]) == (1, wire.NO_HASH)
    assert wire.PROTOCOL == 1


@pytest.mark.parametrize("event_id", [5, ["e-1"], True])
def test_an_event_id_is_text_or_nothing(event_id: object) -> None:
    example = golden("events")["answer"]
    example["results"] = [{"event_id": event_id, "status": "accepted"}]
    with pytest.raises(wire.WireError, match="event_id"):
        wire.parse_batch_answer(example, ["e-1"])


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"type": "urn:presensi:problem:person-unknown"}, "person-unknown"),
        ({"type": "urn:presensi:problem:" + "x" * 64}, "x" * 64),
        ({"type": "urn:presensi:problem:" + "x" * 65}, "x" * 64),  # it stands in logs
        ({"type": "about:blank"}, "unknown"),
        ({"type": 5}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_problems_name_is_the_last_part_of_this_protocols_types(document: wire.Json, name: str) -> None:
    assert wire.problem_name(document) == name
