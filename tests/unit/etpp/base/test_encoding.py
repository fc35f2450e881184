"""Texts from strangers: times, and JSON that is meant to hurt."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.base import encoding
from etpp.base.errors import Problem

SPELLINGS = json.loads((Path(__file__).parents[3] / "golden" / "base64url.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: repr(case["given"]))
def test_a_key_has_one_spelling(case: Any) -> None:
    if case["hex"] is None:
        with pytest.raises(ValueError, match="base64url"):
            encoding.decode_key(case["given"])
    else:
        assert encoding.decode_key(case["given"]).hex() == case["hex"]


SIGNATURE = encoding.encode_key(bytes(range(192, 256)))


def test_a_signature_is_read() -> None:
    assert encoding.decode_signature(SIGNATURE) == bytes(range(192, 256))


@pytest.mark.parametrize(
    "text",
    [
        SIGNATURE + "==",
        SIGNATURE[:-1] + chr(ord(SIGNATURE[-1]) + 1),
        SIGNATURE.replace("-", "+").replace("_", "/"),
        SIGNATURE[:40] + "\n" + SIGNATURE[40:],
        SIGNATURE + "*",
        SIGNATURE[:-2],
        SIGNATURE + "AA",
    ],
)
def test_a_signature_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        encoding.decode_signature(text)


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


def test_a_byte_order_mark_changes_nothing() -> None:
    assert encoding.parse_json(b"\xef\xbb\xbf" + b'{"a": 1}') == {"a": 1}
