"""The area in the running terminal: the long press, the encounter that is held meanwhile, the people of the office."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk import model
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    Awaiting,
    Bulletin,
    GallerySnapshot,
    ModelId,
    Nip,
    Officer,
    PersonId,
)
from kiosk.schedule import STANDARD_HOURS
from kiosk.terminal import encounter as enc
from kiosk.terminal import officer
from kiosk.terminal.attending import PRESS_S, TAP_S, Attending, everybody
from kiosk.terminal.clerk import Clerk, Office
from kiosk.terminal.encounter import Phase
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.officer import Act, Page
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from tests.unit.kiosk.factories import SETTINGS, assessment, match, person, sighting, template
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock

RATNA = Officer("o-1", "Ratna", "hash", frozenset({"enrol"}))


class Rig:
    def __init__(self, standby_s: float = 0.0) -> None:
        self.clock = FakeClock()
        self.terminal = Terminal(
            settings=SETTINGS,
            clock=self.clock,
            faults=FaultBoard(),
            trace=Trace(None),
            restart_recognition=lambda: None,
            standby_s=standby_s,
        )
        clerk = Clerk(FakeOutbox(), self.clock, FaultBoard(), DLIB_RESNET_V1, self.terminal.reply)
        self.terminal.employ(clerk)
        self.clerk = clerk
        self.attending = Attending(self.terminal, self.clock)

    def see(self, track: int = 1, who: str | None = "p-1") -> None:
        seen = sighting(self.clock.monotonic_s(), track, match=match(who, frames=SETTINGS.max_frames))
        self.terminal.sighted(enc.Saw(seen), {})

    def pump(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        self.attending.pump(self.terminal.pump())

    def tell(self, *officers: Officer) -> None:
        """A bulletin has come, with these officers."""
        self.clerk.office = Office(replace(EMPTY_GALLERY, bulletin=Bulletin(officers=officers)))

    @property
    def page(self) -> Page:
        return self.attending.area.page

    @property
    def phase(self) -> Phase:
        return self.terminal.encounter.phase


@pytest.fixture
def rig() -> Rig:
    return Rig()


def opened() -> Rig:
    rig = Rig()
    rig.attending.corner(True)
    rig.pump(PRESS_S)
    return rig


def test_a_finger_that_stays_opens_the_pad(rig: Rig) -> None:
    rig.attending.corner(True)
    rig.pump(PRESS_S - 0.1)
    assert rig.page is Page.CLOSED
    rig.pump(0.1)
    assert rig.page is Page.PIN


def test_the_screen_does_not_go_dark_under_an_officers_finger() -> None:
    rig = Rig(standby_s=60.0)
    rig.pump(59.0)
    rig.attending.corner(True)
    rig.pump(0.5)
    rig.pump(PRESS_S)
    for _ in range(10):
        rig.attending.touch(Act.DIGIT, "1")
        rig.pump(20.0)
        assert not rig.terminal.status().dark
    rig.attending.touch(Act.LEAVE, "")
    rig.pump(60.0)
    assert rig.terminal.status().dark


def test_a_finger_that_leaves_before_does_not(rig: Rig) -> None:
    rig.attending.corner(True)
    rig.pump(PRESS_S - 0.1)
    rig.attending.corner(False)
    rig.pump(1.0)
    assert rig.page is Page.CLOSED


def test_while_the_finger_lies_there_nobody_is_recorded_and_the_face_is_left_alone_after_it(rig: Rig) -> None:
    rig.attending.corner(True)
    rig.see()
    rig.pump(TAP_S)
    assert rig.phase is Phase.IDLE
    rig.attending.corner(False)
    rig.see()
    rig.pump(1.0)
    assert rig.phase is Phase.IDLE  # whose finger it was
    rig.see(track=2)
    rig.pump()
    assert rig.phase is Phase.ENQUIRING  # the next person


def test_a_tap_in_the_corner_is_a_touch_like_any_other(rig: Rig) -> None:
    """Whoever sent a result away there was not looked at any more until they had left."""
    rig.see()
    rig.attending.corner(True)
    rig.pump(0.1)
    assert rig.phase is Phase.IDLE
    rig.attending.corner(False)
    rig.see()
    rig.pump()
    assert rig.phase is Phase.ENQUIRING


def test_after_a_tap_a_face_that_has_had_its_result_is_left_alone_all_the_same(rig: Rig) -> None:
    rig.see()
    rig.pump()
    rig.terminal.reply(enc.Answered(enc.Prospect(person(), assessment(), 5.0)))
    rig.pump()
    assert rig.phase is Phase.ALREADY_RECORDED
    rig.attending.corner(True)
    rig.pump(0.1)
    rig.attending.corner(False)
    rig.see()
    rig.pump()
    assert rig.phase is Phase.IDLE


def test_a_result_on_the_screen_does_not_stand_in_the_way(rig: Rig) -> None:
    rig.see(who=None)
    rig.pump()
    assert rig.phase is Phase.UNKNOWN
    rig.attending.corner(True)
    rig.pump(PRESS_S)
    assert rig.page is Page.PIN


def test_somebodys_confirmation_goes_on_and_the_time_begins_after_it(rig: Rig) -> None:
    rig.see()
    rig.pump()
    rig.terminal.reply(enc.Answered(enc.Prospect(person(), assessment(), None)))
    rig.pump()
    assert rig.phase is Phase.CONFIRM
    rig.attending.corner(True)
    rig.pump(SETTINGS.confirm_s)
    assert rig.phase is Phase.SAVING
    rig.terminal.reply(enc.Stored())
    rig.pump()
    assert (rig.phase, rig.page) == (Phase.IDLE, Page.CLOSED)
    rig.pump(PRESS_S)
    assert rig.page is Page.PIN


def test_while_the_area_is_open_nobody_is_recorded() -> None:
    rig = opened()
    for track in (1, 2, 3):
        rig.see(track)
        rig.pump(0.5)
        assert rig.phase is Phase.IDLE
    assert rig.attending.area.sighting.track == 3
    rig.attending.touch(Act.LEAVE, "")
    rig.see(track=4)
    rig.pump()
    assert rig.phase is Phase.ENQUIRING


@pytest.mark.parametrize(
    ("after", "page"),
    [
        ((RATNA,), Page.MENU),  # nothing has changed
        ((RATNA, replace(RATNA, officer_id="o-2")), Page.MENU),  # another one has come
        ((replace(RATNA, pin_hash="new"),), Page.MENU),  # the next log-in asks for the new PIN
        ((), Page.CLOSED),  # revoked
        ((replace(RATNA, officer_id="o-2"),), Page.CLOSED),  # revoked; it is somebody else's turn
        ((replace(RATNA, may=frozenset({"maintain"})),), Page.CLOSED),  # other duties: the menu is another
    ],
)
def test_whoever_is_no_officer_any_more_is_out_at_once(after: tuple[Officer, ...], page: Page) -> None:
    rig = opened()
    rig.tell(RATNA)
    rig.attending.reply(officer.Checked("o-1", "Ratna", may=RATNA.may))
    rig.pump()
    assert rig.page is Page.MENU
    rig.tell(*after)
    rig.pump()
    assert rig.page is page


def test_a_person_is_chosen_by_nip() -> None:
    rig = opened()
    rig.tell(RATNA)
    rig.attending.reply(officer.Checked("o-1", "Ratna", may=frozenset({"enrol"})))
    rig.pump()
    rig.attending.touch(Act.GO, "people")
    rig.attending.touch(Act.CHOOSE, "000")
    assert rig.page is Page.PEOPLE


def test_the_office_is_whom_it_knows_by_face_and_whom_the_server_says_it_does_not() -> None:
    zaki, budi = person("p-1", "197001011995031002", "Zaki"), person("p-2", "198112312005012003", "budi")
    awaiting = (Awaiting(Nip("199003032015031004"), "Ani", "refused"), Awaiting(zaki.nip, "Zaki", "waiting"))
    snapshot = GallerySnapshot(
        1,
        None,
        {zaki.person_id: zaki, budi.person_id: budi},
        (template("p-1"),),
        bulletin=Bulletin(awaiting=awaiting, renew=frozenset({PersonId("p-1")})),
    )
    assert [(each.name, each.state, each.person_id, each.renew) for each in everybody(snapshot)] == [
        ("Ani", "refused", None, False),
        ("budi", "none", "p-2", False),
        ("Zaki", "enrolled", "p-1", True),
    ]


def test_a_face_for_another_recogniser_than_the_one_that_counts_is_none_here() -> None:
    zaki, budi, ani = (
        person("p-1", "197001011995031002", "Zaki"),
        person("p-2", "198112312005012003", "budi"),
        person("p-3", "199003032015031004", "Ani"),
    )
    counted = replace(template("p-1"), model_id=ModelId("fp-112"))
    awaiting = (Awaiting(budi.nip, "budi", "other"), Awaiting(ani.nip, "Ani", "waiting"))
    snapshot = GallerySnapshot(
        1,
        model.Office("o", "Dinas", STANDARD_HOURS, ModelId("fp-112")),
        {each.person_id: each for each in (zaki, budi, ani)},
        (template("p-1"), counted, template("p-2"), template("p-3")),
        bulletin=Bulletin(awaiting=awaiting),
    )
    found = everybody(snapshot)
    assert [(each.name, each.state, each.on_file) for each in found] == [
        ("Ani", "waiting", False),
        ("budi", "other", True),
        ("Zaki", "enrolled", True),
    ]
    # A server of an earlier release says nothing of her; and where nobody has such templates, dlib's count.
    silent = everybody(replace(snapshot, bulletin=Bulletin()))
    assert [each.state for each in silent] == ["other", "other", "enrolled"]
    nobody = replace(snapshot, templates=tuple(t for t in snapshot.templates if t is not counted), bulletin=Bulletin())
    assert {each.state for each in everybody(nobody)} == {"enrolled"}


def test_whom_this_terminal_alone_knows_waits_and_may_take_the_consent_back() -> None:
    known, alone = person("p-1", "197001011995031002", "Zaki"), person("e-1", "199003032015031004", "Ani")
    awaiting = (Awaiting(alone.nip, "Ani", "waiting"),)
    snapshot = GallerySnapshot(
        1,
        None,
        {known.person_id: known, alone.person_id: alone},
        (template("p-1"), template("e-1")),
        bulletin=Bulletin(awaiting=awaiting),
        waiting=frozenset({alone.person_id}),
    )
    assert [(each.name, each.state, each.person_id) for each in everybody(snapshot)] == [
        ("Ani", "waiting", "e-1"),
        ("Zaki", "enrolled", "p-1"),
    ]
