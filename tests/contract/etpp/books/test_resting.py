"""Presences that rest on an enrolment: what each counts for, whatever came first, and where people see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from etpp.books import resting
from etpp.books.store import Books
from etpp.faces import words
from etpp.roster.store import Roster
from tests.contract.etpp.client import Terminal, text_of
from tests.contract.etpp.running import OFFICE, Running, csrf_of, running_on, wib

Json = dict[str, Any]
OTHER_OFFICE = "smpn-1-wates"
DAY = "2026-11-24"
START, END = wib(f"{DAY} 00:00"), wib("2026-11-25 00:00")


@pytest.fixture(scope="module")
def server(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_on(database, tmp_path_factory.mktemp("resting")) as etpp:
        etpp.clock.local(f"{DAY} 09:00")
        etpp.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
        yield etpp


class Case:
    """One person who is enrolled at a terminal of their own office, and comes at 07:20 before anybody has decided."""

    count = 0

    def __init__(self, etpp: Running) -> None:
        Case.count += 1
        self.etpp = etpp
        self.terminal = etpp.terminal()
        self.nip = f"19850315201001{Case.count % 2 + 1}{Case.count:03d}"
        self.seed = 10 * Case.count
        self.enrolment = self.terminal.enrolment(self.nip, "Dewi Lestari", self.seed)
        self.enrolment_id = str(self.enrolment["event_id"])

    def send(self, *events: Json, terminal: Terminal | None = None) -> list[str]:
        answer = (terminal or self.terminal).send_events(list(events), at=wib(f"{DAY} 07:20"))
        return [each["status"] for each in answer.json()["results"]]

    def presence(self, terminal: Terminal | None = None, enrolment_id: str | None = None, **changes: Any) -> Json:
        terminal, named = terminal or self.terminal, enrolment_id or self.enrolment_id
        said = {"enrolment": named} | changes
        event = terminal.presence(named, said=said, wall_utc=text_of(wib(f"{DAY} 07:20")))
        self.event_id = str(event["event_id"])
        return event

    def approve(self, enrolment_id: str | None = None, accept: str = "") -> None:
        path = f"offices/{OFFICE}/enrolments/{enrolment_id or self.enrolment_id}/approve{accept}"
        self.etpp.admin("POST", path)

    def refuse(self) -> None:
        self.etpp.admin("POST", f"offices/{OFFICE}/enrolments/{self.enrolment_id}/reject")

    def state(self) -> str:
        with self.etpp.database.read() as tx:
            found = resting.one(tx, OFFICE, self.event_id)
        assert found is not None
        return found.state

    def counts(self) -> bool:
        """For pay, on the day's page, and as what may be decided on: all three say the same."""
        with self.etpp.database.read() as tx:
            employee = Roster(tx).with_number(self.nip)
            paid = Books(tx).punches(OFFICE, START, END, only=[employee or ""]).get(employee or "", [])
            known = Books(tx).presence_of(OFFICE, self.event_id)
        seen = [each for each in self.etpp.presence(DAY)["people"] if each["nip"] == self.nip]
        present = any(each["status"] == "present" for each in seen)
        found = {bool(paid), present, known is not None and known[0] == employee}
        assert len(found) == 1
        return found.pop()


def approved_later(case: Case) -> None:
    case.send(case.enrolment, case.presence())
    assert (case.state(), case.counts()) == ("waiting", False)
    case.approve()


def approved_before_it_came(case: Case) -> None:
    event = case.presence()
    case.send(case.enrolment)
    case.approve()
    case.send(event)


def of_somebody_whose_nip_was_known(case: Case) -> None:
    case.etpp.person(case.nip, "Dewi Lestari")
    case.send(case.enrolment, case.presence())
    assert (case.state(), case.counts()) == ("waiting", False)
    case.approve()


def refused(case: Case) -> None:
    case.send(case.enrolment, case.presence())
    case.refuse()


def refused_before_it_came(case: Case) -> None:
    event = case.presence()
    case.send(case.enrolment)
    case.refuse()
    assert case.send(event) == ["accepted"]


def withdrawn_at_the_terminal(case: Case) -> None:
    event = case.presence()
    said = {"what": "officer-did", "officer_id": "o-1", "person_ids": [case.enrolment_id], "detail": words.WITHDRAWN}
    case.send(case.enrolment, event, case.terminal.event("occurrence", said))
    (kept,) = [e for e in case.etpp.admin("GET", "enrolments")["enrolments"] if e["event_id"] == case.enrolment_id]
    assert (kept["state"], kept["models"]) == ("rejected", [])


def erased_while_it_waited(case: Case) -> None:
    person_id = case.etpp.person(case.nip, "Dewi Lestari")
    case.send(case.enrolment, case.presence())
    case.etpp.admin("DELETE", f"offices/{OFFICE}/people/{person_id}")


def never_enrolled(case: Case) -> None:
    case.terminal.seq, case.terminal.last_hash = 0, "0" * 64
    assert case.send(case.presence()) == ["accepted"]


def by_another_terminal(case: Case) -> None:
    other = case.etpp.terminal()
    case.send(case.enrolment)
    case.approve()
    assert case.send(case.presence(other), terminal=other) == ["accepted"]


def with_the_id_of_another_event(case: Case) -> None:
    """A presence's own, for one."""
    first = case.presence()
    case.send(case.enrolment, first)
    case.send(case.presence(enrolment_id=str(first["event_id"])))


TABLE: list[tuple[Callable[[Case], None], str, bool]] = [
    (approved_later, "approved", True),  # the usual way
    (approved_before_it_came, "approved", True),  # the terminal had no network meanwhile
    (of_somebody_whose_nip_was_known, "approved", True),  # the office had the person already, without a face
    (refused, "refused", False),
    (refused_before_it_came, "refused", False),  # nothing is lost, and nothing counts
    (withdrawn_at_the_terminal, "withdrawn", False),  # by the officer, before anybody had decided
    (erased_while_it_waited, "refused", False),  # at the person's wish
    (never_enrolled, "missing", False),  # or its event was lost on a damaged card
    (by_another_terminal, "elsewhere", False),  # though the enrolment is approved
    (with_the_id_of_another_event, "missing", False),
]


@pytest.mark.parametrize(("happens", "state", "counts"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_what_a_presence_counts_for(server: Running, happens: Callable[[Case], None], state: str, counts: bool) -> None:
    case = Case(server)
    happens(case)
    assert (case.state(), case.counts()) == (state, counts)


@pytest.mark.parametrize(
    "changes",
    [
        {"person_id": "018f2c5e-0000-7000-8000-0000000000ff"},  # somebody else's presence, or so it says
        {"method": "nip-pin"},  # a PIN spoke for it: that is of somebody whom BKPP has approved
        {"enrolment": "no-event"},
    ],
    ids=["of another person", "by a pin", "no id of an event"],
)
def test_one_that_contradicts_itself_is_no_presence(server: Running, changes: Json) -> None:
    case = Case(server)
    assert case.send(case.enrolment, case.presence(**changes)) == ["accepted", "rejected"]
    with server.database.read() as tx:
        assert resting.one(tx, OFFICE, case.event_id) is None


def test_an_enrolment_of_another_office_bears_nothing(server: Running) -> None:
    case = Case(server)
    case.send(case.enrolment)
    case.approve()
    elsewhere = server.terminal(OTHER_OFFICE)
    assert case.send(case.presence(elsewhere), terminal=elsewhere) == ["accepted"]
    with server.database.read() as tx:
        found = resting.one(tx, OTHER_OFFICE, case.event_id)
    assert found is not None
    assert (found.state, found.person_id) == ("missing", "")


def test_what_was_approved_was_not_known_before(server: Running) -> None:
    """A closed month is reckoned again by what was known then."""
    case = Case(server)
    case.send(case.enrolment, case.presence())
    before = server.clock.now
    server.clock.now += dt.timedelta(minutes=1)
    case.approve()
    with server.database.read() as tx:
        employee = Roster(tx).with_number(case.nip) or ""
        asked = OFFICE, START, END
        assert Books(tx).punches(*asked, before, [employee]) == {}
        assert list(Books(tx).punches(*asked, server.clock.now, [employee])) == [employee]


def test_a_terminal_takes_back_the_consent_to_its_own_enrolments_alone(server: Running) -> None:
    case, other = Case(server), server.terminal()
    case.send(case.enrolment, case.presence())
    said = {"what": "officer-did", "officer_id": "o-1", "person_ids": [case.enrolment_id], "detail": words.WITHDRAWN}
    case.send(other.event("occurrence", said), terminal=other)
    assert case.state() == "waiting"


def test_bkpp_decides_with_the_presences_in_sight(server: Running) -> None:
    """The button says how many there are; when more have come since, nothing is approved unaware."""
    case = Case(server)
    case.send(case.enrolment, case.presence())
    browser = server.log_in(server.bkpp)
    page = browser.get(f"{server.url}/console/enrolments", timeout=60).text
    assert "Setujui, 1 kehadiran ikut dihitung" in page
    assert "1 kehadiran menunggu keputusan ini:" in page
    case.send(case.presence())
    path = f"{server.url}/console/enrolments/{OFFICE}/{case.enrolment_id}/approve"
    asked = browser.post(path, data={"csrf": csrf_of(page), "held": "1"}, timeout=60)
    assert "2 kehadiran menunggu keputusan ini:" in asked.text
    assert case.state() == "waiting"
    refusal = browser.get(path.replace("/approve", "/reject"), timeout=60).text
    assert "2 kehadiran yang bertumpu padanya tidak akan dihitung" in refusal
    browser.post(path, data={"csrf": csrf_of(asked.text), "held": "2"}, timeout=60)
    assert case.state() == "approved"


def test_the_day_and_the_list_say_what_waits(server: Running) -> None:
    case = Case(server)
    server.person(case.nip, "Dewi Menunggu")
    case.send(case.enrolment, case.presence())
    never = Case(server)
    never.terminal.seq, never.terminal.last_hash = 0, "0" * 64
    never.send(never.presence())
    browser = server.log_in(server.bkpp)
    day = browser.get(f"{server.url}/console/offices/{OFFICE}?date={DAY}&q=Menunggu", timeout=60).text
    assert "1 kehadiran menunggu persetujuan wajah" in day
    found = browser.get(f"{server.url}/console/events/resting?q=Menunggu", timeout=60).text
    assert "menunggu persetujuan wajah" in found
    assert "petugas" in found  # who stood by at the enrolment
    missing = browser.get(f"{server.url}/console/events/resting?state=missing", timeout=60).text
    assert never.terminal.device_id[:8] in missing
