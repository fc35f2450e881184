"""Officers, PINs, notices, and what terminals were told, in SQL."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.bulletin.fading import Fading, ScoreMonth, fading
from etpp.bulletin.model import REGENCY, Duty, LocalUse, NipPinPolicy, Notice, Officer, Told
from etpp.db import Facts, Transaction, bulletin_tables, pay_tables
from etpp.db.bulletin_tables import bulletins, officers, person_pins, score_months
from etpp.db.tables import enrolments, events, people

NOTICES = Facts(Notice, bulletin_tables.notices, "notice_id")
POLICIES = Facts(NipPinPolicy, bulletin_tables.nip_pin_policies, "office_id")
LOCAL_USES = Facts(LocalUse, bulletin_tables.local_uses, "office_id")


class Officers:
    """Of all offices."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, officer: Officer) -> None:
        self._tx.execute(
            sa.insert(officers).values(
                officer_id=officer.officer_id,
                office_id=officer.office_id,
                name=officer.name,
                employee_id=officer.employee_id,
                may_enrol="enrol" in officer.may,
                may_maintain="maintain" in officer.may,
                pin_hash=officer.pin_hash,
                made_utc=officer.made_utc,
                made_by=officer.made_by,
            )
        )

    def get(self, officer_id: str) -> Officer | None:
        row = self._tx.execute(sa.select(officers).where(officers.c.officer_id == officer_id)).one_or_none()
        return None if row is None else _officer(row)

    def find(self, office_id: str | None = None, *, revoked: bool = False) -> list[Officer]:
        """Of an office or of all, by office and name; with `revoked` those who were, too."""
        query = sa.select(officers).order_by(officers.c.office_id, officers.c.name, officers.c.officer_id)
        if office_id is not None:
            query = query.where(officers.c.office_id == office_id)
        if not revoked:
            query = query.where(officers.c.revoked_utc.is_(None))
        return [_officer(row) for row in self._tx.execute(query)]

    def revoke(self, officer_id: str, by: str, now: dt.datetime) -> None:
        """The PIN's hash goes with it."""
        values = {"pin_hash": None, "revoked_utc": now, "revoked_by": by}
        self._tx.execute(sa.update(officers).where(officers.c.officer_id == officer_id).values(**values))


def set_pin(tx: Transaction, employee_id: str, pin_hash: str, by: str, now: dt.datetime) -> None:
    """In one statement: of two who set it at once one waits, and the later one's is the person's."""
    said = {"pin_hash": pin_hash, "made_utc": now, "made_by": by}
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    made = insert(person_pins).values(employee_id=employee_id, **said)
    tx.execute(made.on_conflict_do_update(index_elements=["employee_id"], set_=said))


def pins_of(tx: Transaction, employee_ids: Sequence[str]) -> dict[str, str]:
    """employee -> hash, of those who have one."""
    query = sa.select(person_pins.c.employee_id, person_pins.c.pin_hash)
    rows = tx.execute(query.where(person_pins.c.employee_id.in_(employee_ids)))
    return {row.employee_id: row.pin_hash for row in rows}


def notices_for(tx: Transaction, office_id: str, now: dt.datetime) -> list[Notice]:
    """The regency's that have not ended and the office's own, each by their beginnings: terminals take so many, and an
    office leaves those out that are its own."""
    c = bulletin_tables.notices.c
    found = NOTICES.find(tx, c.office_id.in_([office_id, REGENCY]), c.until_utc > now)
    return sorted(found, key=lambda each: (each.office_id != REGENCY, each.from_utc, each.notice_id))


def policy_of(tx: Transaction, office_id: str) -> NipPinPolicy:
    c = bulletin_tables.nip_pin_policies.c
    said = {each.office_id: each for each in POLICIES.find(tx, c.office_id.in_([office_id, REGENCY]))}
    return in_force(said, office_id)


def in_force(said: Mapping[str, NipPinPolicy], office_id: str) -> NipPinPolicy:
    """The office's own word, else the regency's, else off. `said`: by office."""
    own = said.get(office_id) or said.get(REGENCY)
    return NipPinPolicy(office_id, "off", 0) if own is None else replace(own, office_id=office_id)


def local_use_of(tx: Transaction, office_id: str) -> int:
    """For how many days an office's terminals may know a face that waits; 0: they may not."""
    c = bulletin_tables.local_uses.c
    said = {each.office_id: each for each in LOCAL_USES.find(tx, c.office_id.in_([office_id, REGENCY]))}
    return days_in_force(said, office_id)


def days_in_force(said: Mapping[str, LocalUse], office_id: str) -> int:
    """As `in_force`."""
    own = said.get(office_id) or said.get(REGENCY)
    return 0 if own is None else own.days


def ended(tx: Transaction, office_id: str, since: dt.datetime) -> list[str]:
    """The ids of an office's enrolments that came after a moment and do not wait any more."""
    c = enrolments.c
    query = sa.select(c.event_id).where(c.office_id == office_id, c.state != "pending", c.received_utc >= since)
    return list(tx.execute(query.where(c.renewal.is_(None)).order_by(c.event_id)).scalars())


class Bulletins:
    """What each office's terminals were told last."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, office_id: str) -> Told | None:
        row = self._tx.execute(sa.select(bulletins).where(bulletins.c.office_id == office_id)).one_or_none()
        return None if row is None else Told(row.version, row.content)

    def set(self, office_id: str, told: Told) -> None:
        said = {"version": told.version, "content": dict(told.content)}
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        made = insert(bulletins).values(office_id=office_id, **said)
        self._tx.execute(made.on_conflict_do_update(index_elements=["office_id"], set_=said))


def marks(tx: Transaction) -> tuple[int, ...]:
    """What changes whenever somebody enrols, belongs to an office, or has a letter, as far as that has numbers: one row
    for the whole regency, so that looking every minute costs nothing."""
    facts = (
        pay_tables.letters,
        pay_tables.letter_decisions,
        pay_tables.letter_revocations,
        pay_tables.assignments,
        pay_tables.employees,
    )
    counts = [sa.select(sa.func.coalesce(sa.func.max(each.c.fact_no), 0)).scalar_subquery() for each in facts]
    decided = sa.select(sa.func.count(enrolments.c.decided_utc)).scalar_subquery()
    received = sa.select(sa.func.count()).select_from(enrolments).scalar_subquery()
    return tuple(tx.execute(sa.select(*counts, decided, received)).one())


def verified(tx: Transaction) -> int:
    """What changes whenever anything is done with activities."""
    steps = pay_tables.entry_steps
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.max(steps.c.fact_no), 0))).scalar_one())


def make_score_months(tx: Transaction, office_id: str, month: str, start: dt.datetime, end: dt.datetime) -> None:
    """The middle score of each person's presences by face in [start, end), in place of what was there of that month."""
    body = events.c.body["presence"]
    query = sa.select(
        events.c.person_id,
        body["model_id"].as_string().label("model"),
        body["match"]["score"].as_float().label("score"),
    ).where(
        events.c.office_id == office_id,
        events.c.utc >= start,
        events.c.utc < end,
        events.c.status == "accepted",
        events.c.kind == "presence",
        events.c.method.is_(None),
    )
    scores: dict[tuple[str, str], list[float]] = {}
    for row in tx.execute(query):
        scores.setdefault((row.person_id, row.model), []).append(row.score)
    here = score_months.c.office_id == office_id, score_months.c.month == month
    tx.execute(sa.delete(score_months).where(*here))
    rows = [
        {
            "office_id": office_id,
            "person_id": person_id,
            "month": month,
            "model_id": model_id,
            "score": statistics.median(values),
            "presences": len(values),
        }
        for (person_id, model_id), values in scores.items()
    ]
    if rows:
        tx.execute(sa.insert(score_months), rows)


def tidy(tx: Transaction, office_id: str, before: str) -> None:
    """Forget an office's scores of months before one, and those of whoever its terminals do not know any more; and the
    PINs of people whom no office's terminals know."""
    known = sa.select(people.c.person_id).where(people.c.office_id == office_id, people.c.erased_version.is_(None))
    gone = sa.or_(score_months.c.month < before, score_months.c.person_id.not_in(known))
    tx.execute(sa.delete(score_months).where(score_months.c.office_id == office_id, gone))
    enrolled = sa.select(people.c.employee_id).where(people.c.erased_version.is_(None))
    tx.execute(sa.delete(person_pins).where(person_pins.c.employee_id.not_in(enrolled)))


def months_scored(tx: Transaction, month: str) -> set[str]:
    """The offices of which a month's scores are there."""
    query = sa.select(score_months.c.office_id).where(score_months.c.month == month).distinct()
    return set(tx.execute(query).scalars())


def faces_fading(tx: Transaction, since: str) -> list[Fading]:
    """Whose scores fall, of the whole regency, by the months since one."""
    rows = tx.execute(sa.select(score_months).where(score_months.c.month >= since).order_by(score_months.c.month))
    c = enrolments.c
    approved = sa.select(c.office_id, c.person_id, sa.func.max(c.decided_utc).label("utc")).where(
        c.state == "approved", c.person_id.is_not(None)
    )
    enrolled = {
        (row.office_id, row.person_id): f"{row.utc:%Y-%m}"
        for row in tx.execute(approved.group_by(c.office_id, c.person_id))
    }
    return fading((ScoreMonth(*row) for row in rows), enrolled)


def enrolment_states(tx: Transaction, office_id: str) -> dict[str, str]:
    """NIP -> the state of the last enrolment that a terminal of the office sent."""
    c = enrolments.c
    query = sa.select(c.nip, c.state).where(c.office_id == office_id, c.nip.is_not(None))
    return {row.nip: row.state for row in tx.execute(query.order_by(c.received_utc, c.event_id))}


def _officer(row: sa.Row[tuple[object, ...]]) -> Officer:
    duties: list[Duty] = []
    if row.may_enrol:
        duties.append("enrol")
    if row.may_maintain:
        duties.append("maintain")
    return Officer(
        row.officer_id,
        row.office_id,
        row.name,
        frozenset(duties),
        row.pin_hash,
        row.made_utc,
        row.made_by,
        row.employee_id,
        row.revoked_utc,
        row.revoked_by,
    )
