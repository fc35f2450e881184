"""Corrections, decisions on uncertain times and manual entries, in SQL."""

from __future__ import annotations

from etpp.db import Facts, pay_tables
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, TimeDecision

CORRECTIONS = Facts(Correction, pay_tables.corrections, "correction_id", once=True)
CORRECTION_DECISIONS = Facts(CorrectionDecision, pay_tables.correction_decisions, "decision_id", once=True)
TIME_DECISIONS = Facts(TimeDecision, pay_tables.time_decisions, "decision_id", once=True)
MANUAL_ENTRIES = Facts(ManualEntry, pay_tables.manual_entries, "entry_id")
