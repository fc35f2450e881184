"""The cases of `tests/golden/calendars.json` as texts, for both sides: some are no JSON at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLE = json.loads((Path(__file__).parent / "golden" / "calendars.json").read_text(encoding="utf-8"))

GOOD: dict[str, Any] = _TABLE["good"]


@dataclass(frozen=True)
class Case:
    why: str
    verdict: str
    text: str

    @property
    def calendar(self) -> Any:
        """As a lenient reader of JSON gives it."""
        return json.loads(self.text)


def cases(*verdicts: str) -> list[Case]:
    """Those with one of the verdicts `good`, `refused` and `old`; `good` itself is the first of the good ones."""
    changed = [Case(row["why"], row["verdict"], _changed(row["at"].split("."), row["json"])) for row in _TABLE["cases"]]
    return [each for each in (Case("the good one", "good", json.dumps(GOOD)), *changed) if each.verdict in verdicts]


def _changed(path: list[str], text: str | None) -> str:
    calendar = json.loads(json.dumps(GOOD))
    holder: Any = calendar
    for step in path[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if text is None:
        del holder[path[-1]]
        return json.dumps(calendar)
    holder[path[-1]] = "@@"
    return json.dumps(calendar).replace('"@@"', text)
