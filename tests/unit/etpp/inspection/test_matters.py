"""What keeps a month open, as an inspector reads it: in words, never an id."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from etpp.console.texts import LANGUAGES, texts
from etpp.inspection import views
from etpp.inspection.model import Hit
from etpp.roster.hours import REGENCY_ZONE

ID = "0193-5a6b"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("letter", f"/inspection/facts/letter/{ID}"),
        ("correction", f"/inspection/facts/correction/{ID}"),
        ("manual", f"/inspection/facts/manual/{ID}"),
        ("entry", f"/inspection/facts/entry/{ID}"),
        ("review", f"/inspection/events/{ID}"),
        ("face", f"/inspection/events/{ID}"),
        ("score", ""),
    ],
)
def test_each_kind_has_words_and_leads_to_its_fact(kind: str, path: str, language: str) -> None:
    found = views.matter(f"{kind}:{ID}", texts(language))
    assert found["path"] == path
    assert ID not in found["text"]
    assert found["text"] != kind


def test_a_day_that_is_waited_for_is_named() -> None:
    found = views.matter("waiting:2026-12-01", texts("id"))
    assert found == {"text": "Hari yang terminalnya belum melapor: Selasa, 1 Desember 2026", "path": ""}


def test_a_list_says_what_was_open_once_and_names_the_people_of_other_lists() -> None:
    hit = Hit("a", count=3, more=(f"letter:{ID}", "letter:other", "score:a", "budi"))
    line = views.hit(hit, {"budi": "Budi Santosa"}, ZoneInfo(REGENCY_ZONE), texts("id"))
    assert line.why == "Surat menunggu keputusan, Nilai kinerja kantor belum ada, Budi Santosa"
