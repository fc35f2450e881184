"""Activities as values: catalogue, entries and what was decided about them. Frozen; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Step = Literal["submitted", "verified", "returned", "withdrawn"]

Verdict = Literal[
    "recognised",  # verified, or accepted because the superior let the time pass
    "draft",  # never submitted
    "waiting",  # submitted; the superior has not decided
    "returned",  # sent back with a reason
    "withdrawn",  # taken back by its author
    "late",  # submitted after the deadline
    "neglected",  # the superior let the time pass, and the policy says that it is lost
    "overlap",  # in the time of another one
    "over_item",  # beyond what the item may have in a day
    "no_weight",  # the catalogue has no points for it on that date
]

EntryFault = Literal[
    "quantity",
    "future",
    "note_short",
    "times",
    "times_elsewhere",
    "overlap",
    "item_unknown",
    "no_weight",
    "day_closed",
    "evidence_unknown",
    "too_many",
    "too_often",
]
"""Why an entry cannot be entered or submitted."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the catalogue, for activities between two dates. `most_a_day`: the quantity that counts in a day."""

    item_id: str
    name: str
    unit: str
    first: dt.date
    last: dt.date | None
    most_a_day: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """Points for one unit of an item: for a post, for a job class, or for everybody (neither given)."""

    weight_id: str
    item_id: str
    first: dt.date
    last: dt.date | None
    points: Decimal
    post_id: str | None = None
    job_class: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One activity. `entry_id` was made by its author's device: what arrives twice under one id counts once."""

    entry_id: str
    person_id: str
    date: dt.date
    item_id: str
    quantity: Decimal
    note: str
    entered_utc: dt.datetime
    start_utc: dt.datetime | None = None
    end_utc: dt.datetime | None = None
    evidence_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class EntryStep:
    """One step of an entry's life: submitted or withdrawn by its author, verified or returned by somebody else."""

    step_id: str
    entry_id: str
    step: Step
    by: str
    at_utc: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What the policy says of entries.

    `entry_days`, `verify_days`: working days after the activity, and after its submission (None: no deadline).
    `neglect`: what becomes of an entry whose verification time passed. `day_ceiling`: points that count in a day.
    """

    entry_days: int | None = None
    verify_days: int | None = None
    neglect: Literal["accepted", "lost"] = "accepted"
    note_characters: int = 0
    day_ceiling: Decimal | None = None


class Judged(NamedTuple):
    """One entry with its points as entered and as recognised. They differ where a ceiling or a verdict cut them."""

    entry_id: str
    date: dt.date
    entered: Decimal
    recognised: Decimal
    verdict: Verdict


class DayPoints(NamedTuple):
    """One day's points. `recognised` is under the day's ceiling; `entry_ids` are the entries that it rests on."""

    date: dt.date
    entered: Decimal
    recognised: Decimal
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A month of one person, by day. `undecided`: entries of which more may still be recognised."""

    days: tuple[DayPoints, ...]
    undecided: tuple[str, ...]
    verdicts: tuple[tuple[str, dt.date, Decimal, Decimal, Verdict], ...]
    """The fields of `judged`: pay needs no names for them, and there are a hundred in a month."""

    @property
    def judged(self) -> tuple[Judged, ...]:
        return tuple([Judged(*each) for each in self.verdicts])


Outcome = Literal[
    "done",  # recorded now
    "known",  # it was so before: sent twice
    "conflict",  # the id stands for another entry, or the entry's state does not allow it
    "refused",  # with the faults
    "forbidden",  # by oneself, or by somebody who is neither superior nor deputy on that date
    "unknown",  # no such entry of theirs
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one entry of a batch."""

    entry_id: str
    outcome: Outcome
    faults: tuple[EntryFault | Literal["late"], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry as it stands: with its points as entered and as recognised, and the last step's reason."""

    entry: Entry
    judged: Judged
    steps: tuple[EntryStep, ...]
