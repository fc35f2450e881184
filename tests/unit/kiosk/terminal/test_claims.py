"""NIP and PIN in place of a face: who it is, who stood by, how often it may be tried, and whoever is forced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.model import Bulletin, GallerySnapshot, NipPin, Officer, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.claims import WITHIN_S, WRONG_A_NIP, WRONG_A_TERMINAL, Claims, one_lower
from tests.unit.kiosk.factories import person

WIDI, SEKAR = person("p-1", nip="198001012005011001"), person("p-2", nip="198001012005011002")
PINS = {PersonId("p-1"): "hash of 730155", PersonId("p-2"): "hash of 000000"}
OFFICER = Officer("o-7", "Budi", "hash of 482913", frozenset({"enrol"}))
OFFICE = GallerySnapshot(
    7,
    None,
    {one.person_id: one for one in (WIDI, SEKAR)},
    (),
    bulletin=Bulletin(officers=(OFFICER,), nip_pin=NipPin("alone", 3, PINS)),
)
WITH_OFFICER = replace(OFFICE, bulletin=replace(OFFICE.bulletin, nip_pin=NipPin("with-officer", 3, PINS)))


class Desk:
    """Claims with a clock and a check of PINs that takes no time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.checked: list[str] = []
        self.claims = Claims(lambda: self.now_s, self._matches)

    def _matches(self, pin_hash: str, pin: str) -> bool:
        self.checked.append(pin)
        return pin_hash == f"hash of {pin}"

    def __call__(
        self, pin: str, nip: str = WIDI.nip, officer: str | None = None, office: GallerySnapshot = OFFICE
    ) -> tuple[str, str, str | None, bool] | None:
        found = self.claims.check(office, enc.Claim(nip, pin, officer))
        if found is None:
            return None
        who, claimed = found
        return who.person_id, claimed.method, claimed.officer_id, claimed.duress


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_own_pin_is_known(desk: Desk) -> None:
    assert desk("730155") == ("p-1", "nip-pin", None, False)


@pytest.mark.parametrize(("pin", "nip"), [("730156", WIDI.nip), ("000001", SEKAR.nip)])
def test_the_pin_and_one_more_is_known_too_and_says_that_somebody_is_forced(desk: Desk, pin: str, nip: str) -> None:
    found = desk(pin, nip)
    assert found is not None
    assert found[3] is True


def test_both_are_checked_always_so_that_the_time_says_nothing(desk: Desk) -> None:
    for pin in ("730155", "730156", "111111"):
        desk.checked.clear()
        desk(pin)
        assert desk.checked == [pin, one_lower(pin)]


@pytest.mark.parametrize(("pin", "lower"), [("000000", "999999"), ("000001", "000000"), ("100000", "099999")])
def test_one_lower_has_as_many_digits(pin: str, lower: str) -> None:
    assert one_lower(pin) == lower


@pytest.mark.parametrize(
    ("pin", "nip"), [("730154", WIDI.nip), ("730157", WIDI.nip), ("730155", SEKAR.nip), ("730155", "")]
)
def test_another_pin_or_nip_is_nobodys(desk: Desk, pin: str, nip: str) -> None:
    assert desk(pin, nip) is None


def test_where_the_policy_is_off_nothing_is_even_checked(desk: Desk) -> None:
    off = replace(OFFICE, bulletin=replace(OFFICE.bulletin, nip_pin=NipPin("off", 3, PINS)))
    assert desk("730155", office=off) is None
    assert desk.checked == []


def test_with_an_officer_it_takes_an_officers_pin(desk: Desk) -> None:
    assert desk("730155", office=WITH_OFFICER) is None
    assert desk("730155", officer="482914", office=WITH_OFFICER) is None
    assert desk("730155", officer="482913", office=WITH_OFFICER) == ("p-1", "nip-pin-officer", "o-7", False)


def test_after_so_many_wrong_pins_the_right_one_waits_an_hour_and_others_do_not(desk: Desk) -> None:
    for _ in range(WRONG_A_NIP):
        assert desk("111111") is None
    assert desk("730155") is None
    assert desk("000000", SEKAR.nip) is not None
    desk.now_s = WITHIN_S
    assert desk("730155") is None
    desk.now_s = WITHIN_S + 0.1
    assert desk("730155") is not None


def test_who_tries_many_nips_ends_all_tries(desk: Desk) -> None:
    for number in range(WRONG_A_TERMINAL):
        assert desk("111111", f"{number:018d}") is None
    assert desk("730155") is None
