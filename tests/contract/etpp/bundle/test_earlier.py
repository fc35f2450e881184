"""A month's file that an earlier release made, as it lies with an auditor: it is still checked, and still judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etpp.bundle import rows
from etpp.bundle.check import check
from etpp.bundle.model import LATER
from tests.contract.etpp.bundle.kit import Parts, checked

GOLDEN = Path(__file__).parents[3] / "golden" / "earlier" / "audit_bundle.json"


@pytest.fixture
def earlier() -> Parts:
    """Of the release before presences rested on enrolments."""
    files = json.loads(GOLDEN.read_text(encoding="utf-8"))["files"]
    return Parts({name: text.encode("utf-8") for name, text in files.items()})


def test_it_holds_and_says_what_it_said(earlier: Parts, tmp_path: Path) -> None:
    assert "facts/enrolment_words.jsonl" not in earlier.files
    assert all(name not in row for row in earlier.rows("events") for name in LATER)
    found = check(earlier.write(tmp_path / "b.zip"))
    assert found.faults == ()
    assert found.audited is not None
    assert (found.audited.events, found.audited.signed, found.audited.statements) == (20, 20, 2)


def test_nothing_in_it_can_be_changed_unnoticed_either(earlier: Parts, tmp_path: Path) -> None:
    earlier.change("events", lambda found: found[0].update(utc="2026-11-02T00:00:00.000000+00:00"))
    assert "facts/events.jsonl" in checked(earlier.write(tmp_path / "b.zip"))


def test_it_needs_what_says_which_columns_came_later(
    earlier: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LATER", set())
    assert "other columns than this release knows: enrolment_id" in checked(earlier.write(tmp_path / "b.zip"))
