"""The server's shapes: they take every golden request and refuse what is not the protocol, naming the member."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp import encoding, wire
from etpp.chain import event_hash
from etpp.errors import Problem
from etpp.problems import document

GOLDEN = Path(__file__).parents[1] / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "request_shape", "answer_shape"),
    [
        ("provision", wire.ProvisionRequest, wire.ProvisionAnswer),
        ("events", wire.EventsRequest, wire.EventsAnswer),
        ("events_link", wire.EventsRequest, wire.EventsAnswer),
        ("events_carried", wire.EventsRequest, wire.EventsAnswer),
        ("heartbeat", wire.HeartbeatRequest, wire.HeartbeatAnswer),
        ("heartbeat_rotation", wire.HeartbeatRequest, wire.HeartbeatAnswer),
        ("heartbeat_server_keys", wire.HeartbeatRequest, wire.HeartbeatAnswer),
        ("heartbeat_server_key_retired", wire.HeartbeatRequest, wire.HeartbeatAnswer),
        ("gallery_full", None, wire.GalleryAnswer),
        ("gallery_delta", None, wire.GalleryAnswer),
    ],
)
def test_golden_calls_fit_the_shapes(
    name: str, request_shape: type[wire.Shape] | None, answer_shape: type[wire.Shape]
) -> None:
    call = golden(name)
    wire.checked(answer_shape, call["answer"])
    if request_shape is not None:
        wire.checked(request_shape, call["request"])


@pytest.mark.parametrize("name", ["presence", "attack", "enrolment", "unknown_member"])
def test_golden_events_are_valid_and_their_hashes_true(name: str) -> None:
    event = golden(f"event_{name}")
    wire.Event.model_validate(event)
    assert event_hash(event) == event["hash"]


def test_golden_problems_are_the_servers() -> None:
    everything = golden("problems")
    for each in everything["problems"] + everything["event_problems"]:
        name = each["type"].removeprefix("urn:presensi:problem:")
        members = {k: v for k, v in each.items() if k not in ("type", "title", "status", "detail")}
        assert document(name, each["detail"], members) == each


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document that is an object's member."""
    found = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if isinstance(value, dict):
            found.append((*here, key))
        found += paths(inner, (*here, key))
    return found


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(value))
    at = copy
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return copy


OPTIONAL = {"rotate_key", "server_keys_serial", "hardware.model", "hardware.serial"}
"""What the protocol lets a terminal leave out, or leaves free."""

REQUESTS: list[tuple[type[wire.Shape], Any]] = [
    (wire.ProvisionRequest, golden("provision")["request"]),
    *((wire.SentEvent, sent) for sent in golden("events")["request"]["events"]),
    (wire.ReportedThrough, golden("events")["request"]["reported_through"]),
    (wire.HeartbeatRequest, golden("heartbeat")["request"]),
    (wire.HeartbeatRequest, golden("heartbeat_rotation")["request"]),
]


@pytest.mark.parametrize(("shape", "request_"), REQUESTS)
def test_a_missing_member_is_named(shape: type[wire.Shape], request_: Any) -> None:
    for path in paths(request_):
        free = path[0] in ("counters",) or "qualities" in path or "problem" in path[:-1] or "remark" in path
        if free or ".".join(map(str, path)) in OPTIONAL:
            continue
        with pytest.raises(Problem) as caught:
            wire.checked(shape, without(request_, path))
        where = caught.value.detail.split(":")[0]
        assert caught.value.name == "malformed"
        assert ".".join(map(str, path)).startswith(where)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_a_wrong_kind_gets_through_or_crashes(value: Any) -> None:
    event = golden("event_presence")
    for member in ("seq", "event_id", "presence", "wall_utc", "hash"):
        try:
            wire.Event.model_validate(event | {member: value})
        except ValueError:
            continue
        assert member == "seq"
        assert type(value) is int


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("2026-11-24T00:30:05.123Z", 123), ("2026-11-24T00:30:05Z", 0), ("2026-11-24T00:30:05.5Z", 500)],
)
def test_times_are_read(text: str, milliseconds: int) -> None:
    assert encoding.parse_time(text) == dt.datetime(2026, 11, 24, 0, 30, 5, milliseconds * 1000, dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24",
        "2026-11-24T00:30:05",
        "2026-11-24T00:30:05+07:00",
        "2026-13-24T00:30:05Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "2026-11-24T00:30:05.1234567Z",
        "٢٠٢٦-11-24T00:30:05Z",
        5,
        None,
    ],
)
def test_other_times_are_refused(text: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is pydantic's business
        encoding.parse_time(text)


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(8999, 12, 31)))  # noqa: DTZ001
def test_times_come_back_to_the_millisecond(moment: dt.datetime) -> None:
    aware = moment.replace(tzinfo=dt.UTC)
    assert encoding.parse_time(encoding.format_time(aware)) == aware.replace(
        microsecond=aware.microsecond // 1000 * 1000
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b'{"a":NaN}', "malformed"),
        (b'{"a":1e999}', "malformed"),
        (b'{"a":1,"a":2}', "malformed"),
        (b'{"a":"\xff"}', "malformed"),
        (b'{"a":' + b"9" * 5000 + b"}", "malformed"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "malformed"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "malformed"),
        (b'{"a":' * 100_000, "malformed"),
        (b'{"a":[' + b"[]," * 2_000_000 + b"[]]}", "too-large"),
        (b"<html>log in</html>", "malformed"),
    ],
    ids=[
        "empty",
        "list",
        "null",
        "nan",
        "infinite",
        "twice",
        "latin1",
        "digits",
        "deep",
        "deeper",
        "open",
        "many",
        "html",
    ],
)
def test_hostile_json_is_refused(body: bytes, name: str) -> None:
    with pytest.raises(Problem) as caught:
        encoding.parse_json(body)
    assert caught.value.name == name


@given(st.binary(max_size=300))
def test_garbage_is_malformed(body: bytes) -> None:
    try:
        json.loads(body)
    except ValueError:
        with pytest.raises(Problem, match="malformed"):
            encoding.parse_json(body)


def test_a_reason_does_not_repeat_the_value() -> None:
    event = golden("event_enrolment")
    event["enrolment"]["nip"] = "19850315201001100"
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        wire.Event.model_validate(event)
    assert wire.explain(caught.value).startswith("enrolment.nip: ")  # type: ignore[arg-type]
    assert "1985" not in wire.explain(caught.value)  # type: ignore[arg-type]
