"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from collections.abc import Sequence

from etpp.base.encoding import format_time
from etpp.base.shown import Json, Moment, Shown
from etpp.db import Transaction
from etpp.faces import renewal
from etpp.faces.choice import Standing, standings
from etpp.faces.marks import Mark, MarkKind
from etpp.faces.model import Coverage, Decided, Enrolment, EnrolmentState
from etpp.faces.renewal import Bulk, Progress
from etpp.faces.store import Templates, choices_made


class MarkKeptShown(Shown):
    """What did not fit when the enrolment was decided: ids, no names."""

    kind: MarkKind
    reference: str
    office_id: str


class MarkFoundShown(MarkKeptShown):
    """What does not fit now; approving it all the same takes its `key`."""

    waits: bool
    nip: str
    name: str
    key: str


class EnrolmentShown(Shown):
    """Without face data: it leaves the server only inside a signed gallery. `models`: whose templates it still holds;
    `renewal`: of one that a terminal offers for a further model, what speaks for it. `marks`: those of one that waits;
    a decided one has those that were known then. `presences`: how many rest on one that waits, and count by its
    approval."""

    office_id: str
    event_id: str
    device_id: str
    nip: str | None
    name: str | None
    state: EnrolmentState
    models: list[str]
    consent: Json
    received_utc: Moment
    person_id: str | None
    renewal: Json | None
    marks: list[MarkFoundShown | MarkKeptShown]
    presences: int


class EnrolmentsShown(Shown):
    """Oldest first. `after` leads to the next page; None on the last."""

    enrolments: list[EnrolmentShown]
    after: str | None


class RejectedShown(Shown):
    """The enrolment's face data is gone."""

    state: EnrolmentState


class ErasedShown(Shown):
    """The gallery version with which the office's terminals forget the face."""

    gallery_version: int


class RecogniserShown(Shown):
    """Whose templates count in an office; `own`: said of the office itself, None: it follows the regency's."""

    office_id: str
    recogniser: str
    own: str | None


class ChangedRecognisersShown(Shown):
    """The offices in which another recogniser counts now."""

    changed: list[RecogniserShown]


class CoverageShown(Shown):
    """How many people have a face, and how many of them have templates of each model."""

    faces: int
    people: dict[str, int]


class RenewalShown(Shown):
    """What an office renews its faces for, or None; how many have consented, and how many offers wait."""

    renewing: str | None
    consented: int
    waiting: int


class OfficeRecogniserShown(RenewalShown, CoverageShown, RecogniserShown):
    """How far an office is; `unrecognised`: how many of the faces are for another recogniser than the one that
    counts."""

    unrecognised: int


class RecogniserDecisionShown(Shown):
    """Who said it of an office or (None) of the regency; `model_id` None: the word was taken back."""

    office_id: str | None
    model_id: str | None
    utc: Moment
    by: str


class RecognisersShown(Shown):
    """How far each office is, and who decided what."""

    offices: list[OfficeRecogniserShown]
    decisions: list[RecogniserDecisionShown]


class ConsentsShown(Shown):
    """How many people it was recorded of."""

    people: int


class LeftOfferShown(Shown):
    """An offer that still waits, with the keys of its marks."""

    event_id: str
    marks: list[str]


class BulkApprovalShown(Shown):
    """What became of all offers of an office that waited."""

    approved: list[str]
    left: list[LeftOfferShown]


def enrolment_shown(enrolment: Enrolment, marks: Sequence[Mark] = (), presences: int = 0) -> EnrolmentShown:
    return EnrolmentShown(
        office_id=enrolment.office_id,
        event_id=enrolment.event_id,
        device_id=enrolment.device_id,
        nip=enrolment.nip,
        name=enrolment.name,
        state=enrolment.state,
        models=list(enrolment.faces),
        consent=dict(enrolment.consent),
        received_utc=format_time(enrolment.received_utc),
        person_id=enrolment.person_id,
        renewal=None if enrolment.renewal is None else dict(enrolment.renewal),
        marks=[_found(mark) for mark in marks]
        if enrolment.state == "pending"
        else [MarkKeptShown.model_validate(mark) for mark in enrolment.marks],
        presences=presences,
    )


def recogniser_shown(standing: Standing) -> RecogniserShown:
    return RecogniserShown(office_id=standing.office_id, recogniser=standing.counts, own=standing.own)


def recognisers_shown(tx: Transaction) -> RecognisersShown:
    coverage, gone_so_far = Templates(tx).coverage(), renewal.progress_of_all(tx)
    return RecognisersShown(
        offices=[
            _office(each, coverage.get(each.office_id, Coverage(0, {})), gone_so_far[each.office_id])
            for each in standings(tx)
        ],
        decisions=[_decided(each) for each in choices_made(tx)],
    )


def renewal_shown(progress: Progress) -> RenewalShown:
    return RenewalShown(renewing=progress.model_id, consented=progress.consented, waiting=progress.waiting)


def bulk_shown(bulk: Bulk) -> BulkApprovalShown:
    left = [LeftOfferShown(event_id=event, marks=[mark.key for mark in marks]) for event, marks in bulk.left.items()]
    return BulkApprovalShown(approved=list(bulk.approved), left=left)


def _office(standing: Standing, coverage: Coverage, progress: Progress) -> OfficeRecogniserShown:
    return OfficeRecogniserShown(
        office_id=standing.office_id,
        recogniser=standing.counts,
        own=standing.own,
        faces=coverage.faces,
        people=dict(coverage.people),
        unrecognised=coverage.unrecognised(standing.counts),
        renewing=progress.model_id,
        consented=progress.consented,
        waiting=progress.waiting,
    )


def _decided(decided: Decided) -> RecogniserDecisionShown:
    return RecogniserDecisionShown(
        office_id=decided.office_id, model_id=decided.model_id, utc=format_time(decided.utc), by=decided.by
    )


def _found(mark: Mark) -> MarkFoundShown:
    return MarkFoundShown(
        kind=mark.kind,
        reference=mark.reference,
        office_id=mark.office_id,
        waits=mark.waits,
        nip=mark.nip,
        name=mark.name,
        key=mark.key,
    )
