"""The table "Limits" of docs/protocol.md says what the server really holds to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from etpp.base import bodies, encoding, shapes
from etpp.books import arrivals, intake
from etpp.books import wire as books
from etpp.serving import connections
from etpp.terminals import download, heartbeat, provision, wire

ROOT = Path(__file__).parents[3]
LIMITS = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8").split("## Limits")[1]
KIB, MIB = 1024, 1024 * 1024


def longest(shape: type[shapes.Shape], member: str) -> object:
    """The `max_length` that a member's model has."""
    return shape.model_json_schema()["properties"][member].get("maxItems") or shape.model_json_schema()["properties"][
        member
    ].get("maxProperties")


@pytest.mark.parametrize(
    ("row", "said", "held"),
    [
        ("sent and inflated", "8 MiB", shapes.MAX_BODY_BYTES / MIB),
        ("body of call 1", "16 KiB", provision.MAX_BODY_BYTES / KIB),
        ("body of call 4 ", "512 KiB", heartbeat.MAX_BODY_BYTES / KIB),
        ("events and links in a batch", "500", books.MAX_EVENTS),
        ("one event in canonical form", "64 KiB", arrivals.MAX_EVENT_BYTES / KIB),
        ("nesting of a body", "32 levels", encoding.MAX_DEPTH),
        ("values in a body", "200,000", encoding.MAX_VALUES),
        ("integers", "0 … 2^53 - 1", 0),
        ("templates of an enrolment", "1 to 20", 1),
        ("enrolments of one terminal that wait", "1,000", intake.MAX_PENDING),
        ("`problem` of an entry of `parked`", "4 KiB", wire.MAX_PROBLEM_BYTES / KIB),
        ("signed runs of `carried`", "1,000", books.MAX_RUNS),
        ("`heads` of call 2", "500", books.MAX_EVENTS),
        ("`wait_s` of call 3", "55 s", download.MAX_WAIT_S),
        ("`since` above", "10,000", download.MAX_AHEAD),
        ("time for a body to arrive", "120 s", bodies.PATIENCE_S),
        ("time for the head of a request", "15 s", connections.HEADERS_S),
    ],
)
def test_what_the_table_says_is_the_servers_constant(row: str, said: str, held: float) -> None:
    (line,) = [line for line in LIMITS.splitlines() if row in line]
    assert said in line
    number = re.search(r"[\d,]+", said)
    assert number is not None
    assert float(number[0].replace(",", "")) == held


def test_the_members_of_a_heartbeat_are_bounded_as_the_table_says() -> None:
    (line,) = [line for line in LIMITS.splitlines() if "`counters`" in line]
    assert "200, 100, 1,000" in line
    held = [longest(wire.HeartbeatRequest, member) for member in ("counters", "faults", "parked")]
    assert held == [200, 100, 1000]


@pytest.mark.parametrize(("kind", "characters"), [(shapes.Id, 64), (shapes.ShortText, 100)])
def test_texts_are_as_long_as_the_table_says(kind: object, characters: int) -> None:
    assert f"{characters} characters" in LIMITS
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert adapter.validate_python("x" * characters) == "x" * characters
    with pytest.raises(ValidationError):
        adapter.validate_python("x" * (characters + 1))


def test_integers_and_templates_end_where_the_table_says() -> None:
    assert encoding.MAX_INTEGER == 2**53 - 1
    schema = books.EnrolmentPayload.model_json_schema()["properties"]["templates"]
    assert (schema["minItems"], schema["maxItems"]) == (1, 20)
    assert encoding.LONGEST_DESCRIPTOR == 100
