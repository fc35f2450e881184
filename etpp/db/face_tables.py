"""The facts about recognisers: which one counts where, where faces are renewed, and who has consented to it.

As pay's they are only ever added (`etpp.db.facts`), so that it stays known who decided what, and when.
"""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.pay_tables import facts_table
from etpp.db.tables import Utc

REGENCY = "*"
"""In place of an office's id: what holds for every office that has no word of its own. No office has such an id."""

recogniser_choices = facts_table(
    "recogniser_choices",
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("model_id", sa.String(64), nullable=False),
)
renewals = facts_table(
    "renewals",
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("model_id", sa.String(64), nullable=False),
)
# That a terminal has offered a person's templates: nobody is asked again until there is another consent.
renewal_offers = facts_table(
    "renewal_offers",
    sa.Column("employee_id", sa.String(64), nullable=False),
    sa.Column("model_id", sa.String(64), nullable=False),
    sa.Column("offered_utc", Utc, nullable=False),
)
# What became of an enrolment, one row a step: a presence that rests on it counts by the last. `person_id`: the
# employee, empty while its NIP is nobody's.
enrolment_words = facts_table(
    "enrolment_words",
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("device_id", sa.String(64), nullable=False),
    sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Index("ix_enrolment_words_person_id", "person_id"),
)
renewal_consents = facts_table(
    "renewal_consents",
    sa.Column("employee_id", sa.String(64), nullable=False),
    sa.Column("model_id", sa.String(64), nullable=False),
    sa.Column("given_utc", Utc, nullable=False),
    sa.Column("text_id", sa.String(100), nullable=False),
    sa.Column("officer", sa.String(100), nullable=False),
)
# What BKPP answered to a consent that was taken back or not given: `wish_id` is the office and the event that said so.
consent_answers = facts_table(
    "consent_answers",
    sa.Column("wish_id", sa.String(129), nullable=False),
    sa.Column("erased", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("answered_utc", Utc, nullable=False),
    once=True,
)
