"""What an answer must be before anything in it is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import ProtocolMismatch, Refused, ServerError
from kiosk.link.client import check
from kiosk.link.http import Answer
from kiosk.wire import PROBLEM_PREFIX

GOLDEN = Path(__file__).parents[3] / "golden"
PROBLEMS: list[dict[str, Any]] = json.loads((GOLDEN / "problems.json").read_text(encoding="utf-8"))["problems"]


def answer(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Presensi-Protocol": "1", **named}, body, 0, 0)


@pytest.mark.parametrize("problem", PROBLEMS, ids=[str(problem["type"]).rsplit(":", 1)[-1] for problem in PROBLEMS])
def test_every_problem_of_the_protocol_is_understood(problem: dict[str, Any]) -> None:
    with pytest.raises(ServerError) as caught:
        check(answer(int(problem["status"]), json.dumps(problem).encode()))
    name = str(problem["type"]).removeprefix(PROBLEM_PREFIX)
    if name == "protocol-version":
        assert isinstance(caught.value, ProtocolMismatch)
        return
    refusal = caught.value
    assert isinstance(refusal, Refused)
    assert (refusal.status, refusal.problem, refusal.detail) == (problem["status"], name, problem["detail"])
    assert refusal.members == problem


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_what_the_protocol_has_is_accepted(status: int) -> None:
    check(answer(status))


@pytest.mark.parametrize("status", [202, 203, 301, 302, 304])
def test_another_status_is_not(status: int) -> None:
    with pytest.raises(ServerError):
        check(answer(status))


@pytest.mark.parametrize("status", [200, 302, 401, 404])
def test_without_the_header_it_is_not_our_server(status: int) -> None:
    with pytest.raises(ProtocolMismatch, match="not an e-TPP server"):
        check(Answer(status, {}, b"<html>", 0, 0))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_proxy_that_is_in_trouble_says_later(status: int) -> None:
    with pytest.raises(Refused) as caught:
        check(Answer(status, {"Retry-After": "17"}, b"<html>", 0, 0))
    assert (caught.value.problem, caught.value.retry_after_s) == ("unknown", 17.0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("5", 5.0), ("0", 0.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("nan", None)]
)
def test_retry_after_is_a_number_of_seconds_or_nothing(text: str, seconds: float | None) -> None:
    with pytest.raises(Refused) as caught:
        check(answer(503, Retry_After=text))
    assert caught.value.retry_after_s == seconds


def test_another_version_says_what_to_do() -> None:
    with pytest.raises(ProtocolMismatch, match="Update"):
        check(Answer(200, {"Presensi-Protocol": "2"}, b"{}", 0, 0))


@pytest.mark.parametrize("body", [b"", b"null", b"[" * 100_000, b'{"type": 5}', b'{"type": "urn:other"}'])
def test_a_refusal_with_any_body_is_a_refusal(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        check(answer(400, body))
    assert caught.value.problem == "unknown"
