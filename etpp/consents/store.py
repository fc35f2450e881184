"""What terminals said of consents, what is held of those people's faces, and the answers, in SQL."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from etpp.base.encoding import parse_time
from etpp.books.model import CONSENTS
from etpp.consents.model import ConsentAnswer, Face, Kind, Standing, Wish
from etpp.db import Facts, Transaction, face_tables
from etpp.db.pay_tables import numbers
from etpp.db.tables import enrolments, events, people, templates

ANSWERS = Facts(ConsentAnswer, face_tables.consent_answers, "wish_id", once=True)

_KINDS: dict[str, Kind] = {"consent-withdrawn": "withdrawn", "consent-refused": "refused"}
_ANSWERED = (
    sa.select(face_tables.consent_answers.c.fact_no)
    .where(face_tables.consent_answers.c.wish_id == events.c.office_id + "/" + events.c.event_id)
    .exists()
)


def one(tx: Transaction, office_id: str, event_id: str) -> Wish | None:
    found = _wishes(tx, events.c.office_id == office_id, events.c.event_id == event_id)
    return found[0] if found else None


def unanswered(tx: Transaction) -> list[Wish]:
    """The oldest first."""
    return _wishes(tx, ~_ANSWERED)


def answered(tx: Transaction, limit: int) -> list[Wish]:
    """The newest."""
    return _wishes(tx, _ANSWERED, newest=limit)


def standings(tx: Transaction, wishes: Sequence[Wish]) -> list[Standing]:
    """In their order."""
    given = {each.wish_id: each for each in _answers(tx, wishes)}
    told = _told(tx, wishes)
    held = _Held(tx, {each.employee_id for each in told.values() if each.employee_id})
    found = []
    for wish in wishes:
        whose = told.get((wish.office_id, wish.about), _Whose())
        faces = held.faces(whose.employee_id, wish.latest_utc)
        if whose.waits and not faces:  # of somebody whom the roster does not know
            faces = (Face(wish.office_id, "", 0, (wish.about,)),)
        known = wish.about != "" and (wish.office_id, wish.about) in told
        agreed = held.agreed(whose.employee_id)
        found.append(Standing(wish, given.get(wish.wish_id), whose.name, whose.employee_id, known, faces, agreed))
    return found


def _wishes(tx: Transaction, *conditions: Any, newest: int | None = None) -> list[Wish]:
    columns = "office_id", "event_id", "device_id", "flag", "body", "utc", "latest_utc", "received_utc"
    order = events.c.received_utc if newest is None else events.c.received_utc.desc()
    query = sa.select(*(events.c[name] for name in columns), events.c.problem)
    query = query.where(events.c.flag.in_(sorted(CONSENTS)), *conditions).order_by(order, events.c.event_id)
    found: dict[str, Wish] = {}
    for row in tx.execute(query.limit(newest)):
        said = row.body["occurrence"]
        wish = Wish(
            row.office_id,
            row.event_id,
            row.device_id,
            _KINDS[row.flag],
            next(iter(said.get("person_ids") or ()), ""),
            said.get("officer_id") or "",
            said.get("officer") or "",
            row.utc,
            row.latest_utc or row.received_utc,
            row.received_utc,
        )
        if not (row.problem or {}).get("reissued"):  # the same once more, of a chain that broke
            found.setdefault(wish.wish_id, wish)
    return list(found.values())


def _answers(tx: Transaction, wishes: Sequence[Wish]) -> list[ConsentAnswer]:
    column = face_tables.consent_answers.c.wish_id
    pages = _pages([each.wish_id for each in wishes])
    return [found for page in pages for found in ANSWERS.find(tx, column.in_(page))]


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whom an id stands for. `waits`: it is an enrolment's that nobody has decided."""

    employee_id: str = ""
    name: str = field(default="", repr=False)
    waits: bool = False


def _told(tx: Transaction, wishes: Sequence[Wish]) -> dict[tuple[str, str], _Whose]:
    """By office and id: a person's, or else that of an enrolment, which became a person's since or has a NIP."""
    found: dict[tuple[str, str], _Whose] = {}
    with_nip = sa.select(numbers.c.person_id).where(numbers.c.number == enrolments.c.nip).scalar_subquery()
    became = sa.and_(people.c.office_id == enrolments.c.office_id, people.c.person_id == enrolments.c.person_id)
    waited = sa.select(
        enrolments.c.office_id,
        enrolments.c.event_id,
        sa.func.coalesce(people.c.employee_id, with_nip),
        sa.func.coalesce(people.c.name, enrolments.c.name),
        enrolments.c.state == "pending",
    ).select_from(enrolments.outerjoin(people, became))
    columns = people.c.office_id, people.c.person_id, people.c.employee_id, people.c.name, sa.false()
    for page in _pages([(each.office_id, each.about) for each in wishes if each.about]):
        for query in (
            waited.where(sa.tuple_(enrolments.c.office_id, enrolments.c.event_id).in_(page)),
            sa.select(*columns).where(sa.tuple_(people.c.office_id, people.c.person_id).in_(page)),
        ):
            for office_id, about, employee_id, name, waits in tx.execute(query):
                found[office_id, about] = _Whose(employee_id or "", name or "", bool(waits))
    return found


class _Held:
    """Everything that is held of some employees' faces."""

    def __init__(self, tx: Transaction, employee_ids: Iterable[str]) -> None:
        self._held: dict[str, list[Face]] = defaultdict(list)
        self._waiting: dict[tuple[str, str], list[tuple[str, dt.datetime]]] = defaultdict(list)
        self._agreed: dict[str, dt.datetime] = {}
        for page in _pages(sorted(employee_ids)):
            self._read(tx, page)

    def _read(self, tx: Transaction, page: Sequence[str]) -> None:
        same = sa.and_(templates.c.office_id == people.c.office_id, templates.c.person_id == people.c.person_id)
        many = sa.select(sa.func.count()).select_from(templates).where(same).scalar_subquery()
        rows = sa.select(people.c.office_id, people.c.person_id, people.c.employee_id, many)
        for office_id, person_id, employee_id, count in tx.execute(rows.where(people.c.employee_id.in_(page))):
            self._held[employee_id].append(Face(office_id, person_id, count))
        given = enrolments.c.consent["given_utc"].as_string()
        became = sa.and_(people.c.office_id == enrolments.c.office_id, people.c.person_id == enrolments.c.person_id)
        approved = sa.select(people.c.employee_id, given).select_from(enrolments.join(people, became))
        approved = approved.where(people.c.employee_id.in_(page), enrolments.c.state == "approved")
        for employee_id, text in tx.execute(approved):
            at = parse_time(text)
            self._agreed[employee_id] = max(at, self._agreed.get(employee_id, at))
        # One that waits knows the person by the NIP only, and may be of an office that does not know them.
        waits = sa.select(numbers.c.person_id, enrolments.c.office_id, enrolments.c.event_id, given)
        waits = waits.select_from(enrolments.join(numbers, numbers.c.number == enrolments.c.nip))
        for employee_id, office_id, event_id, text in tx.execute(
            waits.where(numbers.c.person_id.in_(page), enrolments.c.state == "pending")
        ):
            self._waiting[employee_id, office_id].append((event_id, parse_time(text)))

    def agreed(self, employee_id: str) -> dt.datetime | None:
        """By the newest consent of a face that BKPP has approved."""
        return self._agreed.get(employee_id)

    def faces(self, employee_id: str, latest_utc: dt.datetime) -> tuple[Face, ...]:
        """What a wish of that moment reaches, by office."""
        held = {face.office_id: face for face in self._held.get(employee_id, ())}
        for who, office_id in self._waiting:
            if who == employee_id:
                held.setdefault(office_id, Face(office_id, "", 0))
        found = [
            Face(face.office_id, face.person_id, face.templates, self._before(employee_id, face.office_id, latest_utc))
            for face in held.values()
        ]
        return tuple(sorted((f for f in found if f.templates or f.enrolments), key=lambda face: face.office_id))

    def _before(self, employee_id: str, office_id: str, latest_utc: dt.datetime) -> tuple[str, ...]:
        waiting = self._waiting.get((employee_id, office_id), ())
        return tuple(sorted(event_id for event_id, given_utc in waiting if given_utc <= latest_utc))


def _pages(ids: Sequence[Any], page: int = 1000) -> list[Sequence[Any]]:
    return [ids[start : start + page] for start in range(0, len(ids), page)]
