"""The small parts: throttle, body reader, state folder, sessions, catalogues."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import gzip
import hashlib
import os
import stat
import tomllib
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp import body
from etpp.errors import Problem, StateError
from etpp.state import CONSOLE_USER, State
from etpp.throttle import ADDRESSES, Throttle
from etpp.web import session
from etpp.web.texts import texts

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)

# ---------------------------------------------------------------- body


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(data: bytes, limit: int = 1000, size: int = 7, **changes: str) -> bytes:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = {"content-type": "application/json", "content-digest": f"sha-256=:{digest}:"} | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return asyncio.run(body.read(chunks(data, size), headers, limit))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_body_comes_back_whatever_its_pieces(data: bytes, size: int) -> None:
    assert read(data, size=size) == data
    assert read(gzip.compress(data), size=size, content_encoding="gzip") == data


@pytest.mark.parametrize(
    ("data", "changes", "name"),
    [
        (b"x" * 1001, {}, "too-large"),
        (b"x", {"content_length": "1001"}, "too-large"),
        (b"x", {"content_length": "9" * 400}, "too-large"),
        (gzip.compress(b"0" * 1001), {"content_encoding": "gzip"}, "too-large"),
        (gzip.compress(b"0" * 50_000_000), {"content_encoding": "gzip"}, "too-large"),
        (gzip.compress(b"x")[:-1], {"content_encoding": "gzip"}, "malformed"),
        (gzip.compress(b"x") * 2, {"content_encoding": "gzip"}, "malformed"),
        (b"not gzip", {"content_encoding": "gzip"}, "malformed"),
        (b"", {"content_encoding": "gzip"}, "malformed"),
        (b"x", {"content_encoding": "br"}, "malformed"),
        (b"x", {"content_type": "text/html"}, "malformed"),
        (b"x", {"content_digest": ""}, "signature-invalid"),
        (b"x", {"content_digest": "sha-256=:AAAA:"}, "signature-invalid"),
        (b"x", {"content_digest": "md5=:AAAA:"}, "signature-invalid"),
        (b"x", {"content_digest": "sha-256=5"}, "signature-invalid"),
    ],
)
def test_a_wrong_body_is_refused(data: bytes, changes: dict[str, str], name: str) -> None:
    limit = 100_000 if len(data) > 1001 else 1000
    with pytest.raises(Problem) as caught:
        read(data, limit, 4096, **changes)
    assert caught.value.name == name


# ---------------------------------------------------------------- throttle


def test_failures_are_forgiven_with_time() -> None:
    now = [0.0]
    throttle = Throttle(3, 60.0, lambda: now[0])
    for _ in range(3):
        throttle.check("a")
        throttle.failed("a")
    with pytest.raises(Problem) as caught:
        throttle.check("a")
    assert caught.value.retry_after_s == 20
    throttle.check("b")
    now[0] = 20.0
    throttle.check("a")


def test_many_addresses_do_not_fill_the_memory() -> None:
    throttle = Throttle(3, 60.0, lambda: 0.0)
    for number in range(ADDRESSES + 100):
        throttle.failed(str(number))
    assert len(throttle._debts) == ADDRESSES


# ---------------------------------------------------------------- state folder


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first, second = State(tmp_path / "s"), State(tmp_path / "s")
    assert (first.keys.now().signer.key_id, first.admin_token) == (second.keys.now().signer.key_id, second.admin_token)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()}
    assert modes == {0o600}


def test_the_generated_password_works_until_another_is_set(tmp_path: Path) -> None:
    state = State(tmp_path)
    generated = (tmp_path / "console-password").read_text(encoding="ascii").strip()
    key = state.session_key_now()
    assert state.check_password(CONSOLE_USER, generated)
    assert not state.check_password("root", generated)
    assert not state.check_password(CONSOLE_USER, generated + "x")
    state.set_password("correct horse")
    assert not (tmp_path / "console-password").exists()
    assert generated not in "".join(path.read_text(encoding="ascii") for path in tmp_path.iterdir())
    assert state.check_password(CONSOLE_USER, "correct horse")
    assert state.session_key_now() != key
    assert not (State(tmp_path).folder / "console-password").exists()


def test_a_damaged_key_is_said_without_showing_it(tmp_path: Path) -> None:
    State(tmp_path)
    (tmp_path / "gallery-key").write_text("not hexadecimal")
    with pytest.raises(StateError, match="backup") as caught:
        State(tmp_path)
    assert "hexadecimal" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="owns"):
        State(tmp_path / "s")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(StateError):
        State(tmp_path / "s")


# ---------------------------------------------------------------- sessions


def test_a_session_lasts_its_time_and_no_longer() -> None:
    cookie = session.issue(b"k", "bkpp", NOW)
    found = session.read(b"k", cookie, NOW + session.LIFETIME - dt.timedelta(seconds=1))
    assert found is not None
    assert found.user == "bkpp"
    assert session.read(b"k", cookie, NOW + session.LIFETIME + dt.timedelta(seconds=1)) is None
    assert session.read(b"other", cookie, NOW) is None
    other = session.read(b"k", session.issue(b"k", "bkpp", NOW), NOW)
    assert other is not None
    assert other.csrf != found.csrf


@given(st.text(max_size=100))
def test_a_made_up_cookie_is_nobody(cookie: str) -> None:
    assert session.read(b"k", cookie, NOW) is None


# ---------------------------------------------------------------- catalogues


def test_both_languages_say_the_same_things() -> None:
    found = {}
    for language in ("id", "en"):
        text = resources.files("etpp.web").joinpath(f"i18n/{language}.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        keys = {
            f"{key}.{inner}" if isinstance(value, dict) else key
            for key, value in table.items()
            for inner in (value if isinstance(value, dict) else [""])
        }
        blanks = {
            key: sorted(part.split("}")[0] for part in value.split("{")[1:])
            for key, value in table.items()
            if isinstance(value, str)
        }
        found[language] = (keys, blanks)
    assert found["id"] == found["en"]


def test_every_text_of_the_templates_is_there() -> None:
    templates = resources.files("etpp.web").joinpath("templates")
    source = "".join(each.read_text(encoding="utf-8") for each in templates.iterdir())
    used = {
        part.split("}")[0].split(" ")[0].split("(")[0].strip(",)")
        for part in source.replace("(t.", " t.").split(" t.")[1:]
    }
    for key in used - {"say", "other", "code"}:
        assert getattr(texts("id"), key)


def test_dates_and_spans_are_said_in_words() -> None:
    day = dt.date(2026, 11, 24)
    assert (texts("id").date(day), texts("en").date(day)) == ("Selasa, 24 November 2026", "Tuesday 24 November 2026")
    assert texts("id").ago(dt.timedelta(minutes=5)) == "5 menit lalu"
    assert texts("en").span(dt.timedelta(days=20781)) == "20781 days"
    assert texts("en").span(dt.timedelta(seconds=-3)) == "0 s"
