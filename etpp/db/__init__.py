"""The database: its transactions, its tables and their migrations; facts that are only added."""

from etpp.db.engine import Database, Transaction
from etpp.db.facts import Facts, closing, recording
from etpp.db.forgetting import forget
from etpp.db.locks import Lock, hold, hold_each

__all__ = ["Database", "Facts", "Lock", "Transaction", "closing", "forget", "hold", "hold_each", "recording"]
