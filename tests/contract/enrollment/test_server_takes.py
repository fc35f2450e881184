"""What `enroll` accepts the server takes: every reason for which it rejects an enrolment is met before it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment import consent as consents
from enrollment.duplicates import KnownFaces
from enrollment.refusal import Refusal
from enrollment.registrar import Registrar, Sitting
from etpp.books import wire as books
from etpp.books.arrivals import Arrival, examine
from kiosk import wire
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DLIB_RESNET_V1
from tests.unit.enrollment.kit import ANI, CONSENT, OFFICE, SETTINGS, NoonClock, outbox, shots

GOLDEN = Path(__file__).parents[2] / "golden"


def cases(name: str) -> list[Any]:
    return list(json.loads((GOLDEN / name).read_text(encoding="utf-8"))["cases"])


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteOutbox]:
    box = outbox(tmp_path)
    yield box
    box.close()


def judged(journal: SqliteOutbox, nip: str, name: str, officer: str, pictures: int = 3) -> Arrival:
    """The server's judgement, without its books, on what `enroll` made of these words. Raises Refusal."""
    most = SETTINGS.model_copy(update={"max_templates": 20})
    desk = Registrar(journal, NoonClock(), KnownFaces(), DLIB_RESNET_V1, most, office_id=OFFICE)
    consent = consents.given(officer, consents.DEFAULT_TEXT_ID, CONSENT.given_utc)
    applicant = desk.admit(nip, name, OFFICE, replace=False)
    desk.enrol(applicant, Sitting(shots(0, pictures), 3, one_sitting=True), consent)
    event, _ = journal.enrolments()[-1]
    located = {name: wire.format_utc(event.moment.wall_utc) for name in ("utc", "earliest_utc", "latest_utc")}
    sent = {"event": wire.event_json(event), "time": {**located, "state": "trusted"}}
    reported = {"chain_id": event.chain_id, "seq": 0, "utc": located["utc"]}
    batch = books.Batch.model_validate(json.loads(wire.dumps({"events": [sent], "reported_through": reported})))
    (arrival,) = examine(batch.events, str(event.body["device_id"]))
    assert isinstance(arrival, Arrival)
    return arrival


@pytest.mark.parametrize("case", cases("names.json"), ids=lambda case: case["why"])
def test_a_name(journal: SqliteOutbox, case: dict[str, Any]) -> None:
    if case["canonical"] is None:
        with pytest.raises(Refusal):
            judged(journal, ANI, case["given"], "Petugas")
        assert journal.enrolments() == []
        return
    arrival = judged(journal, ANI, case["given"], "Petugas")
    assert arrival.problem is None
    assert arrival.event is not None
    assert arrival.event.enrolment is not None
    assert arrival.event.enrolment.name == case["canonical"]


@pytest.mark.parametrize("case", cases("nips.json"), ids=lambda case: case["why"])
def test_a_nip(journal: SqliteOutbox, case: dict[str, Any]) -> None:
    if case["canonical"] is None:
        with pytest.raises(Refusal):
            judged(journal, case["given"], "Ani", "Petugas")
        assert journal.enrolments() == []
        return
    arrival = judged(journal, case["given"], "Ani", "Petugas")
    assert (arrival.problem, arrival.raw["enrolment"]["nip"]) == (None, case["canonical"])


def test_as_many_templates_as_the_settings_allow(journal: SqliteOutbox) -> None:
    arrival = judged(journal, ANI, "x" * 120, "y" * 100, pictures=30)
    assert (arrival.problem, len(arrival.raw["enrolment"]["templates"])) == (None, 20)


words = st.text(st.characters(exclude_categories=()), max_size=130) | st.text("Aé'\u0301\n\x1b\u202e ", max_size=130)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=words, officer=words)
def test_whatever_is_typed_the_server_takes_it_or_it_is_refused_here(
    journal: SqliteOutbox, name: str, officer: str
) -> None:
    waiting = journal.queue_state().waiting
    try:
        arrival = judged(journal, ANI, name, officer)
    except Refusal:
        assert journal.queue_state().waiting == waiting
        return
    assert arrival.problem is None
