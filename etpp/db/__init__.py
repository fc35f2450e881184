"""The database: its transactions, its tables and their migrations."""

from etpp.db.engine import Database, Transaction

__all__ = ["Database", "Transaction"]
