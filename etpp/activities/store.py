"""The catalogue of activities, entries and their steps, in SQL."""

from __future__ import annotations

from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.db import Facts, pay_tables

ITEMS = Facts(Item, pay_tables.activity_items, "item_id", "first")
WEIGHTS = Facts(Weight, pay_tables.activity_weights, "weight_id")
ENTRIES = Facts(Entry, pay_tables.entries, "entry_id", once=True)
STEPS = Facts(EntryStep, pay_tables.entry_steps, "step_id", once=True)
