"""A batch into the books, on SQLite and without HTTP: each event's judgement, the head, what is reported."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etpp.base.errors import Conflict, NotFound, Problem
from etpp.base.problems import document
from etpp.books import intake, wire
from etpp.books.arrivals import examine
from etpp.books.model import ZERO_HASH, ChainHead, Link
from etpp.books.store import Books
from etpp.db import Database, Transaction
from etpp.db.tables import metadata
from etpp.faces.store import Enrolments
from etpp.roster.model import Office, Person
from etpp.roster.store import Offices, People
from etpp.terminals.model import Device
from etpp.terminals.store import Devices
from tests.contract.etpp.client import Terminal, descriptor, text_of, time_of

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
OFFICE, PERSON, NIP = "dinas-kominfo", "018f2c5e-0000-7000-8000-0000000000a1", "198503152010011007"


class Office0:
    """The books of an office with one terminal and one person."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.device = Device(OFFICE, "device-1", bytes(32), None, 0, 0, NOW, "test", {})
        self.terminal = Terminal("", device_id="device-1", office_id=OFFICE)
        with database.begin() as tx:
            Offices(tx).add(Office(OFFICE, "Dinas", {}, 1), NOW)
            Devices(tx).add(self.device)
            People(tx).add(Person(OFFICE, PERSON, PERSON, NIP, "Sri Lestari", 1))

    def presence(self, **changes: Any) -> dict[str, Any]:
        return self.terminal.presence(PERSON, **changes)

    def batch(self, items: Sequence[dict[str, Any]], **reported: Any) -> dict[str, Any]:
        """Of events, and of links that are links already."""
        sent = [item if "link" in item else {"event": item, "time": time_of(NOW - SECOND)} for item in items]
        through = {"chain_id": self.terminal.chain_id, "seq": self.terminal.seq, "utc": text_of(NOW), **reported}
        return {"events": sent, "reported_through": through}

    def take(self, items: Sequence[dict[str, Any]], *, now: dt.datetime = NOW, **reported: Any) -> intake.Taken:
        return self.take_batch(self.batch(items, **reported), now=now)

    def take_batch(self, document_: dict[str, Any], *, now: dt.datetime = NOW) -> intake.Taken:
        batch = wire.Batch.model_validate(document_)
        with self.database.begin() as tx:
            items, reported = examine(batch.events, "device-1"), batch.reported_through
            chain_id = items[0].chain_id if items else reported.chain_id
            return intake.take(tx, self.device, items, chain_id, reported, now)

    def head(self, chain_id: str | None = None) -> ChainHead | None:
        with self.database.read() as tx:
            heads = {head.chain_id: head for head in Books(tx).heads(OFFICE)}
        return heads.get(chain_id or self.terminal.chain_id)

    def links(self) -> list[Link]:
        with self.database.read() as tx:
            return sorted(Books(tx).search(OFFICE, None, None, 100, 0), key=lambda link: link.seq)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("etpp") / "empty.db"
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)  # what the migrations come to (tests/contract/etpp/db)
    database.close()
    return path


@pytest.fixture
def office(empty: Path, tmp_path: Path) -> Iterator[Office0]:
    shutil.copyfile(empty, tmp_path / "etpp.db")
    database = Database(f"sqlite:///{tmp_path}/etpp.db")
    yield Office0(database)
    database.close()


def statuses(taken: intake.Taken) -> list[str]:
    return [result["status"] for result in taken.results]


def gap(events: Sequence[dict[str, Any]], reason: str = "lost", *, knows_prev: bool = True) -> dict[str, Any]:
    first, last = events[0], events[-1]
    prev_hash = first["prev_hash"] if knows_prev else None
    places = {"first_seq": first["seq"], "last_seq": last["seq"], "prev_hash": prev_hash, "hash": last["hash"]}
    return {"link": {"chain_id": first["chain_id"], **places, "reason": reason}}


# ---------------------------------------------------------------- events


def test_what_is_new_is_written_as_it_came(office: Office0) -> None:
    events = [office.presence(), office.terminal.attack(), office.terminal.enrolment(NIP, "Sri Lestari", 1, 2)]
    taken = office.take(events)
    assert taken.results == [{"event_id": event["event_id"], "status": "accepted"} for event in events]
    assert taken.head == ChainHead("device-1", office.terminal.chain_id, 3, events[2]["hash"], NOW)
    assert office.head() == taken.head
    assert taken.enrolments == [events[2]["event_id"]]
    presence, attack, enrolment = office.links()
    assert presence == Link(
        office_id=OFFICE,
        device_id="device-1",
        chain_id=office.terminal.chain_id,
        seq=1,
        event_id=events[0]["event_id"],
        kind="presence",
        hash=events[0]["hash"],
        prev_hash=ZERO_HASH,
        status="accepted",
        problem=None,
        body=events[0],
        time=presence.time,
        person_id=PERSON,
        received_utc=NOW,
    )
    assert presence.time is not None
    assert (presence.time.utc, presence.time.state) == (NOW - SECOND, "trusted")
    assert (attack.kind, attack.person_id) == ("attack", None)
    assert enrolment.body == {name: value for name, value in events[2].items() if name != "enrolment"}


def test_an_enrolment_is_kept_apart_and_whole(office: Office0) -> None:
    event = office.terminal.enrolment(NIP, "Sri Lestari", 1, 2)
    office.take([event])
    with office.database.read() as tx:
        found = Enrolments(tx).get(OFFICE, event["event_id"])
    assert found is not None
    assert (found.nip, found.name, found.device_id, found.state) == (NIP, "Sri Lestari", "device-1", "pending")
    assert found.descriptors == [base64.b64decode(descriptor(seed)) for seed in (1, 2)]
    assert found.qualities == [{"sharpness": 100.0}]
    assert found.consent == event["enrolment"]["consent"]


def test_the_same_batch_again_changes_nothing(office: Office0) -> None:
    events = [office.presence(), office.terminal.enrolment(NIP, "Sri Lestari"), office.terminal.attack()]
    first = office.take(events)
    before = office.links()
    again = office.take(events, now=NOW + SECOND)
    assert statuses(again) == ["duplicate"] * 3
    assert again.enrolments == first.enrolments == [events[1]["event_id"]], "and only the enrolment is one"
    assert (again.head.seq, again.head.hash) == (3, events[2]["hash"])
    assert office.links() == before


@pytest.mark.parametrize(("first", "last"), [(0, 2), (1, 3), (1, 5), (2, 4), (3, 5), (4, 5)])
def test_of_any_overlap_the_new_events_are_taken(office: Office0, first: int, last: int) -> None:
    events = [office.presence() for _ in range(5)]
    office.take(events[:3], seq=3)
    if first > 3:
        with pytest.raises(Problem, match="sequence-gap"):
            office.take(events[first:last])
        return
    taken = office.take(events[first:last])
    assert statuses(taken) == ["duplicate"] * (min(3, last) - first) + ["accepted"] * max(0, last - 3)
    newest = max(3, last)
    assert (taken.head.seq, taken.head.hash) == (newest, events[newest - 1]["hash"])


def test_a_rejected_event_has_its_place_and_its_reason(office: Office0) -> None:
    stranger = office.terminal.presence("018f2c5e-0000-7000-8000-0000000000ff")
    kind = office.terminal.event("holiday", {}, event_id="x")
    events = [stranger, kind, office.presence()]
    taken = office.take(events)
    assert statuses(taken) == ["rejected", "rejected", "accepted"]
    assert taken.results[0]["problem"] == document("person-unknown", "no such person in the terminal's office")
    assert [link.kind for link in office.links()] == ["presence", "unknown", "presence"]
    assert [link.status for link in office.links()] == ["rejected", "rejected", "accepted"]
    assert [link.problem for link in office.links()] == [*(r["problem"] for r in taken.results[:2]), None]
    assert [link.time is None for link in office.links()] == [False, True, False]
    again = office.take(events)
    assert again.results[:2] == taken.results[:2], "it hears the same reason again"
    assert statuses(again) == ["rejected", "rejected", "duplicate"]


def test_a_rejected_enrolment_is_none(office: Office0) -> None:
    events = [
        office.terminal.enrolment(NIP, "Lain", office_id="dinas-lain"),
        office.terminal.enrolment("12345", "Pendek"),
        office.terminal.enrolment(NIP, "Sri Lestari"),
    ]
    for _ in range(2):
        taken = office.take(events)
        assert taken.enrolments == [events[2]["event_id"]]
    assert taken.results[0]["problem"]["detail"] == "enrolment.office_id: a terminal enrols for its own office only"
    with office.database.read() as tx:
        assert [each.event_id for each in Enrolments(tx).search()] == [events[2]["event_id"]]


@pytest.mark.parametrize(("waiting", "status"), [(999, "accepted"), (1000, "rejected")])
def test_a_thousand_enrolments_of_one_terminal_may_wait(office: Office0, waiting: int, status: str) -> None:
    first = office.terminal.enrolment(NIP, "Sri Lestari")
    office.take([first])
    with office.database.begin() as tx:
        held = Enrolments(tx).get(OFFICE, first["event_id"])
        assert held is not None
        for number in range(1, waiting):
            Enrolments(tx).add(replace(held, event_id=f"waits-{number}"))
    taken = office.take([office.terminal.enrolment(NIP, "Sri Lestari"), office.presence()])
    assert statuses(taken) == [status, "accepted"], "a presence waits for nobody"
    if status == "rejected":
        told = document("event-invalid", "1000 enrolments of this terminal wait for BKPP already")
        assert taken.results[0]["problem"] == told


def test_an_id_that_was_used_for_something_else_is_refused(office: Office0) -> None:
    first = office.presence()
    other = office.presence(event_id=first["event_id"], monotonic_ms=9)
    assert statuses(office.take([first, other])) == ["accepted", "rejected"]
    later = office.presence(event_id=first["event_id"], monotonic_ms=10)
    (result,) = office.take([later]).results
    assert result["problem"] == document("event-id-reused", "event ids are made once")


def test_an_event_that_comes_again_in_a_new_chain_is_known_as_the_same(office: Office0) -> None:
    events = [office.presence(), office.terminal.enrolment(NIP, "Sri Lestari")]
    office.take(events)
    old = office.terminal.chain_id
    office.terminal.chain_id, office.terminal.seq, office.terminal.last_hash = str(uuid.uuid4()), 0, ZERO_HASH
    taken = office.take([office.terminal.reissue(event) for event in events])
    told = document("event-id-reused", "accepted from an earlier chain", {"reissued": True})
    assert [result["problem"] for result in taken.results] == [told, told]
    assert taken.enrolments == []
    assert (office.head(old), taken.head.seq) != (None, 0)


def test_an_id_of_a_rejected_event_is_free(office: Office0) -> None:
    stranger = office.terminal.presence("018f2c5e-0000-7000-8000-0000000000ff")
    office.take([stranger])
    assert statuses(office.take([office.presence(event_id=stranger["event_id"])])) == ["accepted"]


def test_the_same_claimed_hash_over_another_content_is_told(office: Office0) -> None:
    event = office.presence()
    office.take([event])
    changed = {**event, "monotonic_ms": 77}
    (result,) = office.take([changed]).results
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:hash-wrong")
    assert office.links()[0].body == event
    assert office.links()[0].status == "accepted"


@pytest.mark.parametrize(
    ("earliest", "status"), [(NOW - SECOND, "accepted"), (NOW, "accepted"), (NOW + SECOND, "rejected")]
)
def test_what_a_revoked_terminal_recorded_afterwards_does_not_count(
    office: Office0, earliest: dt.datetime, status: str
) -> None:
    office.device = replace(office.device, revoked_utc=NOW)
    sent = office.batch([office.presence()])
    sent["events"][0]["time"] = time_of(earliest)
    taken = office.take_batch(sent, now=NOW + 60 * SECOND)
    assert statuses(taken) == [status]
    if status == "rejected":
        assert taken.results[0]["problem"] == document("event-invalid", "time: lies after the terminal was revoked")


# ---------------------------------------------------------------- links over what is missing


@pytest.mark.parametrize(
    ("reason", "why"),
    [("thinned", "their terminal has thinned them"), ("lost", "their terminal lost them on a damaged disk")],
)
def test_a_link_is_a_row_that_says_what_is_missing(office: Office0, reason: str, why: str) -> None:
    events = [office.presence() for _ in range(5)]
    office.take(events[:1], seq=1)
    taken = office.take([gap(events[1:4], reason), events[4]])
    assert taken.results[0] == {"event_id": None, "status": "accepted"}
    assert taken.head.seq == 5
    row = office.links()[1]
    assert (row.seq, row.event_id, row.kind, row.status) == (4, "gap-2-4", "gap", "rejected")
    assert (row.hash, row.prev_hash) == (events[3]["hash"], events[0]["hash"])
    assert row.problem == document("events-missing", f"number 2 to 4: {why}")
    assert row.body == {"first_seq": 2, "last_seq": 4, "reason": reason}
    assert office.take([gap(events[1:4], reason), events[4]]).results[0] == {"event_id": None, "status": "duplicate"}
    assert len(office.links()) == 3


def test_a_link_that_begins_below_the_head_misses_what_is_above_it(office: Office0) -> None:
    events = [office.presence() for _ in range(4)]
    office.take(events[:2], seq=2)
    office.take([gap(events[:3], "thinned", knows_prev=False), events[3]])
    row = office.links()[2]
    assert (row.seq, row.event_id, row.prev_hash, row.body["first_seq"]) == (3, "gap-3-3", "", 3)


def test_a_link_that_ends_at_the_head_does_not_change_its_hash(office: Office0) -> None:
    events = [office.presence() for _ in range(3)]
    office.take(events[:2], seq=2)
    before = office.head()
    taken = office.take([{"link": {**gap(events[:2])["link"], "hash": "f" * 64}}], seq=2)
    assert statuses(taken) == ["duplicate"]
    assert taken.head == office.head() == before
    assert statuses(office.take([events[2]])) == ["accepted"], "and the chain goes on from what the books hold"


def test_a_link_whose_hash_is_known_is_no_other_event(office: Office0) -> None:
    """Once the books hold a link over them, the events themselves are another history."""
    events = [office.presence() for _ in range(3)]
    office.take([gap(events[:2]), events[2]])
    with pytest.raises(Problem, match="chain-broken"):
        office.take(events)


# ---------------------------------------------------------------- what is reported


@pytest.mark.parametrize(
    ("seq", "utc", "reported"),
    [
        (2, NOW - SECOND, NOW - SECOND),
        (1, NOW - SECOND, NOW - SECOND),
        (3, NOW - SECOND, None),  # it speaks of an event that has not arrived
        (2, NOW + SECOND, NOW),  # nobody has reported what is to come
    ],
)
def test_up_to_when_a_terminal_has_reported(
    office: Office0, seq: int, utc: dt.datetime, reported: dt.datetime | None
) -> None:
    taken = office.take([office.presence(), office.presence()], seq=seq, utc=text_of(utc))
    assert taken.head.reported_utc == reported


@pytest.mark.parametrize(("later_s", "kept_s"), [(-1, 0), (0, 0), (1, 1)])
def test_what_was_reported_is_not_taken_back(office: Office0, later_s: int, kept_s: int) -> None:
    before = NOW - 10 * SECOND
    office.take([office.presence()], utc=text_of(before))
    taken = office.take([], utc=text_of(before + later_s * SECOND))
    assert taken.results == []
    assert taken.head.reported_utc == before + kept_s * SECOND
    assert taken.head.seq == 1


def test_a_batch_of_one_chain_may_report_for_another(office: Office0) -> None:
    events = [office.presence()]
    present = str(uuid.uuid4())
    taken = office.take(events, chain_id=present, seq=0)
    assert (taken.head.chain_id, taken.head.seq, taken.head.reported_utc) == (office.terminal.chain_id, 1, None)
    head = office.head(present)
    assert head is not None
    assert (head.seq, head.reported_utc) == (0, NOW)


# ---------------------------------------------------------------- accepted after all


def reconsider(office: Office0, event_id: str) -> Link:
    with office.database.begin() as tx:
        return intake.reconsider(tx, OFFICE, event_id, NOW)


def test_a_presence_is_accepted_once_its_person_is_known(office: Office0) -> None:
    who = "018f2c5e-0000-7000-8000-0000000000ff"
    event = office.terminal.presence(who)
    office.take([event])
    with pytest.raises(Conflict, match="still not known"):
        reconsider(office, event["event_id"])
    with office.database.begin() as tx:
        People(tx).add(Person(OFFICE, who, who, "198503152010011008", "Budi", 2))
    link = reconsider(office, event["event_id"])
    assert (link.status, link.problem) == ("accepted", None)
    assert office.links() == [link]
    with pytest.raises(Conflict, match="accepted already"):
        reconsider(office, event["event_id"])


def test_no_other_event_can_be_accepted_later(office: Office0) -> None:
    events = [
        office.presence(wall_utc="yesterday"),
        office.terminal.event("attack", {}),
        office.presence(),
        office.presence(event_id="x", monotonic_ms="x"),
    ]
    office.take(events)
    for event in (*events[:2], events[3]):
        with pytest.raises(Conflict, match="only a presence whose person was not known"):
            reconsider(office, event["event_id"])
    with pytest.raises(NotFound):
        reconsider(office, "nobody")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"problem": document("event-invalid", "time: lies after the terminal was revoked")}, "breaks the protocol"),
        ({"kind": "attack"}, "only a presence"),
        ({"person_id": None}, "only a presence"),
        ({"time": None}, "only a presence"),
        ({"problem": None}, "only a presence"),
    ],
)
def test_what_is_not_for_want_of_a_person_stays_rejected(office: Office0, change: dict[str, Any], why: str) -> None:
    event = office.presence()
    office.take([event])
    (link,) = office.links()

    def stored(tx: Transaction) -> None:
        rejected = replace(link, status="rejected", problem=document("person-unknown", "x"), chain_id="other")
        Books(tx).lock_chain(OFFICE, "device-1", "other", NOW)
        Books(tx).add_links([replace(rejected, event_id="again", **change)])

    with office.database.begin() as tx:
        stored(tx)
    with pytest.raises(Conflict, match=why):
        reconsider(office, "again")
