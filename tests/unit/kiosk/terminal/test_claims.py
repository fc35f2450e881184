"""NIP and PIN in place of a face: who it is, who stood by, how often it may be tried, and whoever is forced."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import StateError
from kiosk.machine.tries import FIRST_PAUSE_S, FREE_TRIES, Tries
from kiosk.model import Bulletin, GallerySnapshot, NipPin, Officer, PersonId
from kiosk.terminal import encounter as enc
from kiosk.terminal.claims import QUIET_S, SHARED_PAUSE_S, WRONG_A_TERMINAL, Claims, month_of, one_lower
from tests.unit.kiosk.factories import person
from tests.unit.kiosk.machine.fake_clock import FakeClock

WIDI, SEKAR = person("p-1", nip="198001012005011001"), person("p-2", nip="198001012005011002")
PINS = {PersonId("p-1"): "hash of 730155", PersonId("p-2"): "hash of 000000"}
OFFICER = Officer("o-7", "Budi", "hash of 482913", frozenset({"enrol"}))
TECHNICIAN = Officer("o-8", "Tono", "hash of 105528", frozenset({"maintain"}))
OFFICE = GallerySnapshot(
    7,
    None,
    {one.person_id: one for one in (WIDI, SEKAR)},
    (),
    bulletin=Bulletin(officers=(TECHNICIAN, OFFICER), nip_pin=NipPin("alone", 3, PINS)),
)
WITH_OFFICER = replace(OFFICE, bulletin=replace(OFFICE.bulletin, nip_pin=NipPin("with-officer", 3)))
"""As the server sends it: nobody's own PIN is in it (decision 99)."""


class Desk:
    """Claims with a clock and a check of PINs that takes no time."""

    def __init__(self, path: Path, clock: FakeClock | None = None) -> None:
        self.path = path
        self.clock = clock or FakeClock()
        self.checked: list[str] = []
        self.claims = Claims(Tries(path), self._matches)

    def _matches(self, pin_hash: str, pin: str) -> bool:
        self.checked.append(pin)
        return pin_hash == f"hash of {pin}"

    def __call__(
        self, pin: str = "", nip: str = WIDI.nip, officer: str | None = None, office: GallerySnapshot = OFFICE
    ) -> tuple[str, str, str | None, bool] | None:
        found = self.claims.check(office, enc.Claim(nip, pin, officer), self.clock.now())
        if found is None:
            return None
        who, claimed = found
        return who.person_id, claimed.method, claimed.officer_id, claimed.duress


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "claims.json")


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


def test_the_time_says_nothing_of_who_has_a_pin(desk: Desk) -> None:
    desk("730155", "199912312024011999")
    assert desk.checked == ["730155", one_lower("730155")]


def test_with_an_officer_it_takes_an_officers_pin_and_no_other(desk: Desk) -> None:
    assert desk("730155", office=WITH_OFFICER) is None
    assert desk(officer="482914", office=WITH_OFFICER) is None
    assert desk(officer="482913", office=WITH_OFFICER) == ("p-1", "nip-pin-officer", "o-7", False)
    assert desk(officer="482913", nip="199912312024011999", office=WITH_OFFICER) is None


def test_an_officer_who_may_not_enrol_vouches_for_nobody(desk: Desk) -> None:
    assert desk(officer="105528", office=WITH_OFFICER) is None
    assert desk.checked == ["105528"], "compared with those alone who may"


def test_an_officer_vouches_for_others_and_not_for_the_own_presence(desk: Desk) -> None:
    himself = replace(OFFICER, person_id=WIDI.person_id)
    alone = replace(WITH_OFFICER, bulletin=replace(WITH_OFFICER.bulletin, officers=(himself,)))
    assert desk(nip=WIDI.nip, officer="482913", office=alone) is None
    assert desk.checked == ["482913"], "as long as for anybody"
    assert desk(nip=SEKAR.nip, officer="482913", office=alone) == ("p-2", "nip-pin-officer", "o-7", False)
    second = Officer("o-9", "Ani", OFFICER.pin_hash, OFFICER.may)
    both = replace(WITH_OFFICER, bulletin=replace(WITH_OFFICER.bulletin, officers=(himself, second)))
    assert desk(nip=WIDI.nip, officer="482913", office=both) == ("p-1", "nip-pin-officer", "o-9", False)


def test_officers_pins_are_not_tried_for_one_nip_after_the_other(desk: Desk) -> None:
    for nip in [WIDI.nip, SEKAR.nip, "199912312024011999"][:FREE_TRIES]:
        assert desk(officer="111111", nip=nip, office=WITH_OFFICER) is None
    assert desk(officer="482913", office=WITH_OFFICER) is None
    desk.clock.advance(FIRST_PAUSE_S)
    assert desk(officer="482913", office=WITH_OFFICER) is not None


def test_after_three_wrong_pins_the_right_one_waits_and_others_do_not(desk: Desk) -> None:
    for _ in range(FREE_TRIES):
        assert desk("111111") is None
    desk.checked.clear()
    assert desk("730155") is None
    assert desk.checked == []
    assert desk("000000", SEKAR.nip) is not None
    desk.clock.advance(FIRST_PAUSE_S - 0.1)
    assert desk("730155") is None
    desk.clock.advance(0.1)
    assert desk("730155") is not None
    assert desk("111111") is None
    assert desk("730155") is not None, "the right one gives the free tries back"


@pytest.mark.parametrize("boot_id", ["boot-1", "boot-2"])
def test_no_restart_gives_a_try_back(desk: Desk, boot_id: str) -> None:
    for _ in range(FREE_TRIES):
        desk("111111")
    clock = FakeClock(boot_id=boot_id)
    again = Desk(desk.path, clock)
    clock.ms = desk.clock.ms if boot_id == "boot-1" else 0
    assert again("730155") is None
    assert again.checked == []
    clock.advance(FIRST_PAUSE_S)
    assert again("730155") is not None


def test_who_tries_many_nips_ends_all_tries_until_an_hour_is_quiet_also_by_a_restart(desk: Desk) -> None:
    for number in range(WRONG_A_TERMINAL):
        assert desk("111111", f"{number:018d}") is None
    assert desk("730155") is None
    again = Desk(desk.path, desk.clock)
    assert again("730155") is None
    assert again.checked == []
    desk.clock.advance(FIRST_PAUSE_S)
    assert again("111111", SEKAR.nip) is None
    desk.clock.advance(FIRST_PAUSE_S)
    assert again("730155") is None, "twice as long"
    desk.clock.advance(QUIET_S)
    for number in range(WRONG_A_TERMINAL - 1):
        assert again("111111", f"{number:018d}") is None
    assert again("730155") is not None


def wait_s(desk: Desk, nip: str = WIDI.nip, office: GallerySnapshot = OFFICE) -> float:
    return desk.claims.wait_s(office, enc.Claim(nip, ""), desk.clock.now())


def test_a_pause_is_of_one_nip_and_says_how_long_it_is(desk: Desk) -> None:
    assert wait_s(desk) == 0.0
    for _ in range(FREE_TRIES):
        desk("111111")
    desk.clock.advance(10)
    assert wait_s(desk) == FIRST_PAUSE_S - 10
    assert wait_s(desk, SEKAR.nip) == 0.0


def test_a_pause_says_nothing_of_whose_nip_is_known(desk: Desk) -> None:
    pauses = []
    for nip in (WIDI.nip, "199912312024011999"):
        for _ in range(FREE_TRIES):
            desk("111111", nip)
        pauses.append(wait_s(desk, nip))
    assert pauses == [FIRST_PAUSE_S, FIRST_PAUSE_S]
    assert "199912312024011999" not in desk.path.read_text()


@pytest.mark.parametrize("office", [OFFICE, WITH_OFFICER])
def test_whoever_types_nonsense_all_day_keeps_no_other_from_it_for_longer_than_ten_minutes(
    desk: Desk, office: GallerySnapshot
) -> None:
    for number in range(WRONG_A_TERMINAL + 12):
        desk.clock.advance(wait_s(desk, f"{number:018d}", office))
        assert desk("111111", f"{number:018d}", "111111", office) is None
    assert wait_s(desk, office=office) == SHARED_PAUSE_S
    desk.clock.advance(SHARED_PAUSE_S)
    assert desk("730155", officer="482913", office=office) is not None


def test_where_the_policy_is_off_there_is_no_pause_to_speak_of(desk: Desk) -> None:
    off = replace(OFFICE, bulletin=replace(OFFICE.bulletin, nip_pin=NipPin("off", 3, PINS)))
    assert wait_s(desk, office=off) == 0.0


def test_whoever_types_the_right_pin_takes_no_tries_from_the_others(desk: Desk) -> None:
    for _ in range(2 * WRONG_A_TERMINAL):
        assert desk("730155") is not None


def test_a_try_that_cannot_be_counted_is_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "missing" / "claims.json")
    with pytest.raises(StateError):
        desk("730155")
    assert desk.checked == []


def test_the_pause_of_a_terminal_is_over_when_it_is_and_not_a_second_before(desk: Desk) -> None:
    assert (WRONG_A_TERMINAL, QUIET_S) == (20, 3600.0), "decision 99"
    for number in range(WRONG_A_TERMINAL):
        desk("111111", f"{number:018d}")
    desk.checked.clear()
    desk.clock.advance(FIRST_PAUSE_S - 0.5)
    assert desk("730155") is None
    assert desk.checked == []


def test_of_two_officers_with_one_pin_it_is_always_the_same(desk: Desk) -> None:
    twin = replace(OFFICER, officer_id="o-9")
    both = replace(WITH_OFFICER, bulletin=replace(WITH_OFFICER.bulletin, officers=(OFFICER, twin)))
    assert desk(officer="482913", office=both) == ("p-1", "nip-pin-officer", "o-7", False)


@pytest.mark.parametrize("pin", ["", "12a456", "\u0663\u0664\u0665\u0666\u0667\u0668", "\u00b2\u00b2"])
def test_what_is_no_pin_is_not_counted_down(pin: str) -> None:
    assert one_lower(pin) == pin


def test_a_month_begins_at_its_first_midnight() -> None:
    last = dt.datetime(2026, 11, 30, 23, 59, 58, 999_999, tzinfo=dt.UTC)
    assert month_of(last) == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert month_of(month_of(last)) == month_of(last)
