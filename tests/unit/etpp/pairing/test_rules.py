"""What a PIN may be, how long a wrong one keeps the door shut, and when a code holds."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.pairing import rules, wire
from tests.contract.etpp.client import b64url

NIP = "198503152010011007"
NOW = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12a456", "12 456", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_a_pin_has_six_digits(pin: str) -> None:
    assert rules.pin_fault(pin, NIP) == "form"


@pytest.mark.parametrize(
    "pin",
    [
        *("111111", "123456", "654321", "890123", "121212", "112211", "482482"),
        *("150385", "850315", "031585"),  # the birth date
        *("011007", "198503"),  # the end and the beginning of the NIP
    ],
)
def test_what_is_tried_first_is_refused(pin: str) -> None:
    assert rules.pin_fault(pin, NIP) == "easy"


@pytest.mark.parametrize("pin", ["482915", "739164", "135792", "000123"])
def test_others_are_taken(pin: str) -> None:
    assert rules.pin_fault(pin, NIP) is None


def test_somebody_without_a_nip_has_a_pin_too() -> None:
    assert rules.pin_fault("150385", None) is None


def test_waiting_doubles_and_ten_guesses_take_an_hour() -> None:
    waits = [rules.wait_after(n) for n in range(1, rules.MOST_FAILURES)]
    assert waits[:4] == [None, None, dt.timedelta(seconds=30), dt.timedelta(minutes=1)]
    assert sum((each for each in waits if each is not None), dt.timedelta()) > dt.timedelta(hours=1)


@pytest.mark.parametrize(("age_s", "good"), [(-31, False), (-30, True), (0, True), (210, True), (211, False)])
def test_a_code_has_its_time(age_s: int, good: bool) -> None:
    assert rules.in_time(NOW - dt.timedelta(seconds=age_s), NOW) is good


@given(st.binary(max_size=200))
def test_nothing_that_somebody_sends_does_more_than_be_none(raw: bytes) -> None:
    found = wire.parse(b64url(raw))
    assert found is None or found.signed.endswith(raw[:-64])


@given(st.text(max_size=80))
def test_no_text_does_either(text: str) -> None:
    assert wire.parse(text) is None or len(text) > 100


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile",
            "Chrome · Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0", "Firefox · Android"),
        ("Mozilla/5.0 (Linux; Android 14; K) SamsungBrowser/26.0 Chrome/122.0 Mobile", "Samsung Internet · Android"),
        ("kucing", "kucing"),
        ("", "–"),
    ],
)
def test_a_phone_is_called_as_its_owner_knows_it(agent: str, known: str) -> None:
    assert rules.known_as(agent) == known
