"""What became of each mutant, a line each, so that a run which was killed goes on where it stopped.

The first line says of which text and which tests; when either has changed, what was found before counts for nothing
(but for kills, when asked to keep them: more tests kill no fewer).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.mutants.trial import Outcome


def digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


class Record:
    """One module's file. Opened for one run."""

    def __init__(self, path: Path, source: str, tests: str, *, keep_kills: bool = False) -> None:
        self.outcomes: dict[str, Outcome] = {}
        head = {"source": source, "tests": tests}
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        known = [each for line in lines if (each := _parsed(line)) is not None]
        if known and known[0].get("source") == source and (known[0].get("tests") == tests or keep_kills):
            same = known[0].get("tests") == tests
            self.outcomes = {
                each["mutant"]: each["outcome"] for each in known[1:] if same or each["outcome"] != "survived"
            }
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = [head, *({"mutant": name, "outcome": outcome} for name, outcome in self.outcomes.items())]
        path.write_text("".join(json.dumps(each) + "\n" for each in whole), "utf-8")
        self._path = path

    def add(self, mutant: str, outcome: Outcome) -> None:
        self.outcomes[mutant] = outcome
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"mutant": mutant, "outcome": outcome}) + "\n")


def _parsed(line: str) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads(line)
    except ValueError:  # the line that a kill cut off
        return None
    return found
