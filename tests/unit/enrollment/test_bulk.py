"""A list of people: each whole or not at all, in any order of runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from enrollment import quality
from enrollment.bulk import Order, Outcome, enrol_all
from enrollment.catalogue import Phrase
from enrollment.duplicates import Known, KnownFaces, in_event
from enrollment.listing import Row
from enrollment.refusal import Refusal
from enrollment.registrar import Registrar
from kiosk.errors import DiskFull
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DLIB_RESNET_V1, Draft, Event, Moment, Nip
from tests.unit.enrollment.kit import (
    ANI,
    BUDI,
    CITRA,
    CONSENT,
    OFFICE,
    SETTINGS,
    NoonClock,
    Scene,
    SceneEngine,
    descriptor,
    outbox,
    picture,
)
from tests.unit.kiosk import factories

PER_PERSON = 4
SCENES = [Scene([factories.face()], person, view) for person in range(4) for view in range(PER_PERSON)]
DARK, TWO = len(SCENES), len(SCENES) + 1
SCENES += [
    Scene([factories.face(brightness=10.0)]),
    Scene([factories.face(), factories.face(left=400)]),
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteOutbox]:
    box = outbox(tmp_path)
    yield box
    box.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders ani, budi and citra with four pictures each, and some with faults."""
    for person, name in enumerate(("ani", "budi", "citra")):
        save(tmp_path / "list" / name, *range(person * PER_PERSON, (person + 1) * PER_PERSON))
    save(tmp_path / "list" / "dark", DARK)
    save(tmp_path / "list" / "two", 0, TWO)
    save(tmp_path / "list" / "one", 12)
    (tmp_path / "list" / "empty").mkdir()
    return tmp_path / "list"


def save(folder: Path, *scenes: int) -> None:
    folder.mkdir(parents=True)
    for scene in scenes:
        Image.fromarray(picture(scene)).save(folder / f"{scene:03}.png")


ROWS = [Row(1, ANI, "Ani", "ani"), Row(2, BUDI, "Budi", "budi"), Row(3, CITRA, "Citra", "citra")]


def run(
    journal: SqliteOutbox, folder: Path, rows: list[Row], *, known: tuple[Known, ...] = (), **order: Any
) -> Iterator[Outcome]:
    """As a new process would: what was sent is read from the journal."""
    faces, sent = KnownFaces(known), KnownFaces()
    for event, waits in journal.enrolments():
        person = in_event(event, DLIB_RESNET_V1)
        assert person is not None
        sent.add(person)
        if waits:
            faces.add(person)
    desk = Registrar(journal, NoonClock(), faces, DLIB_RESNET_V1, SETTINGS, office_id=OFFICE, sent=sent)
    whole = Order(folder, OFFICE, CONSENT, SETTINGS.min_templates)
    return enrol_all(replace(whole, **order), rows, desk, SceneEngine(SCENES), quality.limits(SETTINGS))


def statuses(outcomes: Iterator[Outcome]) -> list[str]:
    return [o.refusal.reason if o.status == "refused" and o.refusal else o.status for o in outcomes]


def test_all_are_enrolled(journal: SqliteOutbox, folder: Path) -> None:
    assert statuses(run(journal, folder, ROWS)) == ["accepted"] * 3
    assert [event.body["enrolment"]["nip"] for event, _ in journal.enrolments()] == [ANI, BUDI, CITRA]  # type: ignore[index]


def test_a_second_run_changes_nothing(journal: SqliteOutbox, folder: Path) -> None:
    list(run(journal, folder, ROWS))
    assert statuses(run(journal, folder, ROWS)) == ["already"] * 3
    assert statuses(run(journal, folder, ROWS, replace=True)) == ["already"] * 3
    assert journal.queue_state().waiting == 3


def test_an_interrupted_run_goes_on_where_it_was(journal: SqliteOutbox, folder: Path) -> None:
    outcomes = run(journal, folder, ROWS)
    assert next(outcomes).status == "accepted"
    del outcomes  # Ctrl-C
    assert statuses(run(journal, folder, ROWS)) == ["already", "accepted", "accepted"]


def test_new_pictures_replace_only_when_told(journal: SqliteOutbox, folder: Path) -> None:
    list(run(journal, folder, ROWS[:1]))
    Image.fromarray(picture(0)).save(folder / "ani" / "same-again.png")
    (folder / "ani" / "003.png").unlink()
    assert statuses(run(journal, folder, ROWS[:1])) == ["already"]
    assert statuses(run(journal, folder, ROWS[:1], replace=True)) == ["accepted"]
    assert journal.queue_state().waiting == 2


def test_each_refusal_stands_for_itself(journal: SqliteOutbox, folder: Path) -> None:
    save(folder / "ani-again", 0, 1, 2, 3)
    save(folder / "nobody-s", 4, 5)
    rows = [
        Row(1, ANI, "Ani", "ani"),
        Row(2, "199501012015032001", "Face of Ani", "ani-again"),
        Row(3, BUDI, "", "budi"),
        Row(4, "198503152010011009", "Dark", "dark"),
        Row(5, "198503152010011010", "Two", "two"),
        Row(6, "198503152010011011", "Empty", "empty"),
        Row(7, "198503152010011012", "Absent", "absent"),
        Row(8, "198503152010011013", "Outside", "../list2"),
        Row(9, "198503152010011014", "The list itself", "."),
        Row(10, "198503152010011015", "No folder", ""),
        Row(11, "123", "Short", "nobody-s"),
        Row(12, "198503152010011016", "Not asked", "nobody-s", consent=False),
        Row(13, CITRA, "Citra", "citra"),
        Row(14, "198503152010011017", "One picture", "one"),
    ]
    assert statuses(run(journal, folder, rows)) == [
        "accepted",
        "face_known",
        "name_missing",
        "too_dark",
        "several_faces",
        "no_pictures",
        "no_pictures",
        "folder_outside",
        "folder_outside",
        "folder_outside",
        "nip_format",
        "no_consent",
        "accepted",
        "accepted",
    ]
    assert journal.queue_state().waiting == 3


def test_no_input_of_one_person_ends_the_list(journal: SqliteOutbox, folder: Path) -> None:
    """Files, names of folders and lines that nothing can be made of, each between people who are enrolled."""
    odd = folder / "odd"
    odd.mkdir()
    (odd / "1.jpg").write_bytes(b"\xff\xd8\xff\xe1\xff\xffExif")
    (odd / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder / "loop").symlink_to("loop")
    (folder / "heic").mkdir()
    (folder / "heic" / "1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    fault = Refusal("listing_unreadable", line=9, found=Phrase("quotation"))
    rows = [
        ROWS[0],
        Row(2, "198503152010011010", "Rusak", "odd"),
        Row(3, "198503152010011011", "Putar", "loop"),
        Row(4, "198503152010011012", "Nol", "a\0b"),
        Row(5, "198503152010011013", "Panjang", "x" * 5000),
        Row(6, "198503152010011014", "Bukan UTF-8", "a\udcff"),
        Row(7, "198503152010011015", "Telepon", "heic"),
        ROWS[1],
        Row(9, "", "", "", fault=fault),
        Row(10, "", "", "", fault=fault),
        Row(11, "198503152010011016", "Siti\u202eRahayu", "dark"),
        Row(12, "1985031520100110O7", "Huruf", "dark"),
        Row(13, "1,98503E+17", "Bilangan", "dark"),
        ROWS[2],
    ]
    assert statuses(run(journal, folder, rows)) == [
        "accepted",
        "picture_unreadable",
        "no_pictures",
        "no_pictures",
        "no_pictures",
        "no_pictures",
        "picture_unsupported",
        "accepted",
        "listing_unreadable",
        "listing_unreadable",
        "name_character",
        "nip_format",
        "nip_spreadsheet",
        "accepted",
    ]
    assert journal.queue_state().waiting == 3


def test_a_folder_is_found_as_other_systems_write_it(journal: SqliteOutbox, folder: Path) -> None:
    names = ["ANI", ".\\budi", "\u202acitra\u202c"]
    rows = [replace(row, folder=name) for row, name in zip(ROWS, names, strict=True)]
    assert statuses(run(journal, folder, rows)) == ["accepted"] * 3


def test_two_folders_that_differ_in_capital_letters_are_not_guessed_at(journal: SqliteOutbox, folder: Path) -> None:
    save(folder / "Ani", 4, 5, 6)
    assert statuses(run(journal, folder, [replace(ROWS[0], folder="ANI")])) == ["no_pictures"]
    assert statuses(run(journal, folder, [replace(ROWS[0], folder="..\\list2")])) == ["folder_outside"]


def test_another_office_s_list_is_refused(journal: SqliteOutbox, folder: Path) -> None:
    assert statuses(run(journal, folder, ROWS, office_id="smpn-1-wates")) == ["other_office"] * 3


def test_a_nip_that_stands_twice_is_enrolled_for_nobody(journal: SqliteOutbox, folder: Path) -> None:
    spaced = f"{ANI[:8]} {ANI[8:14]} {ANI[14]} {ANI[15:]}"
    rows = [ROWS[0], Row(2, spaced, "Budi", "budi"), ROWS[2]]
    assert statuses(run(journal, folder, rows)) == ["nip_repeated", "nip_repeated", "accepted"]


@pytest.mark.parametrize("written", ["ani", "ANI", ".\\ani", "budi/../ani", "link"])
def test_a_folder_that_two_lines_name_is_nobody_s(journal: SqliteOutbox, folder: Path, written: str) -> None:
    """The first of them had the other one's face."""
    (folder / "link").symlink_to("ani")
    rows = [Row(1, BUDI, "Budi", written, line=2), Row(2, ANI, "Ani", "ani", line=3), ROWS[2]]
    outcomes = list(run(journal, folder, rows))
    assert statuses(iter(outcomes)) == ["folder_shared", "folder_shared", "accepted"]
    assert [each.refusal.details for each in outcomes if each.refusal] == [{"lines": "3"}, {"lines": "2"}]
    assert statuses(run(journal, folder, [replace(rows[0], consent=False), rows[1]])) == ["no_consent", "folder_shared"]


def test_a_dry_run_tells_the_same_and_stores_nothing(journal: SqliteOutbox, folder: Path) -> None:
    save(folder / "ani-again", 0, 1, 2, 3)
    rows = [*ROWS, Row(4, "198503152010011009", "Face of Ani", "ani-again")]
    assert statuses(run(journal, folder, rows, dry_run=True)) == ["accepted"] * 3 + ["face_known"]
    assert journal.queue_state().waiting == 0


def test_people_of_the_gallery_count(journal: SqliteOutbox, folder: Path) -> None:
    known = (Known(Nip(ANI), (descriptor(0),)), Known(Nip("198503152010011009"), (descriptor(1, 30),)))
    assert statuses(run(journal, folder, ROWS, known=known)) == ["already", "face_known", "accepted"]


def test_who_is_known_to_another_recogniser_only_is_enrolled(journal: SqliteOutbox, folder: Path) -> None:
    known = (Known(Nip(ANI), (descriptor(0),), certain=False),)
    assert statuses(run(journal, folder, ROWS[:1], known=known)) == ["accepted"]
    assert statuses(run(journal, folder, ROWS[:1], known=known)) == ["already"]


class FullAfterOne(SqliteOutbox):
    def append(self, draft: Draft, moment: Moment) -> Event:
        if self.queue_state().waiting:
            raise DiskFull("the disk is full.")
        return super().append(draft, moment)


def test_a_full_disk_ends_the_run_and_loses_nobody(tmp_path: Path, folder: Path) -> None:
    from kiosk.model import DeviceId

    full = FullAfterOne(tmp_path / "full.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    outcomes = run(full, folder, ROWS)
    assert next(outcomes).status == "accepted"
    with pytest.raises(DiskFull):
        next(outcomes)
    assert full.queue_state().waiting == 1
    full.close()
