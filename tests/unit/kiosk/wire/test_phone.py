"""A code for a phone is what docs/protocol.md says: the golden ones byte for byte, by the terminal's own key."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.machine.phone import PhoneCodes
from kiosk.model import ClockState, Moment, PersonId
from kiosk.wire.codec import WireError, b64url, from_b64url
from kiosk.wire.phone import phone_link, phone_statement, phone_text
from tests.unit.kiosk.machine.test_identity import URL, provision

GOLDEN = Path(__file__).parents[3] / "golden"
CODES: Any = json.loads((GOLDEN / "phone_codes.json").read_text(encoding="utf-8"))
KEYS: Any = json.loads((GOLDEN / "keys.json").read_text(encoding="utf-8"))
NOW = dt.datetime(2026, 11, 24, 0, 30, 6, 987_000, dt.UTC)


def moment(state: ClockState = ClockState.SYNCHRONISED) -> Moment:
    return Moment(wall_utc=NOW, boot_id="b", monotonic_ms=1, clock_state=state)


@pytest.mark.parametrize("good", CODES["good"], ids=lambda good: good["person_id"])
def test_a_code_is_the_golden_one(good: Any) -> None:
    made = dt.datetime.fromisoformat(good["made_utc"])
    statement = phone_statement(good["device_id"], good["person_id"], made, bytes.fromhex(good["nonce_hex"]))
    assert phone_text(statement).hex() == good["signed_hex"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["device_seed_hex"]))
    assert phone_link(good["server_url"] + "/", statement, key.sign(phone_text(statement))) == good["link"]


def test_it_is_small_enough_for_the_small_screen() -> None:
    """65 modules with the quiet zone are seven pixels each on a screen of 480."""
    segno = pytest.importorskip("segno")
    for good in CODES["good"]:
        link = good["link"].replace(good["server_url"], "https://etpp.kulonprogokab.go.id")
        assert segno.make(link, error="l", micro=False).symbol_size(border=4)[0] <= 65


@pytest.mark.parametrize("person_id", ["", "x" * 65])
def test_what_has_no_form_is_refused(person_id: str) -> None:
    with pytest.raises(WireError):
        phone_statement(KEYS["device_id"], person_id, NOW, bytes(9))


def test_a_moment_that_no_code_can_hold_is_refused() -> None:
    with pytest.raises(WireError):
        phone_statement(KEYS["device_id"], "p", dt.datetime(1969, 1, 1, tzinfo=dt.UTC), bytes(9))


def test_the_terminal_makes_another_each_time_signed_by_its_own_key(tmp_path: Path) -> None:
    key = provision(tmp_path).key.public_key()
    codes = PhoneCodes(tmp_path, moment)
    links = {codes.make(PersonId("018f2c5e-0000-7000-8000-0000000000a1")) for _ in range(3)}
    assert len(links) == 3
    for link in links:
        address, _, code = link.partition("/m/#")
        raw = from_b64url(code)
        key.verify(raw[-64:], phone_text(raw[:-64]))
        assert (address, b64url(raw)) == (URL, code)
        assert int.from_bytes(raw[35:39], "big") == int(NOW.timestamp())


def test_the_address_of_the_settings_goes_before_that_of_the_provisioning(tmp_path: Path) -> None:
    provision(tmp_path)
    assert (
        PhoneCodes(tmp_path, moment, "https://etpp.example").make(PersonId("p")).startswith("https://etpp.example/m/#")
    )


def test_while_the_clock_is_not_certain_there_is_none(tmp_path: Path) -> None:
    provision(tmp_path)
    assert PhoneCodes(tmp_path, lambda: moment(ClockState.UNSYNCHRONISED)).make(PersonId("p")) == ""


def test_a_revoked_terminal_and_one_without_its_key_make_none(tmp_path: Path) -> None:
    provision(tmp_path)
    codes = PhoneCodes(tmp_path, moment)
    (tmp_path / "revoked").touch()
    assert codes.make(PersonId("p")) == ""
    (tmp_path / "revoked").unlink()
    assert codes.make(PersonId("p"))
    (tmp_path / "device.key").unlink()
    assert codes.make(PersonId("p")) == ""


def test_after_a_change_of_the_key_it_is_the_new_one_that_signs(tmp_path: Path) -> None:
    provision(tmp_path)
    codes = PhoneCodes(tmp_path, moment)
    assert codes.make(PersonId("p"))
    key = provision(tmp_path).key.public_key()
    raw = from_b64url(codes.make(PersonId("p")).partition("#")[2])
    key.verify(raw[-64:], phone_text(raw[:-64]))
