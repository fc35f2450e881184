"""Statements, months and what an audit found, as the JSON of the administrator's API and of the commands."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import TypedDict  # pydantic, which brings it, takes no other before Python 3.12

from etpp.allowance.adjust import Adjustment
from etpp.allowance.audit import Audited, What
from etpp.allowance.closing import Closing
from etpp.allowance.model import Month, MonthStep, OfficeScore, Policy, PolicyUse, Sanction, Statement, Unit
from etpp.allowance.month import Reckoned, Standing, State
from etpp.allowance.seal import statement_document
from etpp.base.encoding import encode_key, format_time
from etpp.base.money import plain
from etpp.base.shown import Amount, Day, Moment, MonthText, Sha256, Shown


class LineShown(TypedDict):  # a person's month has about fifty: dictionaries are made several times as fast
    """One amount, the rule that it follows and the facts behind it; `parts` explain it."""

    key: str
    amount: Amount
    unit: Unit
    rule: str
    because: list[str]
    parts: list[LineShown]


class StatementShown(Shown):
    """One person's month: its lines add up to `net`; `open` keeps it from being closed."""

    person_id: str
    office_id: str
    month: MonthText
    policy_id: str
    policy_sha256: Sha256
    working_days: int
    entitled_days: int
    gross: Amount
    net: Amount
    lines: list[LineShown]
    open: list[str]
    manual: list[str]


class _Named(Shown):
    name: str | None


class NamedStatementShown(StatementShown, _Named):
    """`name`: None of somebody who is no longer in the roster."""


class _Opened(Shown):
    name: str
    closed: bool


class PersonMonthShown(StatementShown, _Opened):
    """`closed`: the statement is as it was sealed, and not as the facts stand now."""


class MonthStepShown(Shown):
    """Who said so of which list, and when."""

    by: str
    at: Moment
    hash: Sha256


class ClosingShown(Shown):
    """A closed month with its seal; `despite`: open matters that two people passed over."""

    office_id: str
    month: MonthText
    statements: int
    total: Amount
    despite: list[str]
    policy_sha256: Sha256
    as_of: Moment
    prev_hash: Sha256
    hash: Sha256
    key_id: str
    signature: str
    closed_by: str


class StandingShown(Shown):
    """Where a month is, without its figures but for the closed total."""

    office_id: str
    month: MonthText
    state: State
    checked: MonthStepShown | None
    closed: ClosingShown | None
    paid: MonthStepShown | None


class StandingsShown(Shown):
    """One of each office, by id."""

    months: list[StandingShown]


class AdjustmentShown(Shown):
    """What a month closed before would be today, less what it was."""

    person_id: str
    month: MonthText
    key: str
    amount: Amount
    rule: str
    because: list[str]


class ReckonedShown(Shown):
    """An office's whole list."""

    office_id: str
    month: MonthText
    policy_id: str
    hash: Sha256
    total: Amount
    open: list[str]
    statements: list[NamedStatementShown]
    adjustments: list[AdjustmentShown]


class MonthShown(ReckonedShown, StandingShown):
    """Where a month is, and its list as the facts stand now."""


class CheckedShown(Shown):
    """The list that was checked, and what still keeps its month open."""

    hash: Sha256
    total: Amount
    open: list[str]


class PaidShown(Shown):
    """The closed list that was paid."""

    office_id: str
    month: MonthText
    hash: Sha256
    by: str


class ScoreShown(Shown):
    """An office's score of a month."""

    score_id: str
    office_id: str
    month: MonthText
    percent: Amount


class SanctionShown(Shown):
    """So many per cent less from a day to a day, by a document."""

    sanction_id: str
    person_id: str
    percent: Amount
    first: Day
    last: Day
    document: str


class SanctionsShown(Shown):
    """Those that were not withdrawn, by id. `after` leads to the next page; None on the last."""

    sanctions: list[SanctionShown]
    after: str | None


class PolicyShown(Shown):
    """A policy, and from when until when the regency pays by it."""

    policy_id: str
    title: str
    first: Day
    last: Day | None
    sha256: Sha256


class PoliciesShown(Shown):
    """As they were decided: for one month, the last counts."""

    policies: list[PolicyShown]


class ReliedOnShown(Shown):
    """A manual entry that a figure of this person rests on."""

    person_id: str
    entry_id: str


class CorrectedShown(Shown):
    """A correction that a figure of this person rests on."""

    person_id: str
    correction_id: str


class UnsignedShown(Shown):
    """Presences of a terminal that did not sign its chains yet."""

    device_id: str
    events: int


class FindingShown(Shown):
    """Something that does not hold; `person_id`: of one person's statement."""

    what: What
    person_id: str | None
    detail: str


class AuditedShown(Shown):
    """A closed month looked at again; `whole`: nothing was found. `signed`: presences under their terminal's signature;
    `otherwise`: where the books have another time than a terminal showed, which is no finding."""

    office_id: str
    month: MonthText
    whole: bool
    statements: int
    events: int
    signed: int
    unsigned: list[UnsignedShown]
    otherwise: list[str]
    manual: list[ReliedOnShown]
    corrections: list[CorrectedShown]
    despite: list[str]
    findings: list[FindingShown]


def standing_shown(office_id: str, month: Month, where: Standing) -> StandingShown:
    return StandingShown(
        office_id=office_id,
        month=str(month),
        state=where.state,
        checked=_step(where.checked),
        closed=None if where.closed is None else closing_shown(where.closed),
        paid=_step(where.paid),
    )


def closing_shown(closed: Closing) -> ClosingShown:
    sealed = closed.sealed
    return ClosingShown(
        office_id=sealed.office_id,
        month=str(sealed.month),
        statements=len(sealed.statements),
        total=plain(sealed.total),
        despite=[] if sealed.despite is None else list(sealed.despite.open),
        policy_sha256=closed.policy_sha256,
        as_of=format_time(closed.as_of_utc),
        prev_hash=sealed.prev_hash,
        hash=sealed.hash,
        key_id=closed.key_id,
        signature=encode_key(closed.signature),
        closed_by=closed.closed_by,
    )


def reckoned_shown(found: Reckoned, names: Mapping[str, str]) -> ReckonedShown:
    """The whole list. `names`: by person."""
    return ReckonedShown(
        office_id=found.office_id,
        month=str(found.month),
        policy_id=found.policy.policy_id,
        hash=found.hash,
        total=plain(found.total),
        open=list(found.open),
        statements=[
            NamedStatementShown.model_validate({"name": names.get(each.statement.person_id), **each.document})
            for each in found.written
        ],
        adjustments=[adjustment_shown(each) for each in found.adjustments],
    )


def month_shown(where: StandingShown, found: ReckonedShown) -> MonthShown:
    return MonthShown.model_construct(**{**dict(where), **dict(found)})


def person_month_shown(name: str, closed: bool, found: Statement) -> PersonMonthShown:
    return PersonMonthShown.model_validate({"name": name, "closed": closed, **statement_document(found)})


def adjustment_shown(each: Adjustment) -> AdjustmentShown:
    return AdjustmentShown(
        person_id=each.person_id,
        month=str(each.month),
        key=each.key,
        amount=plain(each.amount),
        rule=each.rule,
        because=list(each.because),
    )


def checked_shown(found: Reckoned) -> CheckedShown:
    return CheckedShown(hash=found.hash, total=plain(found.total), open=list(found.open))


def paid_shown(step: MonthStep) -> PaidShown:
    return PaidShown(office_id=step.office_id, month=step.month, hash=step.hash, by=step.by)


def score_shown(score: OfficeScore) -> ScoreShown:
    return ScoreShown(
        score_id=score.score_id, office_id=score.office_id, month=str(score.month), percent=plain(score.percent)
    )


def sanction_shown(each: Sanction) -> SanctionShown:
    return SanctionShown(
        sanction_id=each.sanction_id,
        person_id=each.person_id,
        percent=plain(each.percent),
        first=each.first.isoformat(),
        last=each.last.isoformat(),
        document=each.document,
    )


def policy_shown(policy: Policy, use: PolicyUse | None = None) -> PolicyShown:
    """A policy, and from when until when the regency pays by it."""
    period = use or policy
    return PolicyShown(
        policy_id=policy.policy_id,
        title=policy.title,
        first=period.first.isoformat(),
        last=None if period.last is None else period.last.isoformat(),
        sha256=policy.sha256,
    )


def audited_shown(found: Audited) -> AuditedShown:
    return AuditedShown(
        office_id=found.office_id,
        month=str(found.month),
        whole=not found.findings,
        statements=found.statements,
        events=found.events,
        signed=found.signed,
        unsigned=[UnsignedShown(device_id=device, events=count) for device, count in found.unsigned],
        otherwise=list(found.otherwise),
        manual=[ReliedOnShown(person_id=person, entry_id=entry) for person, entry in found.manual],
        corrections=[CorrectedShown(person_id=person, correction_id=each) for person, each in found.corrections],
        despite=list(found.despite),
        findings=[
            FindingShown(what=each.what, person_id=each.person_id, detail=each.detail) for each in found.findings
        ],
    )


def _step(step: MonthStep | None) -> MonthStepShown | None:
    return None if step is None else MonthStepShown(by=step.by, at=format_time(step.at_utc), hash=step.hash)
