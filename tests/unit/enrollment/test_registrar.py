"""The registrar: who is admitted, what is refused, and what then stands in the journal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from enrollment import consent as consents
from enrollment.duplicates import Known, KnownFaces, in_event
from enrollment.refusal import Refusal
from enrollment.registrar import Enrolled, Registrar, Sitting
from enrollment.templates import Shot
from kiosk.errors import DiskFull
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DLIB_RESNET_V1, Draft, Event, ModelId, Moment, Nip
from kiosk.wire import canonical, encode_descriptor
from tests.unit.enrollment.kit import ANI, BUDI, CITRA, CONSENT, OFFICE, SETTINGS, NoonClock, descriptor, outbox, shots


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteOutbox]:
    box = outbox(tmp_path)
    yield box
    box.close()


def registrar(journal: SqliteOutbox, *known: Known, office_id: str | None = OFFICE) -> Registrar:
    return Registrar(journal, NoonClock(), KnownFaces(known), DLIB_RESNET_V1, SETTINGS, office_id=office_id)


def on_file(nip: str, person: int) -> Known:
    return Known(Nip(nip), tuple(descriptor(person, n) for n in range(3)))


def not_yet(known: Known) -> Known:
    return dataclasses.replace(known, certain=False)


def enrol(
    desk: Registrar,
    nip: str = ANI,
    person: int = 0,
    *,
    pictures: int = 4,
    replace: bool = False,
    needed: int = 3,
    despite: str | None = None,
    dry_run: bool = False,
    office: str = OFFICE,
) -> Enrolled:
    applicant = desk.admit(nip, "Ani Contohwati, S.E.", office, replace=replace)
    sitting = Sitting(shots(person, pictures), needed, one_sitting=True)
    twin = None if despite is None else Nip(despite)
    return desk.enrol(applicant, sitting, CONSENT, despite=twin, dry_run=dry_run)


def refused(*arguments: object, **keywords: object) -> str:
    with pytest.raises(Refusal) as refusal:
        enrol(*arguments, **keywords)  # type: ignore[arg-type]
    return refusal.value.reason


def codes(enrolled: Enrolled) -> list[str]:
    return [warn.code for warn in enrolled.warnings]


def test_an_enrolment_is_in_the_journal_with_its_consent(journal: SqliteOutbox) -> None:
    enrolled = enrol(registrar(journal))
    ((event, waits),) = journal.enrolments()
    assert (event.event_id, event.seq, waits) == (enrolled.event_id, enrolled.seq, True)
    detail = event.body["enrolment"]
    assert isinstance(detail, dict)
    assert detail["nip"] == ANI
    assert detail["name"] == "Ani Contohwati, S.E."
    assert detail["office_id"] == OFFICE
    assert detail["consent"] == {
        "given_utc": "2026-11-24T01:00:00.000Z",
        "text_id": "consent-id-1",
        "officer": "Petugas Contoh",
    }
    person = in_event(event, DLIB_RESNET_V1)
    assert person is not None
    np.testing.assert_array_equal(person.templates, [shot.descriptor for shot in enrolled.templates])
    assert len(detail["qualities"]) == len(person.templates) == 4
    assert enrolled.warnings == ()


def test_further_recognisers_templates_are_enrolled_where_all_pictures_have_them(journal: SqliteOutbox) -> None:
    one, some = ModelId("fp-112"), ModelId("w600k-112")
    vectors = {n: np.full(512, n + 1, dtype=np.float32) for n in range(4)}
    taken = tuple(
        dataclasses.replace(shot, more={one: vectors[n]} | ({some: vectors[n]} if n else {}))
        for n, shot in enumerate(shots(0))
    )
    made = registrar(journal)
    enrolled = made.enrol(made.admit(ANI, "Ani", OFFICE, replace=False), Sitting(taken, 3, one_sitting=True), CONSENT)
    (event,) = [event for event, _ in journal.enrolments()]
    detail: Any = event.body["enrolment"]
    (more,) = detail["more_templates"]
    assert more["model_id"] == one
    assert more["templates"] == [encode_descriptor(shot.more[one]) for shot in enrolled.templates]
    assert len(more["templates"]) == len(detail["templates"])


@pytest.mark.parametrize(
    ("counts", "described", "warned"),
    [("fp-112", False, True), ("fp-112", True, False), ("dlib-resnet-v1", False, False)],
)
def test_whose_office_counts_templates_that_were_not_made_is_said(
    journal: SqliteOutbox, counts: str, described: bool, warned: bool
) -> None:
    more = {ModelId("fp-112"): np.ones(512, dtype=np.float32)} if described else {}
    taken = tuple(dataclasses.replace(shot, more=more) for shot in shots(0))
    made = Registrar(
        journal,
        NoonClock(),
        KnownFaces(),
        DLIB_RESNET_V1,
        SETTINGS,
        office_id=OFFICE,
        recogniser=ModelId(counts),
    )
    enrolled = made.enrol(made.admit(ANI, "Ani", OFFICE, replace=False), Sitting(taken, 3, one_sitting=True), CONSENT)
    assert ("recogniser_missing" in {warning.code for warning in enrolled.warnings}) is warned


def test_further_templates_never_make_an_event_too_large(journal: SqliteOutbox) -> None:
    models = [ModelId(f"model-{n}") for n in range(9)]
    taken = tuple(
        dataclasses.replace(shot, more=dict.fromkeys(models, np.ones(512, dtype=np.float32))) for shot in shots(0)
    )
    made = registrar(journal)
    made.enrol(made.admit(ANI, "Ani", OFFICE, replace=False), Sitting(taken, 3, one_sitting=True), CONSENT)
    (event,) = [event for event, _ in journal.enrolments()]
    assert 40_000 < len(canonical(event.body)) < 64 * 1024


def test_the_same_face_under_another_nip_is_refused(journal: SqliteOutbox) -> None:
    desk = registrar(journal, on_file(BUDI, 0))
    with pytest.raises(Refusal) as refusal:
        enrol(desk)
    assert refusal.value.reason == "face_known"
    assert BUDI[8:] in str(refusal.value)
    assert BUDI[:8] not in str(refusal.value)  # the birth date stays hidden
    assert journal.queue_state().waiting == 0


def test_one_that_was_enrolled_a_moment_ago_counts_too(journal: SqliteOutbox) -> None:
    desk = registrar(journal)
    enrol(desk, ANI)
    assert refused(desk, BUDI) == "face_known"
    assert refused(desk, ANI, 1) == "nip_enrolled"
    enrol(desk, CITRA, 1)
    assert journal.queue_state().waiting == 2


def test_a_twin_is_accepted_on_the_officer_s_word_and_counted(journal: SqliteOutbox) -> None:
    desk = registrar(journal, on_file(BUDI, 0))
    assert codes(enrol(desk, despite=BUDI)) == ["despite_likeness"]
    assert journal.db.query(lambda c: c.execute("SELECT name, value FROM counters").fetchall()) == [
        ("enrolled_despite_likeness", 1)
    ]


def test_the_officer_s_word_for_one_person_does_not_hold_for_another(journal: SqliteOutbox) -> None:
    assert refused(registrar(journal, on_file(BUDI, 0)), despite=CITRA) == "face_known"


def test_a_nip_on_file_needs_replace(journal: SqliteOutbox) -> None:
    desk = registrar(journal, on_file(ANI, 0))
    assert refused(desk) == "nip_enrolled"
    assert codes(enrol(desk, replace=True)) == []


def test_a_replacement_that_shows_another_face_is_told(journal: SqliteOutbox) -> None:
    assert codes(enrol(registrar(journal, on_file(ANI, 5)), replace=True)) == ["replaced_differs"]


def test_so_is_one_that_differs_from_a_face_that_does_not_count_yet(journal: SqliteOutbox) -> None:
    """An enrolment that BKPP has not decided on, a face for another recogniser."""
    assert codes(enrol(registrar(journal, not_yet(on_file(ANI, 5))))) == ["replaced_differs"]
    assert codes(enrol(registrar(journal, not_yet(on_file(BUDI, 0))), nip=BUDI)) == []


def test_replace_does_no_harm_to_a_new_nip(journal: SqliteOutbox) -> None:
    assert codes(enrol(registrar(journal), replace=True)) == []


def test_two_people_in_one_sitting_are_refused(journal: SqliteOutbox) -> None:
    desk = registrar(journal)
    applicant = desk.admit(ANI, "Ani", OFFICE, replace=False)
    with pytest.raises(Refusal) as refusal:
        desk.enrol(applicant, Sitting(shots(0, 3) + shots(1, 3), 3, one_sitting=True), CONSENT)
    assert refusal.value.reason == "inconsistent_faces"
    assert journal.queue_state().waiting == 0


def test_too_few_different_pictures_are_refused(journal: SqliteOutbox) -> None:
    desk = registrar(journal)
    with pytest.raises(Refusal, match="Only 2 of at least 3") as refusal:
        enrol(desk, pictures=2)
    assert refusal.value.reason == "too_few_views"


def test_one_picture_gives_one_template_and_a_warning(journal: SqliteOutbox) -> None:
    enrolled = enrol(registrar(journal), pictures=1, needed=1)
    assert len(enrolled.templates) == 1
    assert codes(enrolled) == ["few_templates"]


def test_another_office_s_person_is_refused_as_the_server_would(journal: SqliteOutbox) -> None:
    with pytest.raises(Refusal) as refusal:
        enrol(registrar(journal), office="smpn-1-wates")
    assert refusal.value.reason == "other_office"
    assert f"--office {OFFICE}" in refusal.value.say("id")
    assert journal.queue_state().waiting == 0
    assert codes(enrol(registrar(journal, office_id=None), office="smpn-1-wates")) == []


def test_a_model_that_no_gallery_carries_is_refused(journal: SqliteOutbox) -> None:
    desk = Registrar(journal, NoonClock(), KnownFaces(), ModelId("another-v1"), SETTINGS, office_id=OFFICE)
    assert refused(desk) == "model_unknown"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_no_face(journal: SqliteOutbox, wrong: float) -> None:
    desk = registrar(journal)
    broken = descriptor(0).copy()
    broken[7] = wrong
    sitting = Sitting((*shots(0, 3), Shot(broken, shots(0, 1)[0].quality, 4)), 3, one_sitting=True)
    with pytest.raises(Refusal) as refusal:
        desk.enrol(desk.admit(ANI, "Ani", OFFICE, replace=False), sitting, CONSENT)
    assert refusal.value.reason == "engine_failed"
    assert journal.queue_state().waiting == 0


@pytest.mark.parametrize(
    ("on_file", "told"), [("Ani Contohwati, S.E.", []), ("ANI  CONTOHWATI, S.E.", []), ("Ani", ["name_differs"])]
)
def test_another_name_than_the_office_s_list_has_is_told(journal: SqliteOutbox, on_file: str, told: list[str]) -> None:
    desk = Registrar(
        journal, NoonClock(), KnownFaces(), DLIB_RESNET_V1, SETTINGS, office_id=OFFICE, names={Nip(ANI): on_file}
    )
    assert codes(enrol(desk)) == told


def test_a_dry_run_checks_everything_and_stores_nothing(journal: SqliteOutbox) -> None:
    desk = registrar(journal)
    enrolled = enrol(desk, dry_run=True)
    assert (enrolled.event_id, enrolled.seq) == (None, None)
    assert journal.queue_state().waiting == 0
    assert refused(desk, BUDI, dry_run=True) == "face_known"  # it would have been


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "123", "x" * 121])
def test_a_name_that_is_none_is_refused(journal: SqliteOutbox, name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        registrar(journal).admit(ANI, name, OFFICE, replace=False)
    assert refusal.value.reason == "name_missing"


def test_a_name_becomes_one_clean_line(journal: SqliteOutbox) -> None:
    applicant = registrar(journal).admit(ANI, " Ani \n\u200b  Contoh\t", OFFICE, replace=False)
    assert applicant.name == "Ani Contoh"


def test_a_control_character_in_a_name_is_refused(journal: SqliteOutbox) -> None:
    """What stands around it is no name either: of an arrow key on the command line `[D` would be left."""
    with pytest.raises(Refusal) as refusal:
        registrar(journal).admit(ANI, " Ani \n\x1b[31m  Contoh\t", OFFICE, replace=False)
    assert refusal.value.reason == "name_character"


@pytest.mark.parametrize("officer", ["x" * 101, "Petugas \x1b[D", "Petugas \u202e", "Petugas \udcff", "12"])
def test_an_officer_s_name_that_the_server_refuses_is_refused(officer: str) -> None:
    with pytest.raises(Refusal) as refusal:
        consents.given(officer, consents.DEFAULT_TEXT_ID, CONSENT.given_utc)
    assert refusal.value.reason == "officer_name"


def test_an_officer_s_name_is_kept_in_one_clean_line() -> None:
    given = consents.given("  Petugas \n Contoh\u200b ", consents.DEFAULT_TEXT_ID, CONSENT.given_utc)
    assert given.officer == "Petugas Contoh"
    assert consents.given("x" * 100, consents.DEFAULT_TEXT_ID, CONSENT.given_utc).officer == "x" * 100


def test_no_personal_data_in_what_is_logged(journal: SqliteOutbox) -> None:
    applicant = registrar(journal).admit(ANI, "Ani Contohwati", OFFICE, replace=False)
    assert "Contohwati" not in repr(applicant)
    assert ANI not in repr(applicant)


class FullDisk(SqliteOutbox):
    def append(self, draft: Draft, moment: Moment) -> Event:
        raise DiskFull("the disk is full.")


def test_what_is_not_on_disk_is_not_enrolled(tmp_path: Path) -> None:
    from kiosk.model import DeviceId

    desk = registrar(FullDisk(tmp_path / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open())
    with pytest.raises(DiskFull):
        enrol(desk)
    desk.admit(ANI, "Ani", OFFICE, replace=False)  # still not on file
