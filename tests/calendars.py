"""The cases of `tests/golden/calendars.json` and `rosters.json` as texts, for both sides: some are no JSON at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = {
    name: json.loads((Path(__file__).parent / "golden" / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("calendars", "rosters")
}

GOOD: dict[str, Any] = _TABLES["calendars"]["good"]


@dataclass(frozen=True)
class Case:
    why: str
    verdict: str
    text: str

    @property
    def calendar(self) -> Any:
        """As a lenient reader of JSON gives it."""
        return json.loads(self.text)


def cases(*verdicts: str, of: str = "calendars") -> list[Case]:
    """Those with one of the verdicts `good`, `refused` and `old`; `good` itself is the first of the good ones."""
    good, rows = _TABLES[of]["good"], _TABLES[of]["cases"]
    changed = [Case(row["why"], row["verdict"], _changed(good, row["at"].split("."), row["json"])) for row in rows]
    return [each for each in (Case("the good one", "good", json.dumps(good)), *changed) if each.verdict in verdicts]


def _changed(good: Any, path: list[str], text: str | None) -> str:
    calendar = json.loads(json.dumps(good))
    holder: Any = calendar
    for step in path[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if text is None:
        del holder[path[-1]]
        return json.dumps(calendar)
    holder[path[-1]] = "@@"
    return json.dumps(calendar).replace('"@@"', text)
