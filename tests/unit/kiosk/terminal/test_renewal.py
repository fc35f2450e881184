"""Templates for another recogniser are offered of whom they are asked for, recognised beyond doubt, and once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kiosk import schedule
from kiosk.errors import DiskFault
from kiosk.model import (
    DLIB_RESNET_V1,
    EnrolmentDraft,
    GallerySnapshot,
    Liveness,
    LivenessVerdict,
    ModelId,
    Office,
    PersonId,
    Renewal,
    Sample,
)
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.clerk import Office as Known
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.renewal import NO_SAMPLING, STRONG_MARGIN, STRONG_SCORE, Renewals, beyond_doubt, sampling
from tests.unit.kiosk import factories
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock

FP, W600K = ModelId("fp-112"), ModelId("w600k-112")
P1 = PersonId("p-1")
LIVE = LivenessVerdict(Liveness.LIVE, 0.9, "passive")
ASKED = Renewal(FP, dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC), "consent-renewal-1", "Petugas")
OFFICE = Office("o-1", "Dinas Contoh", schedule.STANDARD_HOURS)
SNAPSHOT = GallerySnapshot(7, OFFICE, {P1: factories.person()}, (), renewals={P1: ASKED})
NEARER = STRONG_SCORE["distance"]
MATCH = factories.match(score=4.0 + NEARER, margin=STRONG_MARGIN)


def samples(count: int = 3, *models: ModelId) -> tuple[Sample, ...]:
    lengths = {DLIB_RESNET_V1: 128, FP: 512}
    wanted = models or (DLIB_RESNET_V1, FP)
    return tuple(
        Sample({each: np.full(lengths[each], n, np.float32) for each in wanted}, factories.face().quality)
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("match", "liveness", "doubt"),
    [
        ({}, LIVE, False),
        ({"score": 4.0 + NEARER - 0.001}, LIVE, True),  # a presence, and no more
        ({"model_id": FP}, LIVE, True),  # where angles are compared it takes more
        ({"model_id": FP, "score": 4.0 + STRONG_SCORE["cosine"] - 0.001}, LIVE, True),
        ({"model_id": FP, "score": 4.0 + STRONG_SCORE["cosine"]}, LIVE, False),
        ({"margin": STRONG_MARGIN - 0.001}, LIVE, True),
        ({"look_alikes": (P1, PersonId("p-2"))}, LIVE, True),  # told apart by the NIP alone
        ({"person_id": PersonId("p-2")}, LIVE, True),
        ({}, replace(LIVE, state=Liveness.PENDING), True),
        ({}, replace(LIVE, state=Liveness.CHALLENGE), True),
        ({}, replace(LIVE, reason="off"), True),  # nobody has looked whether it is alive
    ],
)
def test_beyond_doubt_is_more_than_a_presence_asks_for(
    match: dict[str, Any], liveness: LivenessVerdict, doubt: bool
) -> None:
    assert beyond_doubt(P1, replace(MATCH, **match), liveness) is not doubt


def offer(
    renewals: Renewals, snapshot: GallerySnapshot = SNAPSHOT, taken: tuple[Sample, ...] = ()
) -> EnrolmentDraft | None:
    return renewals.draft(snapshot, P1, taken or samples(), MATCH, LIVE, "event-1")


def test_an_offer_has_both_models_templates_of_the_same_pictures_and_what_speaks_for_it() -> None:
    draft = offer(Renewals(list))
    assert draft is not None
    (more,) = draft.more
    assert (draft.model_id, more[0]) == (DLIB_RESNET_V1, FP)
    assert [each[0] for each in draft.templates] == [each[0] for each in more[1]] == [0, 1, 2]
    assert (draft.nip, draft.office_id, len(draft.qualities)) == (factories.person().nip, "o-1", 3)
    assert (draft.consent_utc, draft.consent_text_id) == (ASKED.consent_utc, ASKED.consent_text_id)
    assert draft.renewal is not None
    assert (draft.renewal.presence, draft.renewal.match, draft.renewal.person_id) == ("event-1", MATCH, P1)


@pytest.mark.parametrize(
    ("snapshot", "taken"),
    [
        (replace(SNAPSHOT, renewals={}), samples()),
        (replace(SNAPSHOT, people={}), samples()),
        (replace(SNAPSHOT, office=None), samples()),
        (SNAPSHOT, samples(2)),
        (SNAPSHOT, samples(3, DLIB_RESNET_V1)),  # the other's file is not installed any more
        (SNAPSHOT, samples(3, FP)),
    ],
)
def test_without_all_that_it_needs_there_is_no_offer(snapshot: GallerySnapshot, taken: tuple[Sample, ...]) -> None:
    assert offer(Renewals(list), snapshot, taken) is None


def test_once_is_enough_until_there_is_another_consent() -> None:
    renewals = Renewals(list)
    assert offer(renewals) is not None
    assert offer(renewals) is None
    again = replace(ASKED, consent_utc=ASKED.consent_utc + dt.timedelta(days=30))
    assert offer(renewals, replace(SNAPSHOT, renewals={P1: again})) is not None


def test_what_the_journal_holds_counts_after_a_restart() -> None:
    outbox = FakeOutbox()
    draft = offer(Renewals(outbox.enrolments))
    assert draft is not None
    outbox.append(draft, factories.moment())
    assert offer(Renewals(outbox.enrolments)) is None
    other = replace(SNAPSHOT, people={PersonId("p-2"): factories.person("p-2")}, renewals={PersonId("p-2"): ASKED})
    theirs = Renewals(outbox.enrolments).draft(
        other, PersonId("p-2"), samples(), replace(MATCH, person_id=PersonId("p-2")), LIVE, "event-2"
    )
    assert theirs is not None


def test_what_is_sampled_is_what_is_asked_for_and_installed() -> None:
    assert sampling(SNAPSHOT, DLIB_RESNET_V1, [DLIB_RESNET_V1]) == NO_SAMPLING
    assert sampling(replace(SNAPSHOT, renewals={}), DLIB_RESNET_V1, [DLIB_RESNET_V1, FP]) == NO_SAMPLING
    here = sampling(SNAPSHOT, DLIB_RESNET_V1, [DLIB_RESNET_V1, FP])
    assert (here.people, here.models) == ({P1}, (FP,))
    # Where another one counts, dlib's is needed beside it: every terminal knows it.
    assert sampling(SNAPSHOT, W600K, [DLIB_RESNET_V1, FP, W600K]).models == (DLIB_RESNET_V1, FP)


class Desk:
    def __init__(self) -> None:
        self.outbox, self.replies = FakeOutbox(), []
        self.clerk = Clerk(self.outbox, FakeClock(), FaultBoard(), DLIB_RESNET_V1, self.replies.append)
        self.clerk.office = Known(SNAPSHOT)

    def record(self, taken: tuple[Sample, ...]) -> None:
        self.clerk.order(enc.Record(factories.prospect(), MATCH, LIVE, taken))
        self.clerk.stop()
        self.clerk.run()


def test_the_clerk_writes_the_offer_after_the_presence_that_it_names() -> None:
    desk = Desk()
    desk.record(samples())
    presence, enrolment = desk.outbox.events
    assert (presence.kind, enrolment.kind) == ("presence", "enrolment")
    claim = enrolment.body["enrolment"]["renewal"]  # type: ignore[index]
    assert (claim["presence"], claim["person_id"]) == (presence.event_id, P1)
    assert claim["match"] == presence.body["presence"]["match"]  # type: ignore[index]
    assert desk.replies == [enc.Stored()]


def test_without_pictures_or_without_a_presence_on_disk_there_is_none() -> None:
    desk = Desk()
    desk.record(())
    assert [each.kind for each in desk.outbox.events] == ["presence"]
    desk = Desk()
    desk.outbox.failure = DiskFault("the disk is gone")
    desk.record(samples())
    assert desk.outbox.events == []
    assert [type(each) for each in desk.replies] == [enc.StoreFailed]


def test_the_pictures_that_are_recorded_are_those_of_the_person_who_is() -> None:
    mine, theirs = samples(3), samples(2)
    settings, seen = factories.SETTINGS, factories.sighting
    saw = enc.Saw(seen(0.0, 1, match=factories.match(), samples=mine[:1]))
    encounter, _ = enc.step(enc.Encounter(), saw, 0.0, settings)
    encounter, _ = enc.step(encounter, enc.Answered(factories.prospect()), 0.1, settings)
    assert encounter.phase is enc.Phase.CONFIRM
    encounter, _ = enc.step(encounter, enc.Saw(seen(0.2, 1, match=factories.match(), samples=mine)), 0.2, settings)
    encounter, _ = enc.step(
        encounter, enc.Saw(seen(0.3, 2, match=factories.match("p-2"), samples=theirs)), 0.3, settings
    )
    encounter, _ = enc.step(encounter, enc.Saw(seen(0.4, 0)), 0.4, settings)  # and walks on
    _, effects = enc.step(encounter, enc.Pressed(enc.Button.CORRECT), 0.5, settings)
    (record,) = effects
    assert isinstance(record, enc.Record)
    assert record.samples == mine
