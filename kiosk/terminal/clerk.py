"""The one thread that writes the journal: answers enquiries, records, counts."""

from __future__ import annotations

import datetime as dt
import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from kiosk import schedule
from kiosk.errors import OutboxError, StateError
from kiosk.model import (
    EMPTY_GALLERY,
    NOTHING_TOLD,
    AttackDraft,
    ClockState,
    ConnectedPhone,
    Descriptor,
    Draft,
    Event,
    GallerySnapshot,
    LastPresence,
    LivenessVerdict,
    Match,
    ModelId,
    Moment,
    OccurrenceDraft,
    Person,
    PersonId,
    PresenceDraft,
    Sample,
)
from kiosk.ports import Clock, Outbox
from kiosk.terminal import encounter as enc
from kiosk.terminal.claims import Claims, month_of
from kiosk.terminal.faults import FaultBoard, fault_of
from kiosk.terminal.likeness import Faces
from kiosk.terminal.renewal import Renewals

log = logging.getLogger(__name__)

_LONGEST_DAY = dt.timedelta(days=2)
"""Whatever hours somebody works, a day's first presence is not longer ago."""

SELDOM_S = 60.0
"""An occurrence that is about nobody, of a switch for instance, is told once in so long."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the clerk and the screen know of the office now; replaced in one piece when the gallery changes."""

    snapshot: GallerySnapshot = EMPTY_GALLERY
    connected: bool | None = None


class Clerk:
    """Answers enquiries and writes the journal, in a thread of its own."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        faults: FaultBoard,
        model_id: ModelId,
        reply: Callable[[enc.Input], None],
        invite: Callable[[PersonId], str] = lambda _person_id: "",
        claims: Claims | None = None,
    ) -> None:
        """`invite` makes a code for a person's phone; empty when that cannot be done. `claims` None: nobody is known by
        NIP and PIN."""
        self._renewals = Renewals(outbox.enrolments)
        self._claims = claims
        self._faces = Faces()
        self._told_s: dict[str, float] = {}
        self._outbox = outbox
        self._clock = clock
        self._faults = faults
        self.model_id = model_id
        self._reply = reply
        self._invite = invite
        self._orders: queue.SimpleQueue[enc.Effect | None] = queue.SimpleQueue()
        self.office = Office()
        self.stage_ms: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()

    def order(self, effect: enc.Effect) -> None:
        self._orders.put(effect)

    def stop(self) -> None:
        """All that was ordered before is still carried out."""
        self._orders.put(None)

    def run(self) -> None:
        while (effect := self._orders.get()) is not None:
            self._carry_out(effect)

    def _carry_out(self, effect: enc.Effect) -> None:
        started_s = self._clock.monotonic_s()
        match effect:
            case enc.Enquire(candidates, digits):
                self._answer(candidates, digits)
                self.stage_ms.put(("enquire", (self._clock.monotonic_s() - started_s) * 1e3))
            case enc.Distinguish(candidates):
                self._reply(enc.Distinguished(enc.telling(one.nip for one in self._people(candidates))))
            case enc.Claim():
                self._check(effect)
            case enc.Record(prospect, found, liveness, samples, chosen, face):
                version = self.office.snapshot.version
                direction = chosen or prospect.assessment.direction
                person_id = prospect.person.person_id
                draft = PresenceDraft(person_id, direction, found, liveness, found.model_id, version)
                if prospect.claimed is not None:
                    known = prospect.claimed
                    draft = replace(draft, method=known.method, officer_id=known.officer_id, duress=known.duress)
                if prospect.waiting:
                    draft = replace(draft, enrolment=person_id)
                stored = self._append(replace(draft, chosen=chosen is not None))
                self.stage_ms.put(("store", (self._clock.monotonic_s() - started_s) * 1e3))
                self._reply(stored if isinstance(stored, enc.StoreFailed) else enc.Stored())
                if samples and isinstance(stored, Event):
                    self._offer(person_id, samples, found, liveness, stored.event_id)
                if face is not None and isinstance(stored, Event):
                    self._compare(face, found.model_id, person_id)
            case enc.RecordAttack(liveness, frames):
                self._append(AttackDraft(liveness, frames, self.model_id))
            case enc.Count(what):
                self.probe(what)
            case enc.Happened(what, person_ids):
                self.happened(what, person_ids)
            case enc.Invite(person_id):
                self._reply(enc.Invited(self._invite(person_id)))
            case enc.Forget():
                pass

    def happened(self, what: str, person_ids: tuple[PersonId, ...] = ()) -> None:
        """Append an occurrence; not where the server has sent no bulletin, not even one that tells nothing, for it may
        not know the kind. What is about nobody is told once in SELDOM_S: a switch bounces, and can be played with."""
        if self.office.snapshot.bulletin is NOTHING_TOLD:
            return
        now_s = self._clock.monotonic_s()
        if not person_ids and now_s - self._told_s.get(what, -SELDOM_S) < SELDOM_S:
            return
        if isinstance(self._append(OccurrenceDraft(what, person_ids=person_ids)), Event):
            self._told_s[what] = now_s

    def _compare(self, face: Descriptor, model_id: ModelId, person_id: PersonId) -> None:
        """After the person has been answered; nothing at the terminal shows what comes of it."""
        other = self._faces.other_name_of(face, model_id, person_id, self._clock.monotonic_s())
        if other is not None:
            self.happened("two-people", (other, person_id))

    def _check(self, claim: enc.Claim) -> None:
        """Whether it is somebody's NIP and PIN, who has been recorded so less often this month than is allowed."""
        found, wait_s = None, 0.0
        try:
            if self._claims is not None:
                found = self._claims.check(self.office.snapshot, claim, self._clock.now())
                wait_s = self._claims.wait_s(self.office.snapshot, claim, self._clock.now())
        except StateError as error:
            log.error("no PIN can be compared: %s", error)
        if found is None:
            self._reply(enc.Answered(None, wait_s))
            return
        person, claimed = found
        self._answer_for(person, claimed)

    def _offer(
        self, person_id: PersonId, samples: Sequence[Sample], found: Match, liveness: LivenessVerdict, presence: str
    ) -> None:
        """After the person has been answered: a renewal that fails costs nobody a presence."""
        try:
            draft = self._renewals.draft(self.office.snapshot, person_id, samples, found, liveness, presence)
        except OutboxError as error:
            log.error("the journal cannot be read: %s", error)
            return
        if draft is not None:
            self._append(draft)

    def _append(self, draft: Draft) -> Event | enc.StoreFailed:
        try:
            event = self._outbox.append(draft, self._clock.now())
        except OutboxError as error:
            fault = fault_of(error)
            log.error("the event is not on disk: %s", error)
            self._faults.set(fault, True)
            return enc.StoreFailed(fault)
        log.info("event %s: %s, seq %d", event.event_id, event.kind, event.seq)
        return event

    def probe(self, what: str) -> None:
        """Write a counter; also how the terminal finds out that the disk takes writes again."""
        try:
            self._outbox.count(what)
        except OutboxError as error:
            self._faults.set(fault_of(error), True)
        else:
            for fault in enc.DISK_FAULTS:
                self._faults.set(fault, False)

    def _people(self, candidates: tuple[PersonId, ...]) -> list[Person]:
        """Those of them who are in the office."""
        people = self.office.snapshot.people
        return [people[candidate] for candidate in candidates if candidate in people]

    def _answer(self, candidates: tuple[PersonId, ...], digits: str | None) -> None:
        people = self._people(candidates)
        if digits is not None:
            people = [p for p in people if digits and p.nip.endswith(digits)]
        if len(people) != 1:
            self._reply(enc.Answered(None))
            return
        self._answer_for(people[0])

    def _presences(self, person_id: PersonId, since_utc: dt.datetime) -> Sequence[LastPresence]:
        """Also those under the enrolment by which this terminal knew the person before BKPP had approved it."""
        found = self._outbox.presences(person_id, since_utc)
        former = self.office.snapshot.former.get(person_id)
        if former is None:
            return found
        both = [*found, *self._outbox.presences(former, since_utc)]
        return sorted(both, key=lambda each: each.moment.wall_utc, reverse=True)

    def _answer_for(self, person: Person, claimed: enc.Claimed | None = None) -> None:
        snapshot, now = self.office.snapshot, self._clock.now()
        calendar = snapshot.office.calendar if snapshot.office else schedule.STANDARD_HOURS
        month = month_of(now.wall_utc.astimezone(ZoneInfo(calendar.timezone))).astimezone(dt.UTC)
        try:
            lately = self._presences(person.person_id, min(month, now.wall_utc - _LONGEST_DAY))
        except OutboxError as error:
            log.error("the journal cannot be read: %s", error)
            self._faults.set(fault_of(error), True)
            self._reply(enc.Answered(None))
            return
        by_pin = sum(one.method != "face" and one.moment.wall_utc >= month for one in lately)
        if claimed is not None and by_pin >= snapshot.bulletin.nip_pin.per_month:
            self._reply(enc.Answered(None))
            if claimed.duress:
                self.happened("duress", (person.person_id,))
            return
        last = lately[0] if lately else None
        before = last.moment.wall_utc if last and last.moment.wall_utc <= now.wall_utc else None
        assessment = schedule.assess(calendar, now.wall_utc, before, person.roster)
        day = [
            each.moment.wall_utc
            for each in lately
            if schedule.same_day(calendar, each.moment.wall_utc, now.wall_utc, person.roster)
        ]
        prospect = enc.Prospect(
            person,
            assessment,
            _ago_s(last, now),
            last.direction if last else None,
            clock_trusted=now.clock_state is ClockState.SYNCHRONISED,
            arrived=min(day).astimezone(assessment.local_time.tzinfo) if day else None,
            letter=schedule.excusing(assessment, snapshot.bulletin.letters.get(person.person_id, ())),
            month=snapshot.bulletin.months.get(person.person_id),
            claimed=claimed,
            waiting=person.person_id in snapshot.waiting,
            phone=_phone(snapshot.bulletin.phones.get(person.person_id), now.wall_utc, assessment.local_time.tzinfo),
        )
        self._reply(enc.Answered(prospect))


def _phone(told: ConnectedPhone | None, now: dt.datetime, zone: dt.tzinfo | None) -> dt.datetime | None:
    """When a phone was connected, by the office's clock, while the person is still to be told."""
    return told.connected_utc.astimezone(zone) if told is not None and now < told.until_utc else None


def _ago_s(last: LastPresence | None, now: Moment) -> float | None:
    """Since the last presence: by the monotonic clock within one boot, else by the wall clock; None if that jumped."""
    if last is None:
        return None
    if last.moment.boot_id == now.boot_id:
        return (now.monotonic_ms - last.moment.monotonic_ms) / 1e3
    ago_s = (now.wall_utc - last.moment.wall_utc).total_seconds()
    return ago_s if ago_s >= 0 else None
