"""An inspector's lists: each by its key, for an office and a month."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from etpp.allowance.model import Month
from etpp.base.clock import days_utc
from etpp.db import Transaction
from etpp.inspection import rules, store
from etpp.inspection.model import Hit, Key


def hunt(tx: Transaction, key: Key, office_id: str, month: Month, zone: ZoneInfo) -> list[Hit]:
    """`zone`: the office's, whose days are counted. In the list's own order; the caller cuts it off."""
    start, end = days_utc(month.first, month.last, zone)
    match key:
        case "by_hand":
            return store.by_hand(tx, office_id, month, start, end)
        case "two_places":
            return rules.two_places(store.seen_elsewhere(tx, office_id, start, end), office_id)
        case "same_minute":
            return rules.same_minute(store.seen(tx, office_id, start, end), office_id, zone)
        case "with_nip":
            return rules.with_nip(store.seen(tx, office_id, start, end, with_nip=True), office_id)
        case "never_late":
            return store.never_late(tx, office_id, month)
        case "afterwards":
            return store.afterwards(tx, office_id, start, end, zone)
        case "unpaid_leave":
            return store.unpaid_leave(tx, office_id, month, start, end, zone)
        case "pairs":
            return rules.pairs(store.seen(tx, office_id, start, end), office_id, zone)
        case "despite_marks":
            return store.despite_marks(tx, office_id, start, end)
        case "despite":
            return store.despite(tx, office_id, month)
