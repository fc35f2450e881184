"""Objections and their answers, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from etpp.db import Facts, Transaction, objection_tables
from etpp.objections.model import Objection, ObjectionAnswer, Standing

OBJECTIONS = Facts(Objection, objection_tables.objections, "objection_id", once=True)
ANSWERS = Facts(ObjectionAnswer, objection_tables.objection_answers, "objection_id", once=True)


def of_month(tx: Transaction, person_id: str, month: str) -> list[Standing]:
    """One person's, as they were filed."""
    table = objection_tables.objections
    found = OBJECTIONS.find(tx, table.c.person_id == person_id, table.c.month == month, order="recorded")
    return standings(tx, found)


def standings(tx: Transaction, found: Sequence[Objection]) -> list[Standing]:
    """In their order."""
    column = objection_tables.objection_answers.c.objection_id
    answers = {each.objection_id: each for each in ANSWERS.find(tx, column.in_([o.objection_id for o in found]))}
    return [Standing(each, answers.get(each.objection_id)) for each in found]


def page(tx: Transaction, *, waiting: bool, after: str, limit: int) -> list[Standing]:
    """By id, those after one. `waiting`: without an answer, or else with one."""
    objections, answers = objection_tables.objections, objection_tables.objection_answers
    answered = sa.select(answers.c.fact_no).where(answers.c.objection_id == objections.c.objection_id).exists()
    found = OBJECTIONS.find(tx, ~answered if waiting else answered, objections.c.objection_id > after, limit=limit)
    return standings(tx, found)


def count_waiting(tx: Transaction, person_id: str | None = None) -> int:
    """How many have no answer, of one person or (None) of all."""
    objections, answers = objection_tables.objections, objection_tables.objection_answers
    answered = sa.select(answers.c.fact_no).where(answers.c.objection_id == objections.c.objection_id).exists()
    mine = [] if person_id is None else [objections.c.person_id == person_id]
    return tx.execute(sa.select(sa.func.count()).select_from(objections).where(~answered, *mine)).scalar_one()
