"""What people decided about presences, folded from facts in any order: times, manual entries, corrections. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, Part, Punch, TimeDecision

CorrectionFault = Literal["future", "too_late", "no_occasion", "no_time"]
"""Why a correction cannot be proposed."""

Deadline = Callable[[dt.date, int], dt.datetime]
"""The end of the how manieth working day after a date."""
DayCorrections = Mapping[tuple[Part, str], Correction]
"""The corrections of one day in force, by part and occasion."""


def settle(
    person_id: str,
    punches: Iterable[Punch],
    decisions: Iterable[TimeDecision] = (),
    manual: Iterable[ManualEntry] = (),
) -> tuple[Punch, ...]:
    """A person's presences by time, each event once, with decided times and the manual entries that count."""
    decided: dict[str, TimeDecision] = {}
    for decision in sorted(decisions, key=_decided):
        if decision.by != person_id:
            decided[decision.event_id] = decision
    found: dict[str, Punch] = {}
    for punch in punches:
        known = decided.get(punch.event_id) if decided else None
        if known is not None:
            found[punch.event_id] = Punch(
                punch.event_id, known.utc, known.utc, known.utc, office_id=punch.office_id, manual=punch.manual
            )
        else:
            found[punch.event_id] = punch
    for entry in manual:
        if entry.person_id == person_id and manual_counts(entry):
            at = entry.at_utc
            found[entry.entry_id] = Punch(entry.entry_id, at, at, at, office_id=entry.office_id, manual=True)
    return tuple(sorted(found.values(), key=_happened))


def manual_counts(entry: ManualEntry) -> bool:
    """Whether two people, neither of them the one concerned, have written down something that was not ahead of them."""
    people = {entry.entered_by, entry.confirmed_by, entry.person_id}
    return entry.confirmed_by is not None and len(people) == 3 and entry.at_utc <= entry.entered_utc


def manual_waits(entry: ManualEntry) -> bool:
    """Whether another person's word would make it count."""
    return entry.confirmed_by is None and entry.entered_by != entry.person_id and entry.at_utc <= entry.entered_utc


def check_correction(
    correction: Correction, zone: ZoneInfo, deadline: Deadline, correction_days: int | None
) -> tuple[CorrectionFault, ...]:
    """What speaks against a proposed correction; nothing when it can be decided on."""
    faults: list[CorrectionFault] = []
    at = correction.at_utc
    proposed = correction.proposed_utc
    if correction.date > proposed.astimezone(zone).date() or (at is not None and at > proposed):
        faults.append("future")
    if correction_days is not None and proposed > deadline(correction.date, correction_days):
        faults.append("too_late")
    if (correction.part == "occasion") != bool(correction.occasion_id):
        faults.append("no_occasion")
    if at is not None and correction.part in ("occasion", "day"):
        faults.append("no_time")
    return tuple(faults)


def corrections_in_force(
    person_id: str,
    corrections: Iterable[Correction],
    decisions: Sequence[CorrectionDecision],
    zone: ZoneInfo,
    deadline: Deadline,
    correction_days: int | None = None,
) -> tuple[Mapping[dt.date, DayCorrections], tuple[str, ...]]:
    """The approved corrections by day, and the ids of those that nobody has decided yet.

    Of two approved ones of the same part the one decided later counts. One that cannot be proposed does not count.
    """
    approved: list[tuple[CorrectionDecision, Correction]] = []
    undecided: list[str] = []
    for correction in {c.correction_id: c for c in corrections if c.person_id == person_id}.values():
        if check_correction(correction, zone, deadline, correction_days):
            continue
        last = last_decision(correction, decisions)
        if last is None:
            undecided.append(correction.correction_id)
        elif last.approved:
            approved.append((last, correction))
    found: dict[dt.date, dict[tuple[Part, str], Correction]] = {}
    for _, correction in sorted(approved, key=lambda row: _decided(row[0])):
        found.setdefault(correction.date, {})[correction.part, correction.occasion_id] = correction
    return found, tuple(sorted(undecided))


def last_decision(correction: Correction, decisions: Iterable[CorrectionDecision]) -> CorrectionDecision | None:
    """The one that counts: the latest by neither the proposer nor the person concerned."""
    concerned = correction.person_id, correction.proposed_by
    valid = [d for d in decisions if d.correction_id == correction.correction_id and d.by not in concerned]
    return max(valid, key=_decided, default=None)


def _decided(decision: TimeDecision | CorrectionDecision) -> tuple[dt.datetime, str]:
    return decision.decided_utc, decision.decision_id


def _happened(punch: Punch) -> tuple[dt.datetime, str]:
    return punch.utc, punch.event_id
