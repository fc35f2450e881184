"""The database: its transactions, its tables and their migrations; facts that are only added."""

from etpp.db.engine import Database, Transaction
from etpp.db.facts import Facts, closing, recording

__all__ = ["Database", "Facts", "Transaction", "closing", "recording"]
