"""Bytes from outside to JSON and back: one encoding, and nothing that another reader would not read the same."""

from __future__ import annotations

import codecs
import json
import math
from pathlib import Path
from typing import Any

import pytest

from kiosk import wire


def test_a_byte_order_mark_changes_nothing() -> None:
    assert wire.loads(codecs.BOM_UTF8 + b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf_8_is_the_one_encoding(encoding: str) -> None:
    with pytest.raises(wire.WireError):
        wire.loads(json.dumps({"a": 1}).encode(encoding))


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": [-Infinity]}', "[]", "", "{,}"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    for content in (text, text.encode()):
        with pytest.raises(wire.WireError):
            wire.loads(content)


@pytest.mark.parametrize("value", ["\ud800", math.nan, math.inf, {"\udfff": 1}])
def test_what_no_reader_could_read_is_not_written(value: object) -> None:
    for write in (wire.dumps, wire.canonical):
        with pytest.raises(wire.WireError):
            write({"a": value})


SPELLINGS = json.loads((Path(__file__).parents[3] / "golden" / "base64url.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: repr(case["given"]))
def test_bytes_have_one_spelling(case: Any) -> None:
    if case["hex"] is None:
        with pytest.raises(wire.WireError, match="base64url"):
            wire.from_b64url(case["given"])
    else:
        assert wire.from_b64url(case["given"]).hex() == case["hex"]
        assert wire.b64url(bytes.fromhex(case["hex"])) == case["given"]
