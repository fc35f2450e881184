"""Links that their terminal has signed: what is kept of them, and what an audit makes of it, on SQLite and PostgreSQL.

The database's administrator writes what he likes into every table. He has neither a terminal's key nor the server's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.books.audit import Verified, verify_events
from etpp.db import Transaction
from etpp.db.tables import chains, events, signed_heads, vouched_keys
from tests.contract.etpp.books.test_carried import SEEN, bring, link, sent, word
from tests.contract.etpp.client import Json, Terminal, b64url, hash_of, problem_of, public_bytes, text_of
from tests.contract.etpp.running import NIP, OFFICE, Running

HOUR = dt.timedelta(hours=1)


def signing(etpp: Running) -> Terminal:
    terminal = etpp.terminal()
    terminal.signs = True
    return terminal


def seen(etpp: Running, terminal: Terminal, person: str) -> Json:
    """A presence now."""
    return terminal.presence(person, wall_utc=text_of(etpp.clock.now))


def came(etpp: Running, terminal: Terminal, person: str, count: int = 1, **options: Any) -> list[Json]:
    """Presences, each sent in the minute in which it was, and the answer without a complaint."""
    made = []
    for _ in range(count):
        etpp.clock.now += dt.timedelta(minutes=1)
        made.append(seen(etpp, terminal, person))
        answer = terminal.send_events([made[-1]], at=etpp.clock.now, **options).json()
        assert answer["head"]["seq"] == terminal.seq
        assert "head_problem" not in answer
    return made


def audited(etpp: Running, made: Sequence[Json]) -> Verified:
    with etpp.database.read() as tx:
        return verify_events(tx, OFFICE, [each["event_id"] for each in made], etpp.state.keys.now().known)


def told(found: Verified) -> list[tuple[str, int, int]]:
    return [(each.what, each.first_seq, each.last_seq) for each in found.broken]


def kept(etpp: Running) -> list[int]:
    with etpp.database.read() as tx:
        return list(tx.execute(sa.select(signed_heads.c.seq).order_by(signed_heads.c.seq)).scalars())


def by_admin(etpp: Running, work: Callable[[Transaction], object]) -> None:
    with etpp.database.begin() as tx:
        work(tx)


def rewrite(tx: Transaction, seq: int, **changes: Any) -> None:
    """Change an event, and give it and all that follow it the hashes that fit."""
    rows = tx.execute(sa.select(events).where(events.c.seq >= seq).order_by(events.c.seq)).all()
    before = rows[0].prev_hash
    for row in rows:
        body = {**row.body, **(changes if row.seq == seq else {}), "prev_hash": before}
        hash_ = hash_of(body)
        tx.execute(
            sa.update(events)
            .where(events.c.seq == row.seq)
            .values(body={**body, "hash": hash_}, prev_hash=before, hash=hash_)
        )
        before = hash_
    tx.execute(sa.update(chains).values(hash=before))


# ---------------------------------------------------------------- what is kept


def test_a_signed_link_is_kept_once_and_covers_all_before_it(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = [seen(etpp, terminal, person) for _ in range(5)]
    batch = terminal.batch(made, etpp.clock.now)
    for _ in range(2):
        assert "head_problem" not in terminal.post("events", batch).json()
    assert kept(etpp) == [5]
    assert audited(etpp, made) == Verified(signed=5)


def test_a_terminal_of_the_first_release_is_counted_and_not_broken(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    made = came(etpp, terminal, person, 3)
    found = audited(etpp, made)
    assert (found.signed, dict(found.unsigned), found.broken) == (0, {terminal.device_id: 3}, [])


def test_once_a_terminal_signs_what_came_before_is_signed_too(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    made = came(etpp, terminal, person, 3)
    batch = {**terminal.batch([], etpp.clock.now), "heads": [terminal.head(made[-1])]}
    assert "head_problem" not in terminal.post("events", batch).json()
    assert audited(etpp, made) == Verified(signed=3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda t, e: t.head(e, hash="5" * 64), "hash"),
        (lambda t, e: t.head(e, seq=2), "hash"),
        (lambda t, e: t.head(e, seq=9), "hash"),
        (lambda t, e: t.head(e, chain_id="another"), "chain_id"),
        (lambda t, e: t.head(e, key=Ed25519PrivateKey.generate()), "key_id"),
        (lambda t, e: t.head(e, signature=b64url(t.key.sign(b"another text"))), "signature"),
        (lambda t, e: t.head(e, signature="none"), "signature"),
        (lambda t, e: t.head(e, seq="1"), "seq"),
        (lambda t, e: "no object", "body"),
    ],
)
def test_a_link_that_does_not_hold_costs_no_event(
    etpp: Running, wrong: Callable[[Terminal, Json], object], said: str
) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    event = seen(etpp, terminal, person)
    answer = terminal.post("events", {**terminal.batch([event], etpp.clock.now), "heads": [wrong(terminal, event)]})
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["results"]] == ["accepted"]
    problem = answer.json()["head_problem"]
    assert problem["type"] == "urn:presensi:problem:head-invalid"
    assert problem["detail"].startswith(f"heads.0.{said}: ")
    assert kept(etpp) == []
    # The next one covers it.
    terminal.signs = True
    assert audited(etpp, [event, *came(etpp, terminal, person)]) == Verified(signed=2)


@pytest.mark.parametrize("heads", [{}, "x", 7, [{}] * 501])
def test_what_is_no_list_of_links_costs_no_event_either(etpp: Running, heads: object) -> None:
    terminal = etpp.terminal()
    answer = terminal.post("events", {**terminal.batch([terminal.attack()], etpp.clock.now), "heads": heads})
    assert answer.json()["head"]["seq"] == 1
    assert answer.json()["head_problem"]["detail"].startswith("heads: ")


def test_the_same_link_twice_and_a_wrong_one_beside_a_good_one(etpp: Running) -> None:
    terminal = etpp.terminal()
    first, second = terminal.attack(), terminal.attack()
    heads = [terminal.head(second), terminal.head(second), terminal.head(first, hash="5" * 64)]
    answer = terminal.post("events", {**terminal.batch([first, second], etpp.clock.now), "heads": heads}).json()
    assert answer["head_problem"]["detail"].startswith("heads.2.hash: ")
    assert kept(etpp) == [2]


def test_a_link_of_a_refused_batch_is_not_kept(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    seen(etpp, terminal, person)
    answer = terminal.send_events([seen(etpp, terminal, person)])
    assert problem_of(answer) == "sequence-gap"
    assert kept(etpp) == []


# ---------------------------------------------------------------- keys


def test_what_a_former_key_has_signed_holds_after_its_replacement_and_after_the_revocation(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 2)
    first, old_chain = terminal.key, made[:]
    new = Ed25519PrivateKey.generate()
    rotation = {"public_key": b64url(public_bytes(new)), "proof": b64url(new.sign(terminal.device_id.encode()))}
    assert terminal.heartbeat(rotate_key=rotation).json()["key_rotated"]
    terminal.key = new
    # A batch that was made before the key was changed, and is sent after it.
    event = seen(etpp, terminal, person)
    batch = {**terminal.batch([event], etpp.clock.now), "heads": [terminal.head(event, key=first)]}
    assert "head_problem" not in terminal.post("events", batch).json()
    made += [event, *came(etpp, terminal, person, 2)]
    etpp.admin("POST", f"devices/{terminal.device_id}/revoke")
    assert audited(etpp, made) == Verified(signed=5)
    assert audited(etpp, old_chain) == Verified(signed=2)
    with etpp.database.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(vouched_keys)).scalar_one() == 2


def test_what_was_signed_holds_when_the_servers_key_was_replaced(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 2)
    keys = etpp.state.keys
    keys.keep(keys.now().with_new_key(etpp.clock.now))
    keys.keep(keys.now().without(keys.now().signer.key_id, etpp.clock.now + HOUR))
    assert audited(etpp, made) == Verified(signed=2)
    with etpp.database.read() as tx:
        found = verify_events(tx, OFFICE, [made[0]["event_id"]], {})
    assert told(found) == [("terminal", 1, 1)] * 2  # neither the signature nor the event under it


# ---------------------------------------------------------------- what an audit catches


def test_an_event_that_was_changed_with_all_later_hashes_is_caught(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 6)
    by_admin(etpp, lambda tx: rewrite(tx, 3, wall_utc="2026-11-24T00:29:00.000Z"))
    found = audited(etpp, made)
    assert found.signed == 2
    assert told(found)[0] == ("terminal", 6, 6)
    assert {seq for each in found.broken for seq in range(each.first_seq, each.last_seq + 1)} == {3, 4, 5, 6}
    assert {(each.device_id, each.chain_id) for each in found.broken} == {(terminal.device_id, terminal.chain_id)}


def test_taking_the_later_signatures_away_does_not_help(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 6)

    def forge(tx: Transaction) -> None:
        rewrite(tx, 3, wall_utc="2026-11-24T00:29:00.000Z")
        tx.execute(sa.delete(signed_heads).where(signed_heads.c.seq >= 3))

    by_admin(etpp, forge)
    found = audited(etpp, made)
    assert (found.signed, told(found)) == (2, [("terminal", 3, 6)])
    assert "signs its chains, and not this" in found.broken[0].why


def test_nor_does_it_to_say_that_they_came_before_it_signed(etpp: Running) -> None:
    """The first moment at which it signed stands under the server's signature."""
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 4)
    by_admin(etpp, lambda tx: tx.execute(sa.update(vouched_keys).values(since_utc=etpp.clock.now + HOUR)))
    assert told(audited(etpp, made))[0] == ("terminal", 4, 4)


@pytest.mark.parametrize("signed", [False, True])
def test_a_chain_that_nobody_recorded_is_caught(etpp: Running, signed: bool) -> None:
    """Of a terminal that signs, under an invented id, whole in itself, and with a key of the administrator's own."""
    terminal, person = signing(etpp), etpp.person()
    came(etpp, terminal, person, 3)
    forger = Terminal(terminal.url, device_id=terminal.device_id)
    made = [forger.presence(person) for _ in range(3)]

    def forge(tx: Transaction) -> None:
        (like,) = tx.execute(sa.select(events).where(events.c.seq == 3)).all()
        (chain,) = tx.execute(sa.select(chains)).all()
        tx.execute(sa.insert(chains).values({**chain._mapping, "chain_id": forger.chain_id}))
        for each in made:
            row = {**like._mapping, "body": each}
            row |= {name: each[name] for name in ("event_id", "chain_id", "seq", "hash", "prev_hash")}
            tx.execute(sa.insert(events).values(row))
        if signed:
            (true,) = tx.execute(sa.select(vouched_keys)).all()
            head = forger.head(made[-1])
            mine = {"key_id": head["key_id"], "public_key": public_bytes(forger.key)}
            tx.execute(sa.insert(vouched_keys).values({**true._mapping, **mine}))
            (one,) = tx.execute(sa.select(signed_heads).where(signed_heads.c.seq == 3)).all()
            signature = forger.key.sign(
                f"presensi-chain-head {forger.device_id} {forger.chain_id} 3 {made[-1]['hash']}".encode()
            )
            moved = {"chain_id": forger.chain_id, "hash": made[-1]["hash"], "signature": signature}
            tx.execute(sa.insert(signed_heads).values({**one._mapping, **moved, "key_id": head["key_id"]}))

    by_admin(etpp, forge)
    found = audited(etpp, made)
    assert (found.signed, not found.unsigned) == (0, True)
    assert told(found)[-1] == ("terminal", 1, 3)
    assert {each.chain_id for each in found.broken} == {forger.chain_id}


def test_a_signature_that_was_moved_from_another_terminal_is_caught(etpp: Running) -> None:
    one, two, person = signing(etpp), signing(etpp), etpp.person()
    made = came(etpp, one, person, 2)
    came(etpp, two, person, 2)

    def forge(tx: Transaction) -> None:
        (theirs,) = tx.execute(
            sa.select(signed_heads).where(signed_heads.c.device_id == two.device_id, signed_heads.c.seq == 2)
        ).all()
        tx.execute(
            sa.update(signed_heads)
            .where(signed_heads.c.device_id == one.device_id, signed_heads.c.seq == 2)
            .values(signature=theirs.signature, key_id=theirs.key_id)
        )

    by_admin(etpp, forge)
    found = audited(etpp, made)
    assert (found.signed, told(found)) == (1, [("terminal", 2, 2)] * 2)


def test_an_older_link_that_is_sent_again_is_as_good_as_before(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 4)
    batch = {**terminal.batch([], etpp.clock.now), "heads": [terminal.head(made[1])]}
    assert "head_problem" not in terminal.post("events", batch).json()
    assert audited(etpp, made) == Verified(signed=4)


def test_a_chain_whose_end_was_cut_off_is_caught(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 5)

    def forge(tx: Transaction) -> None:
        tx.execute(sa.delete(events).where(events.c.seq > 3))
        tx.execute(sa.update(chains).values(seq=3, hash=made[2]["hash"]))

    by_admin(etpp, forge)
    assert told(audited(etpp, made[:3])) == [("terminal", 4, 5)]
    found = audited(etpp, made)
    assert found.missing == sorted(each["event_id"] for each in made[3:])
    assert found.signed == 3


def test_an_event_that_was_taken_out_is_caught(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 5)
    by_admin(etpp, lambda tx: tx.execute(sa.delete(events).where(events.c.seq == 3)))
    found = audited(etpp, [*made[:2], *made[3:]])
    assert ("event", 3, 3) in told(found)


def test_another_terminals_chain_is_of_no_concern(etpp: Running) -> None:
    one, two, person = signing(etpp), etpp.terminal(), etpp.person()
    made = came(etpp, one, person, 2) + came(etpp, two, person, 2)
    found = audited(etpp, made)
    assert (found.signed, dict(found.unsigned), found.broken) == (2, {two.device_id: 2}, [])


def test_a_time_that_its_terminal_did_not_show_is_named(etpp: Running) -> None:
    """The time that came with an event is not signed; what its clock showed is. Within its error anything fits."""
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 4)
    late = etpp.clock.now - dt.timedelta(minutes=1)

    def shift(seq: int, by: dt.timedelta) -> None:
        at = late + by
        row = sa.update(events).where(events.c.seq == seq)
        by_admin(etpp, lambda tx: tx.execute(row.values(utc=at, earliest_utc=at, latest_utc=at)))

    shift(3, dt.timedelta(seconds=16))
    assert audited(etpp, made) == Verified(signed=4)
    for by in (dt.timedelta(seconds=17), dt.timedelta(seconds=-17)):
        shift(3, by)
        found = audited(etpp, made)
        assert [(each.what, each.first_seq, each.last_seq) for each in found.otherwise] == [("time", 3, 3)]
        assert (found.signed, found.broken) == (4, [])


def test_of_a_clock_that_was_not_in_step_any_time_fits(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    event = terminal.presence(person, clock_state="unsynchronised", wall_utc="1970-01-01T00:01:00.000Z")
    terminal.send_events([event], at=etpp.clock.now)
    assert audited(etpp, [event]) == Verified(signed=1)


# ---------------------------------------------------------------- what the hashes do not lead through


def test_what_is_before_an_enrolment_needs_a_signature_of_its_own(etpp: Running) -> None:
    """The books do not keep an enrolment's faces with the event, and so cannot show what its hash was made of."""
    terminal, person = signing(etpp), etpp.person()
    made = [seen(etpp, terminal, person), seen(etpp, terminal, person), terminal.enrolment(NIP, "Sri", 1)]
    made.append(seen(etpp, terminal, person))
    batch = terminal.batch(made, etpp.clock.now)
    terminal.post("events", {**batch, "heads": [terminal.head(made[1]), *batch["heads"]]})
    presences = [made[0], made[1], made[3]]
    assert audited(etpp, presences) == Verified(signed=3)
    by_admin(etpp, lambda tx: tx.execute(sa.delete(signed_heads).where(signed_heads.c.seq == 2)))
    etpp.clock.now += HOUR
    came(etpp, terminal, person)
    found = audited(etpp, presences)
    assert (found.signed, dict(found.unsigned)) == (1, {terminal.device_id: 2})  # in the same moment as the first one


def test_a_gap_is_no_way_around(etpp: Running) -> None:
    """The administrator puts a gap where the true events lead on, and his own before it."""
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 6)

    def forge(tx: Transaction) -> None:
        (fourth,) = tx.execute(sa.select(events).where(events.c.seq == 4)).all()
        rewrite(tx, 2, wall_utc="2026-11-24T00:29:00.000Z")
        (third,) = tx.execute(sa.select(events).where(events.c.seq == 3)).all()
        tx.execute(sa.delete(signed_heads).where(signed_heads.c.seq.in_([2, 3, 4])))
        gap = {"first_seq": 4, "last_seq": 4, "reason": "lost"}
        tx.execute(
            sa.update(events)
            .where(events.c.seq == 4)
            .values(kind="gap", status="rejected", body=gap, hash=fourth.hash, prev_hash=third.hash)
        )
        for event in made[4:]:
            values = {"body": event, "hash": event["hash"], "prev_hash": event["prev_hash"]}
            tx.execute(sa.update(events).where(events.c.seq == event["seq"]).values(values))
        tx.execute(sa.update(chains).values(hash=made[-1]["hash"]))

    by_admin(etpp, forge)
    found = audited(etpp, [*made[:3], *made[4:]])
    assert (found.signed, told(found)) == (3, [("terminal", 2, 3)])


def test_a_gap_that_its_terminal_told_of_leaves_the_rest_signed(etpp: Running) -> None:
    terminal, person = signing(etpp), etpp.person()
    made = came(etpp, terminal, person, 2)
    lost = [seen(etpp, terminal, person)]
    after = seen(etpp, terminal, person)
    answer = terminal.post(
        "events",
        {
            **terminal.batch([after], etpp.clock.now),
            "events": [link(lost, made[-1]["hash"]), *sent([after], etpp.clock.now)],
        },
    )
    assert answer.json()["head"]["seq"] == 4
    assert audited(etpp, [*made, after]) == Verified(signed=3)


# ---------------------------------------------------------------- carried events


def test_carried_events_are_under_the_statement_of_their_recorder(etpp: Running) -> None:
    etpp.clock.now = SEEN + HOUR
    recorder, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    made = [recorder.presence(person) for _ in range(5)]
    items = sent(made)
    items[2] = link(made[2:3], made[1]["hash"])
    assert [answer.status_code for answer in bring(bearer, items, word(recorder, items))] == [200] * 3
    assert kept(etpp) == [5]
    there = [*made[:2], *made[3:]]
    assert audited(etpp, there) == Verified(signed=4)
    # An export does not say that its terminal signs from now on.
    recorder.last_hash, recorder.seq = made[-1]["hash"], 5
    later = came(etpp, recorder, person, 2)
    found = audited(etpp, later)
    assert (found.signed, dict(found.unsigned), found.broken) == (0, {recorder.device_id: 2}, [])


def test_a_statement_that_was_changed_vouches_for_nothing(etpp: Running) -> None:
    recorder, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    made = [recorder.presence(person) for _ in range(3)]
    bring(bearer, sent(made), word(recorder, sent(made)))

    def forge(tx: Transaction) -> None:
        rewrite(tx, 2, wall_utc="2026-11-24T00:29:00.000Z")
        (last,) = tx.execute(sa.select(events.c.hash).where(events.c.seq == 3)).scalars()
        (statement,) = tx.execute(sa.select(signed_heads.c.statement)).scalars()
        runs = [{**run, "hash": last} for run in statement["runs"]]
        changed = {**statement, "hash": last, "runs": runs}
        tx.execute(sa.update(signed_heads).values(hash=last, statement=changed))

    by_admin(etpp, forge)
    assert ("terminal", 3, 3) in told(audited(etpp, made))


def test_a_stretch_that_is_not_whole_yet_is_not_signed_yet(etpp: Running) -> None:
    recorder, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    items = sent([recorder.presence(person) for _ in range(3)])
    bearer.post(
        "events", {"events": items[:2], "reported_through": _reported(recorder), "carried": word(recorder, items)}
    )
    assert kept(etpp) == []


def _reported(terminal: Terminal) -> Json:
    return {"chain_id": terminal.chain_id, "seq": 0, "utc": "2026-11-24T00:00:00.000Z"}
