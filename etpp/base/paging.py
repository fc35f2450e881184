"""Pages of what is shown with something that the database does not know, such as a state that follows from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

R = TypeVar("R")
S = TypeVar("S")


def filled(
    read: Callable[[str], Sequence[R]],
    shown: Callable[[Sequence[R]], Iterable[S]],
    id_of: Callable[[R], str],
    after: str,
    limit: int,
) -> list[S]:
    """The first `limit` of what is `shown` of rows, page by page. `read`: up to `limit` rows with ids after one; of a
    page `shown` may leave out as many as it likes."""
    found: list[S] = []
    while len(found) < limit:
        rows = read(after)
        found += shown(rows)
        if len(rows) < limit:
            break
        after = id_of(rows[-1])
    return found[:limit]
