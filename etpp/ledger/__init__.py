"""The audit log: who did what to whom, before and after; only ever added to, each entry chained to the one before."""
