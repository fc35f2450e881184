"""A policy tried on a month of every office: read in one transaction, and nothing recorded."""

from __future__ import annotations

import datetime as dt
import heapq
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from etpp.allowance import gather
from etpp.allowance.desk import policy_of
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import Month, Policy
from etpp.allowance.owed import gathered, statements_of
from etpp.base.errors import Conflict
from etpp.base.money import ZERO
from etpp.db import Database, Transaction
from etpp.roster.store import Offices, Roster

MOST_DIFFERENCES = 500
"""People who are named, those with the biggest differences first."""

Tell = Callable[[Literal["read", "write"], int, int], None]
"""Hears how many offices of how many are reckoned. May raise, and nothing is made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`text`: of the policy that is tried."""

    text: str
    month: Month
    kind: Literal["trial"] = "trial"
    office_id: str = "all"
    format: Literal["trial"] = "trial"


class Sums(BaseModel):
    """Rupiah by the policy in force and by the one that is tried; how many people, and of whom it is more or less."""

    key: str
    people: int = 0
    more: int = 0
    less: int = 0
    before: Decimal = ZERO
    after: Decimal = ZERO

    def add(self, before: Decimal, after: Decimal) -> None:
        self.people += 1
        self.more += after > before
        self.less += after < before
        self.before += before
        self.after += after


class Difference(BaseModel):
    person_id: str
    office_id: str
    before: Decimal
    after: Decimal


class Tried(BaseModel):
    """`held`: the title of the policy in force; `left_out`: offices that could not be reckoned by one of the two.
    `classes`: by job class, 0 for people whose class the roster does not say."""

    text: str
    title: str
    held: str
    month: str
    whole: Sums
    offices: list[Sums]
    classes: list[Sums]
    differences: list[Difference]
    left_out: list[str]


def make(database: Database, asked: Asked, path: Path, now: dt.datetime, tell: Tell) -> None:
    """Write what came out to `path`, mode 0600. Whatever ends it early leaves no part of it. Raises Conflict for a text
    that is no policy, StoreUnavailable, and what `tell` raises."""
    with database.read() as tx:
        found = tried(tx, asked, now, tell)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(found.model_dump_json())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def tried(tx: Transaction, asked: Asked, now: dt.datetime, tell: Tell) -> Tried:
    policy, (held, _) = policy_of(asked.text), gather.policy_of(tx, asked.month)
    offices = [each.office_id for each in Offices(tx).all()]
    shared = gather.regency(tx, asked.month, now)
    class_of = _classes(tx, asked.month)
    whole = Sums(key="")
    by_class: dict[int, Sums] = {}
    by_office: list[Sums] = []
    differences: list[Difference] = []
    left_out = []
    for n, office_id in enumerate(offices):
        tell("read", n, len(offices))
        try:
            people = gathered(tx, office_id, asked.month, shared)
            was, will = (_nets(people, each) for each in (held, policy))
        except Conflict:
            left_out.append(office_id)
            continue
        here = Sums(key=office_id)
        for person, before in was.items():
            after, job_class = will.get(person, ZERO), class_of.get(person, 0)
            for sums in (whole, here, by_class.setdefault(job_class, Sums(key=str(job_class)))):
                sums.add(before, after)
            if after != before:
                differences.append(Difference(person_id=person, office_id=office_id, before=before, after=after))
        if here.people:
            by_office.append(here)
    tell("read", len(offices), len(offices))
    return Tried(
        text=asked.text,
        title=policy.title,
        held=held.title,
        month=str(asked.month),
        whole=whole,
        offices=sorted(by_office, key=lambda each: -abs(each.after - each.before)),
        classes=[by_class[key] for key in sorted(by_class, reverse=True)],
        differences=_biggest(differences),
        left_out=left_out,
    )


def _nets(people: Sequence[MonthFacts], policy: Policy) -> Mapping[str, Decimal]:
    return {each.person_id: each.net for each in statements_of(people, policy)}


def _biggest(differences: Iterable[Difference]) -> list[Difference]:
    return heapq.nlargest(
        MOST_DIFFERENCES, differences, key=lambda each: (abs(each.after - each.before), each.person_id)
    )


def _classes(tx: Transaction, month: Month) -> dict[str, int]:
    """Of the post that each held last in the month."""
    posts = sorted(Roster(tx).assignments(month.first, month.last), key=lambda post: post.first)
    return {post.person_id: post.job_class for post in posts}
