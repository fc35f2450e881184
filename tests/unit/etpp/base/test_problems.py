"""The problem documents are the protocol's."""

from __future__ import annotations

import json
from pathlib import Path

from etpp.base.problems import document

PROBLEMS = json.loads((Path(__file__).parents[3] / "golden" / "problems.json").read_text(encoding="utf-8"))


HEAD = json.loads((Path(__file__).parents[3] / "golden" / "events_head_invalid.json").read_text(encoding="utf-8"))


def test_golden_problems_are_the_servers() -> None:
    for each in PROBLEMS["problems"] + PROBLEMS["event_problems"] + [HEAD["answer"]["head_problem"]]:
        name = each["type"].removeprefix("urn:presensi:problem:")
        members = {k: v for k, v in each.items() if k not in ("type", "title", "status", "detail")}
        assert document(name, each["detail"], members) == each
