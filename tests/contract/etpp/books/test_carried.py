"""Carried events over real HTTP, on SQLite and PostgreSQL: what a bearer cannot forge, and what an honest one needs."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests
import rfc8785
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.books.model import ChainHead
from etpp.books.staging import forget_staged
from etpp.books.store import Books
from etpp.db.tables import staged
from tests.contract.etpp.client import ZEROS, Json, Terminal, b64url, problem_of, public_bytes, text_of, time_of
from tests.contract.etpp.running import Running, wib

SEEN = wib("2026-11-24 07:30")
"""What the recorder's clock showed: the client's `wall_utc`."""


def sent(events: Sequence[Json], at: dt.datetime = SEEN) -> list[Json]:
    return [{"event": event, "time": time_of(at, 1)} for event in events]


def link(events: Sequence[Json], prev_hash: str | None = None) -> Json:
    """In the place of these events."""
    first, last = events[0], events[-1]
    gap = {"chain_id": last["chain_id"], "first_seq": first["seq"], "last_seq": last["seq"], "hash": last["hash"]}
    return {"link": {**gap, "prev_hash": prev_hash, "reason": "lost"}}


def signed(key: Ed25519PrivateKey, statement: Json) -> Json:
    return {**statement, "signature": b64url(key.sign(rfc8785.dumps(statement)))}


def bare_word(recorder: Terminal, items: Sequence[Json]) -> Json:
    """As the first release signed an export: its end alone."""
    events = [item["event"] for item in items if "event" in item]
    first, last = events[0], events[-1]
    statement = {"device_id": recorder.device_id, "chain_id": last["chain_id"], "hash": last["hash"]}
    return signed(recorder.key, {**statement, "first_seq": first["seq"], "last_seq": last["seq"]})


def word(recorder: Terminal, items: Sequence[Json]) -> Json:
    """What a terminal signs of an export: each run of events, and their times."""
    runs: list[list[Json]] = [[]]
    for item in items:
        if "link" in item:
            runs.append([])
        else:
            runs[-1].append(item)
    bare = bare_word(recorder, items)
    del bare["signature"]
    return signed(
        recorder.key,
        {
            **bare,
            "runs": [
                {
                    "first_seq": run[0]["event"]["seq"],
                    "last_seq": run[-1]["event"]["seq"],
                    "hash": run[-1]["event"]["hash"],
                    "times_hash": hashlib.sha256(rfc8785.dumps([item["time"] for item in run])).hexdigest(),
                }
                for run in runs
                if run
            ],
        },
    )


FORMS = pytest.mark.parametrize("vouch", [word, bare_word])


def batch(items: Sequence[Json], carried: Json) -> Json:
    reported = {"chain_id": carried["chain_id"], "seq": carried["last_seq"], "utc": text_of(SEEN)}
    return {"events": list(items), "reported_through": reported, "carried": carried}


def bring(bearer: Terminal, items: Sequence[Json], carried: Json, size: int = 2) -> list[requests.Response]:
    """In batches, until one is refused."""
    answers = []
    for start in range(0, len(items), size):
        answers.append(bearer.post("events", batch(items[start : start + size], carried)))
        if answers[-1].status_code != 200:
            break
    return answers


def statuses(answers: Sequence[requests.Response]) -> list[str]:
    return [result["status"] for answer in answers for result in answer.json()["results"]]


def at_seq(terminal: Terminal, events: Sequence[Json], seq: int) -> Terminal:
    """A forger with another's name and chain, after that event; without the key."""
    last = events[seq - 1]["hash"] if seq else ZEROS
    return replace(terminal, key=Ed25519PrivateKey.generate(), seq=seq, last_hash=last)


def books(etpp: Running) -> dict[int, tuple[str, str]]:
    """seq -> event id and status."""
    return {row["seq"]: (row["event_id"], row["status"]) for row in etpp.events("limit=10000")}


def accepted(events: Sequence[Json]) -> dict[int, tuple[str, str]]:
    return {event["seq"]: (event["event_id"], "accepted") for event in events}


def waiting(etpp: Running) -> int:
    """How many rows of any bearer are staged."""
    with etpp.database.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(staged)).scalar_one())


@pytest.fixture
def person(etpp: Running) -> str:
    etpp.clock.local("2026-11-24 12:00")
    return etpp.person()


@pytest.fixture
def recorder(etpp: Running) -> Terminal:
    return etpp.terminal()


@pytest.fixture
def bearer(etpp: Running) -> Terminal:
    return etpp.terminal()


# ---------------------------------------------------------------- what a bearer cannot do


@FORMS
@pytest.mark.parametrize("size", [1, 2, 500])
@pytest.mark.parametrize("place", [0, 2, 5])
def test_events_invented_among_honest_ones_count_for_nothing(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any, size: int, place: int
) -> None:
    """The rest is linked anew behind them, as far as the statement reaches."""
    honest = [recorder.presence(person) for _ in range(6)]
    carried = vouch(recorder, sent(honest))
    forger = at_seq(recorder, honest, place)
    forged = [*honest[:place], forger.presence(person), *(forger.reissue(event) for event in honest[place:])][:6]
    *_, last = bring(bearer, sent(forged), carried, size)
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == {}
    assert waiting(etpp) == 0
    # Neither another bearer nor the recorder itself is disturbed by it.
    assert statuses(bring(etpp.terminal(), sent(honest), carried)) == ["accepted"] * 6
    assert books(etpp) == accepted(honest)
    assert waiting(etpp) == 0
    assert statuses([recorder.send_events(honest)]) == ["duplicate"] * 6


@FORMS
def test_nothing_is_added_behind_what_was_signed(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(2)]
    carried = vouch(recorder, sent(honest))
    invented = at_seq(recorder, honest, 2).presence(person)
    assert problem_of(bearer.post("events", batch(sent([*honest, invented]), carried))) == "carried-refused"
    assert statuses(bring(bearer, sent(honest), carried)) == ["accepted"] * 2
    (last,) = bring(bearer, sent([invented]), carried)
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == accepted(honest)


def test_what_stands_before_a_link_proves_nothing(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    """Two invented events, then a link with the true hash: the end matches the statement."""
    honest = [recorder.presence(person) for _ in range(6)]
    forger = at_seq(recorder, honest, 0)
    forged = [*sent([forger.presence(person) for _ in range(2)]), link(honest[2:4]), *sent(honest[4:])]

    *_, last = bring(bearer, forged, word(recorder, sent(honest)))
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == {}

    # A statement of the first release does not say where the recorder's own gaps are.
    answers = bring(bearer, forged, bare_word(recorder, sent(honest)))
    assert statuses(answers) == ["accepted"] * 5
    assert {seq: status for seq, (_, status) in books(etpp).items()} == {
        1: "rejected",
        2: "rejected",
        4: "rejected",
        5: "accepted",
        6: "accepted",
    }
    problems = {row["seq"]: row["problem"]["type"].rsplit(":", 1)[-1] for row in etpp.events("status=rejected")}
    assert problems == {1: "event-unproven", 2: "event-unproven", 4: "events-missing"}


@FORMS
def test_a_link_does_not_hide_what_was_signed(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(3)]
    carried = vouch(recorder, sent(honest))
    *_, last = bring(bearer, [link(honest)], carried)
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == {}


def test_events_in_the_recorders_own_gap_are_shown_and_do_not_count(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    honest = [recorder.presence(person) for _ in range(6)]
    carried = word(recorder, [*sent(honest[:2]), link(honest[2:4]), *sent(honest[4:])])
    forger = at_seq(recorder, honest, 2)
    forged = [*sent(honest[:2]), *sent([forger.presence(person)]), link(honest[3:4]), *sent(honest[4:])]
    assert statuses(bring(bearer, forged, carried, 500)) == [
        "accepted",
        "accepted",
        "rejected",
        "accepted",
        "accepted",
        "accepted",
    ]
    assert {seq for seq, (_, status) in books(etpp).items() if status == "accepted"} == {1, 2, 5, 6}


def test_an_event_whose_content_was_changed_is_refused_at_once(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    changed = {**honest[1], "wall_utc": "2026-11-24T00:20:00.000Z"}
    (first,) = bring(bearer, sent([honest[0], changed]), word(recorder, sent(honest)))
    assert problem_of(first) == "carried-refused"
    assert books(etpp) == {}


def test_times_that_were_changed_are_refused(etpp: Running, recorder: Terminal, bearer: Terminal, person: str) -> None:
    late = [recorder.presence(person, wall_utc="2026-11-24T02:00:00.000Z") for _ in range(3)]
    honest = sent(late, wib("2026-11-24 09:00"))
    *_, last = bring(bearer, sent(late, SEEN), word(recorder, honest))
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == {}
    assert statuses(bring(bearer, honest, word(recorder, honest))) == ["accepted"] * 3
    assert {(row["utc"], row["time_state"]) for row in etpp.events()} == {("2026-11-24T02:00:00.000Z", "trusted")}


def test_a_time_that_nobody_signed_is_made_from_the_event(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    """Two hours late by its own clock; and two whose clocks were wrong by years, each between its neighbours."""
    wrong = {"clock_state": "unsynchronised", "wall_utc": "2019-01-01T00:00:00.000Z"}
    events = [
        recorder.presence(person, **wrong),
        recorder.presence(person, wall_utc="2026-11-24T02:00:00.000Z"),
        recorder.presence(person, **wrong),
    ]
    bring(bearer, sent(events, SEEN), bare_word(recorder, sent(events)))
    rows = {
        row["seq"]: (row["earliest_utc"], row["utc"], row["latest_utc"], row["time_state"]) for row in etpp.events()
    }
    before, after = "2026-11-24T01:59:43.998Z", "2026-11-24T02:00:16.001Z"  # 16 s, and 600 ppm of two seconds
    begun, now = "2026-11-24T00:00:00.000Z", "2026-11-24T05:00:00.000Z"
    assert rows == {
        1: (begun, begun, after, "uncertain"),
        2: (before, "2026-11-24T02:00:00.000Z", after, "estimated"),
        3: (before, before, now, "uncertain"),
    }


@FORMS
def test_batches_that_never_end_count_for_nothing(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(8)]
    carried = vouch(recorder, sent(honest))
    forger = at_seq(recorder, honest, 0)
    answers = bring(bearer, sent([forger.presence(person) for _ in range(6)]), carried)
    # Held, and no more: the head is the bearer's own, and the books have nothing.
    assert statuses(answers) == ["accepted"] * 6
    assert answers[-1].json()["head"] == {"chain_id": recorder.chain_id, "seq": 6, "hash": forger.last_hash}
    assert books(etpp) == {}
    assert recorder.heartbeat().json()["head"] is None
    assert statuses([recorder.send_events(honest[:5])]) == ["accepted"] * 5
    assert statuses(bring(etpp.terminal(), sent(honest), carried, 500)) == ["duplicate"] * 5 + ["accepted"] * 3
    assert books(etpp) == accepted(honest)


@pytest.mark.parametrize("nightly", [True, False])
def test_what_is_never_completed_is_forgotten(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, nightly: bool
) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    carried = word(recorder, sent(honest))
    bring(bearer, sent(honest[:2]), carried)
    etpp.clock.now += dt.timedelta(days=31)
    if nightly:
        with etpp.database.begin() as tx:
            forget_staged(tx, etpp.clock.now)
        assert waiting(etpp) == 0
    (answer,) = bring(bearer, sent(honest[2:]), carried)
    assert (problem_of(answer), answer.json()["expected_seq"]) == ("sequence-gap", 1)
    assert statuses(bring(bearer, sent(honest), carried)) == ["accepted"] * 4


@FORMS
def test_a_statement_speaks_for_its_own_terminal_chain_and_office(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    elsewhere = etpp.terminal("dinas-lain")
    honest = [recorder.presence(person) for _ in range(2)]
    others = [etpp.terminal().presence(person) for _ in range(2)]
    good = vouch(recorder, sent(honest))
    run = {name: good[name] for name in ("first_seq", "last_seq", "hash")}
    without_runs = {name: value for name, value in good.items() if name != "runs"}
    for sender, events, carried in (
        (elsewhere, honest, good),
        (bearer, others, good),
        (bearer, honest, vouch(replace(recorder, device_id=bearer.device_id), sent(honest))),
        (bearer, honest, vouch(replace(recorder, device_id="unknown"), sent(honest))),
        (bearer, honest, {**good, "last_seq": 1, "hash": honest[0]["hash"]} | {"runs": [{**run, "last_seq": 1}]}),
        (bearer, honest, {**without_runs, "runs": [run]} if without_runs == good else without_runs),
    ):
        answer = sender.post("events", batch(sent(events), carried))
        assert problem_of(answer) in {"carried-refused", "malformed"}
    assert books(etpp) == {}


def test_runs_are_in_order_and_end_where_the_statement_does(recorder: Terminal, bearer: Terminal, person: str) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    bare = {name: value for name, value in bare_word(recorder, sent(honest)).items() if name != "signature"}
    whole = {"first_seq": 1, "last_seq": 4, "hash": honest[3]["hash"]}
    first = {"first_seq": 1, "last_seq": 2, "hash": honest[1]["hash"]}
    for runs in (
        [],
        [first],
        [{**whole, "hash": "ab" * 32}],
        [{**whole, "first_seq": 5}],
        [first, {**whole, "first_seq": 2}],
        [{**first, "first_seq": 2, "last_seq": 1}, whole],
        [{**whole, "times_hash": "short"}],
        [first] * 1001,
    ):
        answer = bearer.post("events", batch(sent(honest), signed(recorder.key, {**bare, "runs": runs})))
        assert problem_of(answer) == "malformed"
    assert bearer.post("events", batch(sent(honest), signed(recorder.key, {**bare, "runs": [whole]}))).ok


@FORMS
def test_an_old_statement_again_brings_nothing_new(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(6)]
    old = vouch(recorder, sent(honest[:3]))
    bring(bearer, sent(honest), vouch(recorder, sent(honest)))
    assert statuses(bring(bearer, sent(honest[:3]), old)) == ["duplicate"] * 3
    forger = at_seq(recorder, honest, 1)
    *_, last = bring(bearer, sent([honest[0], forger.presence(person), forger.presence(person)]), old)
    assert problem_of(last) == "carried-refused"
    assert books(etpp) == accepted(honest)
    # Nobody is sent to look at the recorder for what a bearer has made up.
    assert [head.broken_utc for head in _heads(etpp, recorder)] == [None]


def _heads(etpp: Running, terminal: Terminal) -> list[ChainHead]:
    with etpp.database.read() as tx:
        return [head for head in Books(tx).heads(terminal.office_id) if head.device_id == terminal.device_id]


def test_a_recorder_that_contradicts_the_books_is_noticed(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    """Restored from an old copy of its card: all that it signed is its own, and another history."""
    first = [recorder.presence(person) for _ in range(3)]
    recorder.send_events(first)
    again = replace(recorder, seq=1, last_hash=first[0]["hash"])
    second = [first[0], *(again.presence(person) for _ in range(3))]
    *_, last = bring(bearer, sent(second), word(recorder, sent(second)))
    assert problem_of(last) == "chain-broken"
    assert [head.broken_utc for head in _heads(etpp, recorder)] == [etpp.clock.now]
    assert books(etpp) == accepted(first)


def test_two_bearers_at_once_give_the_same_books(etpp: Running, recorder: Terminal, person: str) -> None:
    honest = [recorder.presence(person) for _ in range(40)]
    carried = word(recorder, sent(honest))
    bearers = [etpp.terminal() for _ in range(3)]
    together = threading.Barrier(3)

    def carry(bearer: Terminal) -> list[requests.Response]:
        together.wait()
        return bring(bearer, sent(honest), carried, 7)

    with ThreadPoolExecutor(3) as pool:
        for answers in [each.result() for each in [pool.submit(carry, bearer) for bearer in bearers]]:
            assert set(statuses(answers)) <= {"accepted", "duplicate"}
            assert answers[-1].json()["head"]["seq"] == 40
    assert books(etpp) == accepted(honest)


def test_one_bearers_batches_at_once_leave_a_stretch_that_is_whole(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    honest = [recorder.presence(person) for _ in range(6)]
    carried = word(recorder, sent(honest))
    together = threading.Barrier(4)

    def carry(_: int) -> requests.Response:
        together.wait()
        return bearer.post("events", batch(sent(honest[:3]), carried))

    with ThreadPoolExecutor(4) as pool:
        assert {answer.status_code for answer in pool.map(carry, range(4))} == {200}
    assert statuses(bring(bearer, sent(honest[3:]), carried, 3)) == ["accepted"] * 3
    assert books(etpp) == accepted(honest)


def test_a_bearer_that_is_revoked_in_the_middle_has_brought_nothing(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    carried = word(recorder, sent(honest))
    bring(bearer, sent(honest[:2]), carried)
    etpp.admin("POST", f"devices/{bearer.device_id}/revoke")
    (answer,) = bring(bearer, sent(honest[2:]), carried)
    assert problem_of(answer) == "device-revoked"
    assert books(etpp) == {}
    assert statuses(bring(etpp.terminal(), sent(honest), carried)) == ["accepted"] * 4
    assert books(etpp) == accepted(honest)


# ---------------------------------------------------------------- what an honest bearer needs


@FORMS
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_batch_whose_answer_was_lost_is_sent_again(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any, lost: int
) -> None:
    honest = [recorder.presence(person) for _ in range(6)]
    carried = vouch(recorder, sent(honest))
    for start in (0, 2, 4):
        part = batch(sent(honest[start : start + 2]), carried)
        first = bearer.post("events", part)
        if start == 2 * lost:
            again = bearer.post("events", part)
            expected = ["duplicate" if start == 4 else "accepted"] * 2
            assert (statuses([again]), again.json()["head"]) == (expected, first.json()["head"])
    assert books(etpp) == accepted(honest)


@FORMS
def test_what_another_has_brought_meanwhile_is_not_needed_any_more(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    carried = vouch(recorder, sent(honest))
    bring(bearer, sent(honest[:2]), carried)
    bring(etpp.terminal(), sent(honest), carried)
    assert waiting(etpp) == 2
    assert statuses(bring(bearer, sent(honest[2:]), carried)) == ["duplicate"] * 2
    assert waiting(etpp) == 0
    assert books(etpp) == accepted(honest)


@FORMS
def test_carried_twice_counts_once(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(5)]
    carried = vouch(recorder, sent(honest))
    assert statuses(bring(bearer, sent(honest), carried)) == ["accepted"] * 5
    assert statuses(bring(bearer, sent(honest), carried)) == ["duplicate"] * 5
    assert books(etpp) == accepted(honest)


def test_the_bearers_latest_word_wins(etpp: Running, recorder: Terminal, bearer: Terminal, person: str) -> None:
    """A bad stick first, then a good one: from the beginning, or from the first event that was bad."""
    honest = [recorder.presence(person) for _ in range(6)]
    carried = word(recorder, sent(honest))
    forger = at_seq(recorder, honest, 2)
    bad = [*honest[:2], forger.presence(person), forger.presence(person)]
    bring(bearer, sent(bad), carried)
    (answer,) = bring(bearer, sent(honest[4:]), carried)
    assert (problem_of(answer), answer.json()["expected_seq"]) == ("sequence-gap", 1)
    assert statuses(bring(bearer, sent(honest[2:]), carried)) == ["accepted"] * 4
    assert books(etpp) == accepted(honest)


@FORMS
def test_a_later_export_vouches_for_more(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(6)]
    bring(bearer, sent(honest[:3]), vouch(recorder, sent(honest[:3])))
    later = vouch(recorder, sent(honest))
    (answer,) = bring(bearer, sent(honest[3:]), later, 3)
    if answer.status_code != 200:
        # The times of what came first are under the signature too: it is sent once more.
        assert (problem_of(answer), answer.json()["expected_seq"]) == ("sequence-gap", 1)
        assert statuses(bring(bearer, sent(honest), later)) == ["accepted"] * 6
    assert books(etpp) == accepted(honest)


@FORMS
def test_an_export_from_before_a_rotation_is_good(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    honest = [recorder.presence(person) for _ in range(4)]
    carried = vouch(recorder, sent(honest))
    for _ in range(2):  # and it is replaced once more
        _rotate(recorder)
    assert statuses(bring(bearer, sent(honest), carried)) == ["accepted"] * 4
    assert books(etpp) == accepted(honest)


@FORMS
def test_what_a_former_key_says_of_later_events_does_not_count(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, vouch: Any
) -> None:
    """Somebody has the key that was replaced at noon."""
    thief = replace(recorder)
    _rotate(recorder)
    etpp.clock.local("2026-11-24 18:00")
    events = [
        thief.presence(person, wall_utc="2026-11-24T04:59:00.000Z"),
        thief.presence(person, wall_utc="2026-11-24T05:01:00.000Z"),
    ]
    items = [*sent(events[:1], wib("2026-11-24 11:59")), *sent(events[1:], wib("2026-11-24 12:01"))]
    assert statuses(bring(bearer, items, vouch(thief, items))) == ["accepted", "rejected"]
    (row,) = etpp.events("status=rejected")
    assert (row["seq"], row["problem"]["type"]) == (2, "urn:presensi:problem:event-unproven")


def _rotate(terminal: Terminal) -> None:
    new = Ed25519PrivateKey.generate()
    proof = b64url(new.sign(terminal.device_id.encode()))
    rotation = {"public_key": b64url(public_bytes(new)), "proof": proof}
    assert terminal.heartbeat(rotate_key=rotation).json()["key_rotated"] is True
    terminal.key = new
    assert terminal.heartbeat().ok


@pytest.mark.parametrize("size", [1, 500])
def test_a_broken_terminal_with_gaps(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str, size: int
) -> None:
    honest = [recorder.presence(person) for _ in range(9)]
    items = [
        link(honest[:2], ZEROS),
        *sent(honest[2:5]),
        link(honest[5:6], honest[4]["hash"]),
        *sent(honest[6:]),
    ]
    answers = bring(bearer, items, word(recorder, items), size)
    assert statuses(answers) == ["accepted"] * 8
    assert answers[-1].json()["head"] == {"chain_id": recorder.chain_id, "seq": 9, "hash": honest[8]["hash"]}
    held = books(etpp)
    assert {seq for seq, (_, status) in held.items() if status == "accepted"} == {3, 4, 5, 7, 8, 9}
    assert {seq for seq, (_, status) in held.items() if status == "rejected"} == {2, 6}
    assert {row["time_state"] for row in etpp.events("status=accepted")} == {"trusted"}


def test_one_faulty_event_is_rejected_alone(etpp: Running, recorder: Terminal, bearer: Terminal, person: str) -> None:
    honest = [recorder.presence(person), recorder.presence(person, clock_state="?"), recorder.presence(person)]
    answers = bring(bearer, sent(honest), word(recorder, sent(honest)))
    assert statuses(answers) == ["accepted", "rejected", "accepted"]
    assert books(etpp) == accepted(honest) | {2: (honest[1]["event_id"], "rejected")}


def test_a_character_that_cannot_be_kept_rejects_its_event_only(
    etpp: Running, recorder: Terminal, bearer: Terminal, person: str
) -> None:
    """In whatever text it stands: of what the server knows, and of what it does not."""
    wrong: list[dict[str, Any]] = [{"x": "a\0b"}, {"k\0": 1}, {"presence": {"person_id": "\0"}}, {"clock_state": "\0"}]
    honest = [recorder.presence(person)]
    for more in wrong:
        honest += [recorder.presence(person, **more), recorder.presence(person)]
    items = sent(honest)
    items[2]["time"]["x\0"] = "\0"  # beside what is kept of a time
    answers = bring(bearer, items, word(recorder, items), 4)
    assert statuses(answers) == ["accepted", *["rejected", "accepted"] * len(wrong)], answers[-1].text
    rejected = {event["seq"]: (event["event_id"], "rejected") for event in honest[1::2]}
    assert books(etpp) == accepted(honest) | rejected
    assert waiting(etpp) == 0


@pytest.mark.long_on_postgresql
def test_five_thousand_events_in_one_stretch(etpp: Running, recorder: Terminal, bearer: Terminal, person: str) -> None:
    honest = [recorder.presence(person) for _ in range(5000)]
    answers = bring(bearer, sent(honest), word(recorder, sent(honest)), 500)
    assert statuses(answers) == ["accepted"] * 5000
    assert books(etpp) == accepted(honest)
