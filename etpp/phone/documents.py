"""What the phone's calls show, in the language that was asked for: the server has the words, the phone the drawing."""

from __future__ import annotations

from typing import Literal

from etpp.absence.documents import LetterShown
from etpp.absence.model import LetterState
from etpp.activities.model import Verdict
from etpp.allowance.month import State
from etpp.base.shown import Amount, Day, Moment, MonthText, Shown
from etpp.objections.documents import ObjectionShown
from etpp.phone.unusual import Unusual
from etpp.presence.corrections import CorrectionState
from etpp.presence.documents import CorrectionShown
from etpp.presence.model import Part, Status
from etpp.reports.model import Tone

Gap = Literal["", "outside", "contradiction", "policy"]
"""Why a month cannot be shown: no office, facts that contradict one another, a policy that is not kept here."""


class EntryOnPhone(Shown):
    """An entry as it stands. `returned`: why it came back."""

    entry_id: str
    date: Day
    item_id: str
    name: str
    unit: str
    quantity: Amount
    note: str
    verdict: Verdict
    entered: Amount
    recognised: Amount
    returned: str


class DayOnPhone(Shown):
    """A judged day. Times are local, `HH.MM`; `due`: when work begins and ends. `mark` and `tone`: the verdict in a
    letter or two; `says`: in words; `why`: what it follows from."""

    date: Day
    status: Status
    works: bool
    mark: str
    tone: Tone
    says: str
    why: list[str]
    arrival: str | None
    departure: str | None
    due: tuple[str, str] | None
    entered: Amount
    recognised: Amount


class Today(Shown):
    """`csrf`: for what the phone sends with this log-in. `target`: the points of a day. `today` and `yesterday` are
    None outside of the service; `gap`: why there is no day to be shown."""

    person_id: str
    name: str
    office: str
    date: Day
    zone: str
    csrf: str
    superior: bool
    waiting: int
    target: Amount | None
    today: DayOnPhone | None
    entries: list[EntryOnPhone]
    yesterday: list[EntryOnPhone]
    month_entered: Amount
    month_recognised: Amount
    month_target: Amount | None
    gap: Gap


class ItemOnPhone(Shown):
    """`points`: of one unit, for the person's own post. `used`: how often in two months; `quantity`, `note`: last."""

    item_id: str
    name: str
    unit: str
    points: Amount
    most_a_day: Amount | None
    used: int
    quantity: Amount | None
    note: str


class KindOnPhone(Shown):
    kind_id: str
    name: str
    document_required: bool


class CatalogueOnPhone(Shown):
    """`note_characters`: that a note has at least."""

    items: list[ItemOnPhone]
    kinds: list[KindOnPhone]
    note_characters: int


class Why(Shown):
    """A reason, with those that explain it."""

    text: str
    parts: list[Why]


class LineOnPhone(Shown):
    """An amount of the statement. `percent`: of what a component pays in full."""

    key: str
    name: str
    amount: str
    percent: str | None
    why: list[Why]


class PayOnPhone(Shown):
    """`closed`: these are the figures that were signed; otherwise an estimate by what is known now. `percent`: paid
    before tax, of the whole; `short`: what it fell short for, in a few words each."""

    closed: bool
    state: State
    says: str
    net: str
    net_amount: Amount
    gross: str
    percent: str | None
    short: list[str]
    lines: list[LineOnPhone]
    open: list[str]


class ClosedOnPhone(Shown):
    month: MonthText
    name: str
    net: str
    net_amount: Amount


class MonthOnPhone(Shown):
    """`pay` is None where nothing can be reckoned; with a `gap` there are no days either. `earlier`: closed months, the
    latest first."""

    month: MonthText
    name: str
    gap: Gap
    days: list[DayOnPhone]
    entries: list[EntryOnPhone]
    pay: PayOnPhone | None
    earlier: list[ClosedOnPhone]
    corrections: list[CorrectionShown]
    letters: list[LetterShown]
    objections: list[ObjectionShown]


class WaitingOnPhone(Shown):
    """An entry for a superior to verify. `usual`: the middle quantity of the person's earlier ones."""

    entry_id: str
    person_id: str
    person: str
    date: Day
    name: str
    unit: str
    quantity: Amount
    usual: Amount | None
    points: Amount | None
    note: str
    entered_utc: Moment
    unusual: list[Unusual]


class WaitingList(Shown):
    """What is unusual first. `more`: how many others wait."""

    entries: list[WaitingOnPhone]
    more: int


class Filed(Shown):
    """What was filed, and how it stands."""

    kind: Literal["correction", "letter"]
    id: str
    state: CorrectionState | LetterState
    part: Part | None = None
