"""The server's shapes: they take every golden request and refuse what is not the protocol, naming the member."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.base import shapes
from etpp.base.errors import Problem
from etpp.books import wire as books
from etpp.books.chain import event_hash
from etpp.terminals import wire as terminals

GOLDEN = Path(__file__).parents[2] / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "request_shape", "answer_shape"),
    [
        ("provision", terminals.ProvisionRequest, terminals.ProvisionAnswer),
        ("events", books.EventsRequest, books.EventsAnswer),
        ("events_link", books.EventsRequest, books.EventsAnswer),
        ("events_carried", books.EventsRequest, books.EventsAnswer),
        ("events_heads", books.EventsRequest, books.EventsAnswer),
        ("events_head_invalid", books.EventsRequest, books.EventsAnswer),
        ("heartbeat", terminals.HeartbeatRequest, terminals.HeartbeatAnswer),
        ("heartbeat_rotation", terminals.HeartbeatRequest, terminals.HeartbeatAnswer),
        ("heartbeat_server_keys", terminals.HeartbeatRequest, terminals.HeartbeatAnswer),
        ("heartbeat_server_key_retired", terminals.HeartbeatRequest, terminals.HeartbeatAnswer),
        ("gallery_full", None, terminals.GalleryAnswer),
        ("gallery_delta", None, terminals.GalleryAnswer),
        ("gallery_bulletin", None, terminals.GalleryAnswer),
    ],
)
def test_golden_calls_fit_the_shapes(
    name: str, request_shape: type[shapes.Shape] | None, answer_shape: type[shapes.Shape]
) -> None:
    call = golden(name)
    shapes.checked(answer_shape, call["answer"])
    if request_shape is not None:
        shapes.checked(request_shape, call["request"])


@pytest.mark.parametrize(
    "name",
    ["presence", "attack", "enrolment", "unknown_member", "presence_pin", "presence_waiting", "occurrence"],
)
def test_golden_events_are_valid_and_their_hashes_true(name: str) -> None:
    event = golden(f"event_{name}")
    books.Event.model_validate(event)
    assert event_hash(event) == event["hash"]


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

REQUESTS: list[tuple[type[shapes.Shape], Any]] = [
    (terminals.ProvisionRequest, golden("provision")["request"]),
    *((books.SentEvent, sent) for sent in golden("events")["request"]["events"]),
    (books.ReportedThrough, golden("events")["request"]["reported_through"]),
    (terminals.HeartbeatRequest, golden("heartbeat")["request"]),
    (terminals.HeartbeatRequest, golden("heartbeat_rotation")["request"]),
]


@pytest.mark.parametrize(("shape", "request_"), REQUESTS)
def test_a_missing_member_is_named(shape: type[shapes.Shape], request_: Any) -> None:
    for path in paths(request_):
        free = path[0] in ("counters",) or "qualities" in path or "problem" in path[:-1] or "remark" in path
        if free or ".".join(map(str, path)) in OPTIONAL:
            continue
        with pytest.raises(Problem) as caught:
            shapes.checked(shape, without(request_, path))
        where = caught.value.detail.split(":")[0]
        assert caught.value.name == "malformed"
        assert ".".join(map(str, path)).startswith(where)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_a_wrong_kind_gets_through_or_crashes(value: Any) -> None:
    event = golden("event_presence")
    for member in ("seq", "event_id", "presence", "wall_utc", "hash"):
        try:
            books.Event.model_validate(event | {member: value})
        except ValueError:
            continue
        assert member == "seq"
        assert type(value) is int


def test_a_reason_does_not_repeat_the_value() -> None:
    event = golden("event_enrolment")
    event["enrolment"]["nip"] = "19850315201001100"
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        books.Event.model_validate(event)
    assert shapes.explain(caught.value).startswith("enrolment.nip: ")  # type: ignore[arg-type]
    assert "1985" not in shapes.explain(caught.value)  # type: ignore[arg-type]


def test_a_signature_under_a_consent_is_a_picture_of_bounded_size() -> None:
    event = golden("event_enrolment_signed")
    consent = event["enrolment"]["consent"]
    taken = books.Event.model_validate(event)
    assert taken.enrolment is not None
    assert taken.enrolment.consent.signature == consent["signature"]
    html = base64.b64encode(b"<html>").decode()
    for wrong in ("", "no base64", html, consent["signature"] + "A" * books.MAX_SIGNATURE):
        with pytest.raises(ValueError):  # noqa: PT011
            books.Event.model_validate(
                {**event, "enrolment": {**event["enrolment"], "consent": {**consent, "signature": wrong}}}
            )
