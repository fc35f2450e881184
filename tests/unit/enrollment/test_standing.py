"""What became of each enrolment: from the journal, from the server's answers, and from the gallery."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrollment.memory import FILE, KEPT, Memory
from enrollment.standing import Standing, note_of, standings
from kiosk.journal.audit import JournalAudit, Row
from kiosk.journal.queue import JournalQueue
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    EnrolmentDraft,
    GallerySnapshot,
    Nip,
    Person,
    PersonId,
    Template,
)
from tests.unit.enrollment.kit import ANI, BUDI, CITRA, CONSENT, OFFICE, descriptor, outbox, shots
from tests.unit.kiosk import factories
from tests.unit.kiosk.journal import records

KEY = bytes(range(32))
NOW = factories.moment().wall_utc
MASKED = {nip: "•" * 8 + nip[8:] for nip in (ANI, BUDI, CITRA)}


class Desk:
    """A terminal's journal, its gallery, and what is remembered of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = outbox(folder)
        self.queue = JournalQueue(self.journal)
        self.gallery = EMPTY_GALLERY

    def enrol(self, nip: str, person: int, name: str = "Contoh Pegawai", pictures: int = 3) -> None:
        taken = shots(person, pictures)
        self.journal.append(
            EnrolmentDraft(
                nip=Nip(nip),
                name=name,
                office_id=OFFICE,
                templates=tuple(shot.descriptor for shot in taken),
                qualities=tuple(shot.quality for shot in taken),
                model_id=DLIB_RESNET_V1,
                consent_utc=CONSENT.given_utc,
                consent_text_id=CONSENT.text_id,
                officer=CONSENT.officer,
            ),
            factories.moment(),
        )

    def answered(self, **refused: str) -> None:
        """The server took all that waited, but for the sequence numbers in `refused` (`_2="detail"`)."""
        claim = self.queue.claim(limit=100, max_bytes=1_000_000)
        assert claim is not None
        problem = {"type": "urn:presensi:problem:event-invalid", "title": "", "status": 422}
        parked = {int(seq[1:]): {**problem, "detail": detail} for seq, detail in refused.items()}
        self.queue.acknowledge(claim.chain_id, claim.entries[-1].last_seq, NOW, parked)

    def approved(self, nip: str, person: int, name: str = "Nama Resmi", pictures: int = 3) -> None:
        who = PersonId(f"p-{nip}")
        people = {**self.gallery.people, who: Person(who, Nip(nip), name)}
        others = tuple(each for each in self.gallery.templates if each.person_id != who)
        new = [Template("t", who, descriptor(person, n), DLIB_RESNET_V1, None, None) for n in range(pictures)]
        self.gallery = GallerySnapshot(1, None, people, (*others, *reversed(new)))

    def rows(self) -> list[Row]:
        audit = JournalAudit(self.journal)
        return [row for chain in audit.chains() for row in audit.rows(chain, kind="enrolment")]

    def remember(self, now: dt.datetime = NOW) -> None:
        memory = Memory(self.folder, KEY)
        notes = {row.hash: note_of(row, memory) for row in self.rows()}
        memory.keep({event: note for event, note in notes.items() if note is not None}, now)

    def standings(self, key: bytes = KEY) -> list[Standing]:
        return standings(self.rows(), Memory(self.folder, key), self.gallery)

    def states(self) -> list[str]:
        return [each.state for each in self.standings()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.journal.close()


def test_from_the_journal_to_the_gallery(desk: Desk) -> None:
    desk.enrol(ANI, 0, "Ani Contohwati")
    assert desk.standings() == [
        Standing(1, desk.rows()[0].chain_id, NOW, MASKED[ANI], "Ani Contohwati", "waiting", None)
    ]
    desk.answered()
    assert desk.states() == ["received"]
    desk.approved(ANI, 0)
    assert desk.states() == ["enrolled"]


def test_presences_between_them_are_left_out(desk: Desk) -> None:
    desk.journal.append(records.presence(), factories.moment())
    desk.enrol(ANI, 0)
    desk.journal.append(records.presence(), factories.moment())
    desk.enrol(BUDI, 1)
    assert [each.seq for each in desk.standings()] == [2, 4]


def test_what_the_server_refused_keeps_its_reason(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.enrol(BUDI, 1)
    desk.answered(_2="enrolment.nip: is none")
    taken, refused = desk.standings()
    assert (taken.state, refused.state) == ("received", "refused")
    assert refused.problem is not None
    assert refused.problem["detail"] == "enrolment.nip: is none"


def test_another_face_in_the_gallery_is_not_this_enrolment(desk: Desk) -> None:
    """A replacement waits for BKPP while the old face is still recognised."""
    desk.approved(ANI, 0)
    desk.enrol(ANI, 5)
    desk.answered()
    assert desk.states() == ["received"]
    desk.approved(ANI, 5, pictures=2)  # fewer than were sent: another enrolment's
    assert desk.states() == ["received"]


def test_the_same_face_under_another_nip_is_not_enrolled_with_it(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.enrol(BUDI, 0)
    desk.answered()
    desk.approved(ANI, 0)
    assert desk.states() == ["enrolled", "received"]


def test_a_later_enrolment_replaces_the_earlier(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.enrol(BUDI, 1)
    desk.answered()
    desk.enrol(ANI, 2)
    assert desk.states() == ["replaced", "received", "waiting"]
    desk.answered()
    desk.approved(ANI, 2)
    assert desk.states() == ["replaced", "received", "enrolled"]


def test_one_that_was_refused_replaces_nothing(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.enrol(ANI, 2)
    desk.answered(_2="enrolment.templates: too many")
    assert desk.states() == ["received", "refused"]


def test_when_its_content_is_erased_it_is_still_known_whose_it_was(desk: Desk) -> None:
    for person, nip in enumerate((ANI, BUDI, CITRA)):
        desk.enrol(nip, person)
    desk.answered(_3="enrolment.name: is none")
    desk.remember()
    assert desk.queue.erase_enrolments() == 3
    desk.approved(ANI, 0, "Ani Contohwati")
    assert [(each.utc, each.nip, each.name, each.state) for each in desk.standings()] == [
        (NOW, MASKED[ANI], "Ani Contohwati", "enrolled"),
        (NOW, MASKED[BUDI], None, "received"),
        (NOW, MASKED[CITRA], None, "refused"),
    ]


def test_what_is_remembered_says_nothing_to_others(desk: Desk) -> None:
    desk.enrol(ANI, 0, "Ani Contohwati")
    desk.remember()
    path = desk.folder / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    ((note,),) = [json.loads(path.read_text(encoding="utf-8")).values()]
    assert set(note) == {"utc", "nip", "person", "faces"}
    assert note["nip"] == MASKED[ANI]
    assert ANI[:8] not in path.read_text(encoding="utf-8")
    memory, other = Memory(desk.folder, KEY), Memory(desk.folder, bytes(32))
    assert note["person"] == memory.person_tag(ANI) != other.person_tag(ANI)
    assert memory.person_tag(ANI) != memory.faces_tag([ANI.encode()])


def test_without_memory_the_list_says_what_the_journal_says(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.answered()
    desk.queue.erase_enrolments()
    (forgotten,) = desk.standings()
    assert (forgotten.utc, forgotten.nip, forgotten.name, forgotten.state) == (None, "", None, "received")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b'{"a": {"utc": "x"}}', b"\xff", b"{" * 5000])
def test_a_damaged_memory_is_begun_anew(desk: Desk, content: bytes) -> None:
    (desk.folder / FILE).write_bytes(content)
    desk.enrol(ANI, 0)
    desk.remember()
    desk.answered()
    desk.queue.erase_enrolments()
    assert [each.nip for each in desk.standings()] == [MASKED[ANI]]


def test_a_disk_that_takes_no_memory_costs_nothing_else(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    (desk.folder / FILE).mkdir()
    desk.enrol(ANI, 0)
    desk.remember()
    assert "check the disk" in caplog.text
    assert desk.states() == ["waiting"]


def test_what_is_old_is_forgotten(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.remember()
    desk.answered()
    desk.queue.erase_enrolments()
    desk.remember(NOW + KEPT)
    assert [each.nip for each in desk.standings()] == [MASKED[ANI]]
    desk.remember(NOW + KEPT + dt.timedelta(seconds=1))
    assert [each.nip for each in desk.standings()] == [""]


def test_a_chain_that_was_begun_anew_tells_each_once(desk: Desk) -> None:
    desk.enrol(ANI, 0)
    desk.answered()
    desk.enrol(BUDI, 1)
    chain_id = desk.rows()[0].chain_id
    assert desk.queue.break_chain(chain_id)
    found = desk.standings()
    assert [(each.nip, each.state) for each in found] == [(MASKED[ANI], "received"), (MASKED[BUDI], "waiting")]
    assert found[1].chain_id != chain_id
