"""The audit log on both databases: only added to, chained without a gap, and what is done to it shows."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from etpp.base.errors import EtppError
from etpp.db import Database
from etpp.ledger.model import FIRST, Entry, Follower, Said, chained, document, hash_of, quiet
from etpp.ledger.reading import follow, lines
from etpp.ledger.store import Ledger
from etpp.serving.acting import TOKEN, Act

NOW = dt.datetime(2026, 11, 24, 1, 2, 3, 456789, dt.UTC)


@pytest.fixture
def store(url: str) -> Iterator[Database]:
    made = Database(url)
    made.migrate()
    yield made
    made.close()


TEXTS = st.text(st.characters(exclude_categories=()))
"""Lone surrogates too: JSON brings them."""


def said(number: int) -> Said:
    values = {"n": number, "ok": True, "text": "é\u202e", "none": None, "list": [1, "2"]}
    return Said("bkpp", f"act {number}", {"id": f"x{number}"}, "p1", "dinas", "10.0.0.1", {"was": number - 1}, values)


def write(store: Database, *numbers: int) -> list[Entry]:
    made = []
    for number in numbers:
        with store.begin() as tx:
            made.append(Ledger(tx).append(said(number), NOW + dt.timedelta(microseconds=number)))
    return made


def test_what_is_read_back_is_what_was_chained(store: Database) -> None:
    made = write(store, 1, 2, 3)
    assert [(each.seq, each.prev_hash) for each in made] == [(1, FIRST), (2, made[0].hash), (3, made[1].hash)]
    with store.read() as tx:
        assert Ledger(tx).after(0) == made
        assert [each.seq for each in Ledger(tx).search("X2")] == [2]
        assert [each.seq for each in Ledger(tx).search("", "bkpp", before=3, limit=1)] == [2]
        assert Ledger(tx).search("", "nobody") == []
        assert Ledger(tx).search("%") == []
    assert follow(store).head == (3, made[2].hash)
    assert len(list(lines(store))) == 3


def test_nothing_is_taken_out_or_changed(store: Database) -> None:
    write(store, 1, 2)
    for statement in ("DELETE FROM audit_log", "UPDATE audit_log SET actor = 'x' WHERE seq = 1"):
        with pytest.raises((EtppError, sa.exc.DBAPIError)), store.begin() as tx:
            tx.execute(sa.text(statement))
    assert follow(store).head[0] == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'somebody' WHERE seq = 2",
        "UPDATE audit_log SET at_utc = (SELECT at_utc FROM audit_log WHERE seq = 1) WHERE seq = 2",
        "UPDATE audit_log SET hash = prev_hash WHERE seq = 2",
        "UPDATE audit_log SET office_id = NULL WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 2",
    ],
)
def test_who_takes_the_guard_away_is_found_by_the_chain(store: Database, statement: str) -> None:
    write(store, 1, 2, 3)
    _disarm(store)
    with store.begin() as tx:
        tx.execute(sa.text(statement))
    assert follow(store).broken_at == 2


def test_a_log_that_was_cut_off_is_found_by_a_head_that_was_noted(store: Database) -> None:
    made = write(store, 1, 2, 3)
    noted = (3, made[2].hash)
    assert follow(store, noted).sought is None
    _disarm(store)
    with store.begin() as tx:
        tx.execute(sa.text("DELETE FROM audit_log WHERE seq = 3"))
    followed = follow(store, noted)
    assert (followed.broken_at, followed.sought) == (None, noted)
    write(store, 4)  # another third entry
    assert follow(store, noted).sought == noted


def test_many_at_once_make_one_chain(store: Database) -> None:
    def work(start: int) -> None:
        write(store, *range(start, start + 10))

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200, 300)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    followed = follow(store)
    assert (followed.head[0], followed.broken_at) == (40, None)


def test_what_fails_leaves_no_entry(store: Database) -> None:
    def fail() -> None:
        with store.begin() as tx:
            Ledger(tx).append(said(1), NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert follow(store).head == (0, FIRST)


def _disarm(store: Database) -> None:
    with store.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(sa.text("DROP TRIGGER audit_log_no_change ON audit_log"))
            return
        for what in ("update", "delete"):
            tx.execute(sa.text(f"DROP TRIGGER audit_log_no_{what}"))


# ---------------------------------------------------------------- pure


def test_every_member_of_an_entry_is_in_its_hash() -> None:
    whole = said(1)
    first = hash_of(document(1, NOW, whole, FIRST))
    others = [
        document(2, NOW, whole, FIRST),
        document(1, NOW + dt.timedelta(microseconds=1), whole, FIRST),
        document(1, NOW, whole, "1" * 64),
        *(
            document(1, NOW, changed, FIRST)
            for changed in (
                replace(whole, actor="x"),
                replace(whole, action="x"),
                replace(whole, subject={"id": "x"}),
                replace(whole, person_id=None),
                replace(whole, office_id=None),
                replace(whole, address=""),
                replace(whole, before=None),
                replace(whole, after=None),
            )
        ),
    ]
    assert first not in {hash_of(each) for each in others}
    assert len({hash_of(each) for each in others}) == len(others)


def test_a_chain_that_begins_elsewhere_is_broken_at_its_first_entry() -> None:
    follower = Follower()
    follower.follow([chained(2, NOW, said(1), FIRST)])
    assert follower.broken_at == 1


def test_the_log_keeps_no_name_no_secret_and_no_whole_nip() -> None:
    asked = {
        "name": "Sri Lestari",
        "asked_by": "Sri Lestari, surat 5/2026",
        "nip": "198503152010011007",
        "person": "198503152010011007",
        "reason": "NIP 198503152010011007 lupa",
        "password": "x",
        "csrf": "x",
        "people": [{"name": "Budi", "nip": "198503152010011008"}],
        "text": "a" * 501,
        "many": list(range(60)),
        "amount": 1.5,
        "large": 2**60,
    }
    kept = quiet(asked)
    text = str(kept)
    assert not any(each in text for each in ("Sri", "Budi", "19850315", "password", "csrf"))
    assert kept["person"] == "•" * 8 + "2010011007"
    assert kept["text"]["characters"] == 501
    assert kept["many"][-1] == {"more": 10}
    assert (kept["amount"], kept["large"]) == ("1.5", str(2**60))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    )
)
def test_whatever_is_asked_for_can_be_chained(asked: object) -> None:
    act = Act(TOKEN, "POST /x", {"a": "b"}, asked=asked)
    entry = chained(1, NOW, act.said(), FIRST)
    follower = Follower()
    follower.follow([entry])
    assert follower.head == (1, entry.hash)


def test_what_is_nested_without_end_is_cut() -> None:
    nested: object = "x"
    for _ in range(5000):
        nested = [nested]
    assert "deeper" in str(quiet(nested))
