"""Who is found in the roster by a part of a name or a number, in SQL: a page of them, within somebody's offices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from etpp.db import Transaction, pay_tables
from etpp.db.tables import people
from etpp.roster.model import Employee
from etpp.roster.store import Roster

By = Literal["name", "nip"]


@dataclass(frozen=True, slots=True)
class Served:
    """An employee, and the office where they serve on a day (None: nowhere)."""

    employee: Employee
    office_id: str | None


def find(
    tx: Transaction,
    words: Sequence[str],
    offices: Collection[str] | None,
    today: dt.date,
    by: By = "name",
    descending: bool = False,
    first: int = 0,
    count: int = 50,
) -> tuple[list[Served], int]:
    """Those of whose name, NIP or other id every word is a part, from a place in the order on; and how many there are.
    `offices`: who serves there today, or whose face their terminals know; None: everybody.

    Looks through every name: no index finds the middle of a word in both databases, and ten thousand take
    milliseconds (decision 94)."""
    employees = pay_tables.employees
    c, later = employees.c, employees.alias("later")
    asked: list[sa.ColumnElement[bool]] = [
        ~c.withdrawn,
        ~sa.exists().where(later.c.person_id == c.person_id, later.c.fact_no > c.fact_no),
        *(
            sa.or_(*(column.icontains(word, autoescape=True) for column in (c.name, c.nip, c.other_id)))
            for word in words
        ),
    ]
    if offices is not None:
        asked.append(sa.or_(c.person_id.in_(_serving(offices, today)), c.person_id.in_(_known_at(offices))))
    key = c.nip if by == "nip" else sa.func.lower(c.name)
    ordered = key.desc().nulls_last() if descending else key.asc().nulls_last()
    columns = (c.person_id, c.name, c.nip, c.other_id, sa.func.count().over().label("total"))
    query = sa.select(*columns).where(*asked).order_by(ordered, c.person_id)
    rows = tx.execute(query.offset(first).limit(count)).all()
    posts = Roster(tx).assignments(today, today, person_ids=[row.person_id for row in rows])
    served = {post.person_id: post.office_id for post in posts}
    found = [Served(Employee(r.person_id, r.name, r.nip, r.other_id), served.get(r.person_id)) for r in rows]
    return found, rows[0].total if rows else 0


def _serving(offices: Collection[str], today: dt.date) -> sa.Select[tuple[str]]:
    post = pay_tables.assignments
    newer = post.alias("newer")
    return sa.select(post.c.person_id).where(
        post.c.office_id.in_(offices),
        ~post.c.withdrawn,
        post.c.first <= today,
        sa.or_(post.c.last.is_(None), post.c.last >= today),
        ~sa.exists().where(newer.c.assignment_id == post.c.assignment_id, newer.c.fact_no > post.c.fact_no),
    )


def _known_at(offices: Collection[str]) -> sa.Select[tuple[str]]:
    return sa.select(people.c.employee_id).where(people.c.office_id.in_(offices), people.c.erased_version.is_(None))
