"""From an enrolment at the terminal to its end: who is known meanwhile, and what the journal says of it.

The journal, the housekeeper, the matcher, the encounter and the clerk are the real ones; the server is what it tells.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import GalleryError
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.own import WITHDRAWN
from kiosk.journal.queue import JournalQueue
from kiosk.machine.state import SyncStatus
from kiosk.matcher import Matcher
from kiosk.model import (
    DLIB_RESNET_V1,
    Bulletin,
    Descriptor,
    DeviceId,
    Direction,
    Event,
    Fault,
    GallerySnapshot,
    LocalUse,
    Match,
    Moment,
    Nip,
    OccurrenceDraft,
    Person,
    PersonId,
    Template,
)
from kiosk.model import Office as OfficeData
from kiosk.schedule import STANDARD_HOURS
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.encounter import Button, Phase
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.housekeeping import Housekeeper
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from tests.unit.enrollment.kit import descriptor
from tests.unit.kiosk.factories import SETTINGS, moment, sighting
from tests.unit.kiosk.journal import records

NIP = Nip("198503152010012007")
DEWI, BUDI = 1, 2
KNOWN = Person(PersonId("p-budi"), Nip("199001012015031001"), "Budi Santosa")
DAY_S = 86_400.0


def faces(person: int, count: int = 3) -> tuple[Descriptor, ...]:
    return tuple(descriptor(person, n) for n in range(count))


def on_file(person: Person, number: int) -> tuple[Template, ...]:
    return tuple(Template(f"{person.person_id}-{n}", person.person_id, f) for n, f in enumerate(faces(number)))


def office(days: int | None = 7, *ended: str, more: tuple[Person, ...] = (), faces_too: bool = True) -> GallerySnapshot:
    """What the server has told: Budi's face, and `more` people (with Dewi's face, or with none)."""
    use = None if days is None else LocalUse(days, frozenset(ended))
    templates = on_file(KNOWN, BUDI)
    for each in more if faces_too else ():
        templates += on_file(each, DEWI)
    people = {each.person_id: each for each in (KNOWN, *more)}
    data = OfficeData("o-1", "Dinas Contoh", STANDARD_HOURS)
    return GallerySnapshot(7, data, people, templates, bulletin=Bulletin(local_use=use))


class Told:
    """The gallery that sync keeps."""

    damaged = False

    def __init__(self, snapshot: GallerySnapshot) -> None:
        self._snapshot, self._changed = snapshot, False
        self.unreadable = False

    def tell(self, snapshot: GallerySnapshot) -> None:
        self._snapshot, self._changed = snapshot, True

    def changed(self) -> bool:
        return self._changed

    def load(self) -> GallerySnapshot:
        if self.unreadable:
            raise GalleryError("the card gives an error")
        self._changed = False
        return self._snapshot


class Clock:
    def __init__(self) -> None:
        self.s, self.boot_id = 0.0, "boot-1"

    def monotonic_s(self) -> float:
        return self.s

    def now(self) -> Moment:
        return moment(self.s, self.boot_id)


class Rig:
    """A terminal from its journal on. A `restarted` one has the same journal and gallery, and nothing else."""

    def __init__(self, folder: Path, gallery: Told, clock: Clock) -> None:
        self.folder, self.gallery, self.clock = folder, gallery, clock
        self.faults, self.track = FaultBoard(), 0
        self.outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("d-1"), key=bytes(32)).open()
        self.queue = JournalQueue(self.outbox)
        self.matcher = Matcher([])
        self.terminal = Terminal(
            settings=SETTINGS,
            clock=clock,
            faults=self.faults,
            trace=Trace(None),
            restart_recognition=lambda: None,
        )
        self.clerk = Clerk(self.outbox, clock, self.faults, DLIB_RESNET_V1, self.terminal.reply)
        self.terminal.employ(self.clerk)
        self.housekeeper = Housekeeper(
            self.terminal,
            self.clerk,
            gallery,
            self.outbox,
            self.faults,
            clock,
            use_gallery=self._use,
            sync_status=lambda _moment: SyncStatus(),
            revoked=lambda: False,
            report=lambda: None,
            gallery_max_age_days=0,
        )
        self.housekeeper.load_gallery()

    def _use(self, snapshot: GallerySnapshot) -> None:
        self.matcher = Matcher(snapshot.templates)

    def restarted(self) -> Rig:
        self.outbox.close()
        self.clock.boot_id += "+"
        return Rig(self.folder, self.gallery, self.clock)

    def enrol(self, person: int = DEWI, nip: Nip = NIP, **changes: object) -> Event:
        draft = replace(records.enrolment(), nip=nip, name="Dewi Lestari", templates=faces(person), **changes)  # type: ignore[arg-type]
        event = self.outbox.append(draft, self.clock.now())
        self.housekeeper.enrolled()
        self.housekeeper.look()
        return event

    def withdraw(self, event: Event) -> None:
        draft = OccurrenceDraft("officer-did", "o-1", (PersonId(event.event_id),), WITHDRAWN)
        self.outbox.append(draft, self.clock.now())
        self.housekeeper.enrolled()
        self.housekeeper.look()

    def tell(self, snapshot: GallerySnapshot) -> None:
        self.gallery.tell(snapshot)
        self.housekeeper.look()

    def knows(self, person: int = DEWI) -> PersonId | None:
        return self.matcher.identify([descriptor(person, 10 + n) for n in range(3)]).person_id

    def comes(self, person: int = DEWI) -> Phase:
        """Before the camera, an hour after the last time, until there is a result."""
        self.clock.s += 3600
        self.track += 1
        found: Match = self.matcher.identify([descriptor(person, 10 + n) for n in range(3)])
        found = replace(found, frames=SETTINGS.max_frames)
        self.terminal.sighted(enc.Saw(sighting(self.clock.s, track=self.track, match=found)), {})
        if self.settle() is Phase.CONFIRM:
            self.terminal.press(Button.CORRECT)
        return self.settle()

    def settle(self) -> Phase:
        self.terminal.pump()
        worker = threading.Thread(target=self.clerk.run)
        self.clerk.stop()
        worker.start()
        worker.join()
        self.terminal.pump()
        return self.terminal.encounter.phase

    def presences(self) -> list[dict[str, object]]:
        with sqlite3.connect(self.outbox.path) as journal:
            rows = journal.execute("SELECT body FROM events WHERE kind = 'presence' ORDER BY id").fetchall()
        return [json.loads(body)["presence"] for (body,) in rows]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, Told(office()), Clock())
    yield rig
    rig.outbox.close()


def test_from_the_enrolment_to_the_approval(rig: Rig) -> None:
    assert rig.comes() is Phase.UNKNOWN
    enrolment = rig.enrol()
    assert rig.housekeeper.waits(NIP)
    assert rig.comes() is Phase.RECORDED
    prospect = rig.terminal.encounter.prospect
    assert prospect is not None
    assert (prospect.waiting, prospect.person.name) == (True, "Dewi Lestari")
    dewi = Person(PersonId("p-dewi"), NIP, "Dewi Lestari, S.Kom.")
    rig.tell(office(7, enrolment.event_id, more=(dewi,)))
    assert rig.comes() is Phase.RECORDED
    first, second = rig.presences()
    assert (first["person_id"], first["enrolment"]) == (enrolment.event_id, enrolment.event_id)
    assert (first["direction"], second["direction"]) == (Direction.ARRIVAL.value, Direction.DEPARTURE.value)
    assert (second["person_id"], "enrolment" in second) == ("p-dewi", False)
    prospect = rig.terminal.encounter.prospect
    assert prospect is not None
    assert (prospect.waiting, prospect.person.name) == (False, "Dewi Lestari, S.Kom.")


def refused(rig: Rig, enrolment: Event) -> None:
    rig.tell(office(7, enrolment.event_id))


def withdrawn(rig: Rig, enrolment: Event) -> None:
    rig.withdraw(enrolment)


def the_policy_went_off(rig: Rig, _: Event) -> None:
    rig.tell(office(None))


def too_old(rig: Rig, _: Event) -> None:
    rig.clock.s += 7 * DAY_S
    rig.housekeeper.look()


def too_old_in_another_boot(rig: Rig, _: Event) -> None:
    rig.clock.boot_id = "boot-2"
    too_old(rig, _)


def a_shorter_time(rig: Rig, _: Event) -> None:
    rig.clock.s += 2 * DAY_S
    rig.tell(office(2))


def a_clock_that_went_back(rig: Rig, _: Event) -> None:
    rig.clock.boot_id, rig.clock.s = "boot-2", -DAY_S
    rig.housekeeper.look()


def enrolled_again_and_refused(rig: Rig, _: Event) -> None:
    """The later word on a NIP is the one that counts: the earlier enrolment does not come back."""
    again = rig.enrol()
    rig.tell(office(7, again.event_id))


def the_server_did_not_take_it(rig: Rig, enrolment: Event) -> None:
    rig.queue.acknowledge(enrolment.chain_id, enrolment.seq, rig.clock.now().wall_utc, {enrolment.seq: {"type": "x"}})
    rig.tell(office())


def a_journal_was_set_aside(rig: Rig, _: Event) -> None:
    (rig.folder / "outbox-damaged-1.sqlite").touch()
    rig.housekeeper.look()
    rig.housekeeper.look()
    assert Fault.JOURNAL_DAMAGED in rig.faults.current()


def a_gap_came_after_it(rig: Rig, _: Event) -> None:
    """Of what cannot be read nobody knows that it was no withdrawal."""
    for _event in range(2):
        rig.outbox.append(records.presence("p-budi"), rig.clock.now())
    with sqlite3.connect(rig.outbox.path) as journal:
        journal.execute("DELETE FROM events WHERE id = (SELECT max(id) - 1 FROM events)")
    journal.close()
    rig.tell(office())


def an_occurrence_after_it_is_damaged(rig: Rig, _: Event) -> None:
    rig.outbox.append(OccurrenceDraft("officer-in", "o-1"), rig.clock.now())
    with sqlite3.connect(rig.outbox.path) as journal:
        journal.execute("UPDATE events SET body = CAST('{' AS BLOB) WHERE kind = 'occurrence'")
    journal.close()
    rig.tell(office())


ENDS: list[Callable[[Rig, Event], None]] = [
    refused,
    withdrawn,
    the_policy_went_off,
    too_old,
    too_old_in_another_boot,
    a_shorter_time,
    a_clock_that_went_back,
    enrolled_again_and_refused,
    the_server_did_not_take_it,
    a_journal_was_set_aside,
    a_gap_came_after_it,
    an_occurrence_after_it_is_damaged,
]


@pytest.mark.parametrize("end", ENDS, ids=[each.__name__ for each in ENDS])
def test_it_ends_at_once_and_does_not_come_back_with_a_restart(rig: Rig, end: Callable[[Rig, Event], None]) -> None:
    enrolment = rig.enrol()
    assert rig.knows() == enrolment.event_id
    end(rig, enrolment)
    assert (rig.knows(), rig.housekeeper.waits(NIP)) == (None, False)
    again = rig.restarted()
    assert again.knows() is None
    assert again.knows(BUDI) == "p-budi"
    again.outbox.close()
    rig.outbox.open()


@pytest.mark.parametrize("end", [withdrawn, too_old, a_journal_was_set_aside])
def test_it_ends_also_while_the_gallery_cannot_be_read(rig: Rig, end: Callable[[Rig, Event], None]) -> None:
    """The search cannot be made anew then, and finds the face; the clerk knows nobody of that name."""
    enrolment = rig.enrol()
    assert rig.comes() is Phase.RECORDED
    rig.gallery.unreadable = True
    end(rig, enrolment)
    assert Fault.GALLERY_DAMAGED in rig.faults.current()
    assert rig.comes() is Phase.UNKNOWN
    assert len(rig.presences()) == 1
    rig.gallery.unreadable = False
    rig.tell(office())
    assert (rig.knows(), rig.knows(BUDI)) == (None, "p-budi")
    assert Fault.GALLERY_DAMAGED not in rig.faults.current()


def test_who_is_enrolled_while_the_gallery_cannot_be_read_is_known_as_soon_as_it_can(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.gallery.unreadable = True
    enrolment = rig.enrol()
    for _second in range(3):
        rig.housekeeper.look()
    assert (rig.knows(), rig.knows(BUDI)) == (None, "p-budi")
    assert sum("the gallery cannot be used" in line for line in caplog.messages) == 1
    rig.gallery.unreadable = False
    rig.housekeeper.look()
    assert rig.knows() == enrolment.event_id


def test_a_power_cut_changes_nothing(rig: Rig) -> None:
    """All of it follows from the journal: between the enrolment and the presence, and after the presence."""
    enrolment = rig.enrol()
    for _ in range(2):
        rig = rig.restarted()
        assert rig.comes() is Phase.RECORDED
    assert [each["enrolment"] for each in rig.presences()] == [enrolment.event_id] * 2


def test_without_the_policy_nobody_is_known_before(rig: Rig) -> None:
    rig.tell(office(None))
    rig.enrol()
    assert (rig.comes(), rig.housekeeper.waits(NIP)) == (Phase.UNKNOWN, False)
    assert rig.presences() == []


def test_whoever_has_an_approved_face_goes_on_with_that(rig: Rig) -> None:
    rig.enrol(person=9, nip=KNOWN.nip)
    assert (rig.knows(BUDI), rig.knows(9)) == ("p-budi", None)


def test_somebody_whom_the_office_knows_without_a_face_keeps_the_official_name(rig: Rig) -> None:
    rig.tell(office(7, more=(Person(PersonId("p-dewi"), NIP, "Dewi Lestari, S.Kom."),), faces_too=False))
    enrolment = rig.enrol()
    assert rig.comes() is Phase.RECORDED
    prospect = rig.terminal.encounter.prospect
    assert prospect is not None
    assert (prospect.person.name, prospect.person.person_id) == ("Dewi Lestari, S.Kom.", enrolment.event_id)


def test_one_face_under_two_names_has_to_type_the_nip(rig: Rig) -> None:
    """The guard for those who resemble each other holds for the waiting ones as well."""
    rig.enrol(person=BUDI)
    match = rig.matcher.identify([descriptor(BUDI, 10 + n) for n in range(3)])
    assert match.person_id is None or match.look_alikes


def test_another_terminals_enrolment_is_not_used(rig: Rig) -> None:
    rig.enrol()
    rig.outbox.close()
    other = SqliteOutbox(rig.folder / "outbox.sqlite", DeviceId("d-2"), key=bytes(32)).open()
    assert other.own_enrolments(rig.clock.now().wall_utc - dt.timedelta(days=8)) == []
    other.close()
    rig.outbox.open()


def test_what_is_in_use_outlives_the_day_after_which_enrolments_are_erased(rig: Rig) -> None:
    enrolment = rig.enrol()
    other = rig.enrol(person=9, nip=Nip("198001012005011001"))
    rig.queue.acknowledge(enrolment.chain_id, other.seq, rig.clock.now().wall_utc, {})
    assert rig.queue.erase_enrolments(None, [enrolment.event_id]) == 1
    assert rig.restarted().knows() == enrolment.event_id


def test_nobody_else_is_known_otherwise_because_of_it(rig: Rig) -> None:
    before = rig.matcher.scores([descriptor(BUDI, 10)])
    rig.enrol()
    after = dict(zip(rig.matcher.people, rig.matcher.scores([descriptor(BUDI, 10)]), strict=True))
    np.testing.assert_array_equal(before, [after[PersonId("p-budi")]])
