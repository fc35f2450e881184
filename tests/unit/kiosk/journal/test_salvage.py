"""What is saved from a damaged journal, column by column, and what is left behind as nobody's word."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.journal import salvage
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.journal.rows import row_id
from kiosk.journal.salvage import Salvager
from kiosk.model import Anchor, ClockState, DeviceId, Moment
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

KEY = bytes(range(32))
TABLES = ("chains", "events", "acks", "counters", "boots", "anchors")


class Journal:
    """A journal on disk, and what is saved from its file."""

    def __init__(self, folder: Path) -> None:
        self.path, self.text, self.building = folder / "outbox.sqlite", folder / "saved.jsonl", folder / "building"
        self.outbox = SqliteOutbox(self.path, DeviceId("device-1"), key=KEY).open()
        self.queue, self.clock = JournalQueue(self.outbox), FakeClock()
        self.salvager = Salvager(self.outbox.sealer, lambda: START)

    def record(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(1)
            self.outbox.append(records.presence(), self.clock.now())

    @property
    def chain_id(self) -> str:
        return self.queue.chain_state().chain_id

    def rows(self, file: Path | None = None) -> dict[str, list[Any]]:
        connection = sqlite3.connect(file or self.path)
        found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}
        connection.close()
        return found

    def change(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def destroy(self, table: str) -> None:
        """The page that the table begins with."""
        connection = sqlite3.connect(self.path)
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        connection.close()
        content = bytearray(self.path.read_bytes())
        content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
        self.path.write_bytes(content)

    def saved(self) -> dict[str, list[Any]]:
        self.outbox.close()
        self.salvager(self.path, self.text, self.building)
        return self.rows(self.building)

    def texts(self) -> list[tuple[bytes, str]]:
        """Each event as it is stored, and its hash."""
        return [(body, hash_.hex()) for _, _, _, hash_, body, _, _ in self.rows()["events"]]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path)
    yield made
    made.outbox.close()


# ---------------------------------------------------------------- a journal whose damage touches nothing


def test_all_that_can_be_read_is_saved_as_it_was(journal: Journal) -> None:
    journal.record(4)
    journal.outbox.append(records.enrolment(), journal.clock.now())
    journal.queue.acknowledge(journal.chain_id, 2, START, {2: {"type": "x"}})
    journal.queue.add_anchor(Anchor("boot-1", 70_000, START, 50))
    journal.queue.break_chain(journal.chain_id)  # the rest is in a second chain, begun anew
    journal.outbox.count("unknown")
    journal.change('UPDATE chains SET carried = \'{"device_id":"device-2"}\' WHERE chain_no = 2')
    journal.change('UPDATE events SET time = \'{"state":"trusted"}\' WHERE id = ?', row_id(1, 1))
    before = journal.rows()
    assert [chain[3] for chain in before["chains"]] == ["broken", "open"]
    assert before["chains"][1][6] == 1

    after = journal.saved()

    before["chains"][1] = (*before["chains"][1][:3], "closed", *before["chains"][1][4:])
    boots = {boot[1]: boot[2] for boot in before.pop("boots")}
    assert {boot[1]: boot[2] for boot in after.pop("boots")} == boots | {"boot-1": journal.clock.ms + 6_000}
    assert after == before


def test_the_texts_are_one_a_line_and_the_owners_alone(journal: Journal) -> None:
    journal.record(3)
    journal.outbox.append(records.enrolment(), journal.clock.now())
    texts = [text for text, _ in journal.texts()]
    journal.saved()
    assert journal.text.read_bytes() == b"".join(text + b"\n" for text in texts)
    assert b"Contoh Pegawai" not in journal.text.read_bytes()
    for file in (journal.text, journal.building):
        assert file.stat().st_mode & 0o777 == 0o600
    assert not Path(f"{journal.building}-wal").exists()


# ---------------------------------------------------------------- a table is gone


def test_without_its_table_a_chain_is_what_its_events_say(journal: Journal) -> None:
    journal.record(3)
    journal.queue.acknowledge(journal.chain_id, 2, START, {})
    chain_id, events = journal.chain_id, journal.rows()["events"]
    journal.outbox.close()
    journal.destroy("chains")
    saved = journal.saved()
    assert saved["chains"] == [(1, chain_id, "device-1", "closed", 0, None, 0)]
    assert [event[:5] for event in saved["events"]] == [event[:5] for event in events]


def test_without_their_table_boots_are_what_their_events_say(journal: Journal) -> None:
    zero = Moment(START, "boot-0", 0, ClockState.UNSYNCHRONISED)
    journal.outbox.append(records.presence(), zero)
    journal.record(3)
    journal.outbox.append(records.presence(), FakeClock().now())  # earlier in its boot than those before
    journal.outbox.close()
    journal.destroy("boots")
    assert [boot[1:] for boot in journal.saved()["boots"]] == [("boot-0", 0), ("boot-1", 63_000)]


def test_a_log_without_its_database_is_enough(journal: Journal, tmp_path: Path) -> None:
    journal.record(3)
    events = [event[:5] for event in journal.rows()["events"]]
    log = Path(f"{journal.path}-wal").read_bytes()
    journal.outbox.close()
    journal.path.write_bytes(b"")
    Path(f"{journal.path}-wal").write_bytes(log)
    saved = journal.saved()
    assert [event[:5] for event in saved["events"]] == events
    assert Path(f"{journal.path}-wal").read_bytes() == log, "SQLite would have removed it"


# ---------------------------------------------------------------- thinned


def test_what_was_thinned_stays_so_though_an_old_page_has_it(journal: Journal) -> None:
    journal.record(3)
    journal.queue.acknowledge(journal.chain_id, 3, START, {})
    old = journal.texts()
    assert journal.queue.thin((START + dt.timedelta(days=1)).date()) == 3
    events = journal.rows()["events"]
    journal.outbox.close()
    with journal.path.open("ab") as file:
        file.write(b"".join(bytes.fromhex(hash_) + text for text, hash_ in old).ljust(8192, b"\0"))
    saved = journal.saved()
    assert saved["events"] == events
    assert {event[4] for event in saved["events"]} == {None}
    assert journal.text.read_bytes() == b""


def test_what_was_thinned_of_a_chain_without_a_name_is_nobodys(journal: Journal) -> None:
    journal.record(3)
    journal.queue.acknowledge(journal.chain_id, 2, START, {})
    journal.queue.thin((START + dt.timedelta(days=1)).date())
    journal.outbox.close()
    journal.destroy("chains")
    assert [event[0] for event in journal.saved()["events"]] == [row_id(1, 3)]


# ---------------------------------------------------------------- whose word it is


def found(hash_: str, prev_hash: str | None, *, vouched: bool = True) -> salvage._Found:
    return salvage._Found("presence", hash_, vouched, "device-1" if prev_hash else None, prev_hash=prev_hash)


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ({1: found("a", "0"), 2: found("b", "a")}, [1, 2]),
        ({1: found("a", "0", vouched=False), 2: found("b", "a")}, [1, 2]),  # the next one points to it
        ({1: found("a", "0"), 2: found("b", "a", vouched=False)}, [1]),  # nobody vouches for the last
        ({1: found("x", "0"), 2: found("b", "a")}, [2]),  # the next one points elsewhere
        ({1: found("a", "0"), 3: found("c", "b")}, [1, 3]),  # the next one is not there
        ({1: found("a", "0", vouched=False), 3: found("c", "a")}, [3]),
        ({1: found("a", "0"), 2: found("b", None)}, [1, 2]),  # the next one is thinned and points nowhere
        ({1: found("a", "0", vouched=False), 2: found("b", None)}, [2]),
        # what is forged is gone before it could speak against the one before it
        ({1: found("a", "0"), 2: found("x", "y"), 3: found("c", "b")}, [1, 3]),
    ],
)
def test_an_event_counts_when_its_successor_or_its_row_vouches_for_it(
    events: dict[int, salvage._Found], kept: list[int]
) -> None:
    wreck = salvage._Wreck(events={"chain": dict(events)})
    wreck.drop_forged()
    assert sorted(wreck.events["chain"]) == kept
    named = any(events[seq].device_id for seq in kept)
    assert wreck.chains == ({"chain": salvage._Chain("device-1")} if named else {})


def test_a_chain_that_is_known_keeps_its_columns() -> None:
    known = salvage._Chain("device-9", "broken", 7)
    wreck = salvage._Wreck({"chain": known}, {"chain": {1: found("a", "0")}})
    wreck.drop_forged()
    assert wreck.chains == {"chain": known}


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (True, True, "first"),
        (True, False, "first"),
        (False, False, "first"),
        (False, True, "second"),  # only what its row vouches for replaces what none did
    ],
)
def test_of_two_texts_of_one_event_the_one_that_is_vouched_for_counts(
    journal: Journal, first: bool, second: bool, kept: str
) -> None:
    journal.record(1)
    ((text, hash_),) = journal.texts()
    wreck = salvage._Wreck()
    for name, vouched in (("first", first), ("second", second)):
        journal.salvager._keep(wreck, text, hash_ if vouched else "0" * 64, f'{{"it":"{name}"}}')
    ((_, event),) = wreck.events[journal.chain_id].items()
    assert event.time == f'{{"it":"{kept}"}}'
    assert event.vouched is (first or second)


# ---------------------------------------------------------------- what SQLite takes for the end


@pytest.mark.parametrize(
    ("held", "seq", "overlooked"),
    [
        (5, 5, False),
        (4, 5, False),  # a commit that the power cut short
        (3, 5, True),  # begun when the one before it was on disk
        (5, 1, False),
    ],
)
def test_an_event_far_behind_the_last_one_was_overlooked(
    journal: Journal, held: int, seq: int, overlooked: bool
) -> None:
    journal.record(5)
    text, hash_ = journal.texts()[seq - 1]
    journal.change("DELETE FROM events WHERE id > ?", row_id(1, held))
    connection = sqlite3.connect(journal.path)
    assert journal.salvager.overlooked(connection, b"junk" + bytes.fromhex(hash_) + text + b"junk") is overlooked
    connection.close()


@pytest.mark.parametrize(("seq", "overlooked"), [(1, False), (2, True)])
def test_of_a_chain_that_is_not_there_the_second_event_was_overlooked(
    journal: Journal, seq: int, overlooked: bool
) -> None:
    journal.record(2)
    text, hash_ = journal.texts()[seq - 1]
    journal.change("DELETE FROM events")
    journal.change("DELETE FROM chains")
    connection = sqlite3.connect(journal.path)
    assert journal.salvager.overlooked(connection, bytes.fromhex(hash_) + text) is overlooked
    assert journal.salvager.overlooked(connection, b"") is False
    connection.close()


def test_the_hash_is_the_32_bytes_before_a_text(journal: Journal) -> None:
    journal.record(1)
    ((text, _),) = journal.texts()
    before = bytes(range(40))
    assert list(salvage._texts(before + text)) == [(text, before[8:].hex())]
    assert list(salvage._texts(before[:10] + text)) == [(text, before[:10].hex())]
    assert list(salvage._texts(text)) == [(text, "")]


@pytest.mark.parametrize(("text", "kept"), [(None, None), ('{"a":1}', '{"a":1}'), ("{", None), ("[]", None)])
def test_a_column_of_json_is_kept_while_it_is_an_object(text: str | None, kept: str | None) -> None:
    assert salvage._json(text) == kept


# ---------------------------------------------------------------- step by step over what cannot be read

Row = tuple[int, str, str, bytes, None, None]


class Pages:
    """Event rows of which some cannot be read: `answer` is asked for the one after an id."""

    def __init__(self, answer: Callable[[int], Any]) -> None:
        self.asked: list[int] = []
        self._answer = answer

    def execute(self, statement: str, values: tuple[int]) -> Pages:
        self.asked.append(values[0])
        return self

    def fetchone(self) -> Any:
        return self._answer(self.asked[-1])


def row(event_row: int) -> Row:
    return (event_row, "presence", "00", b"{}", None, None)


def walk(answer: Callable[[int], Any]) -> tuple[list[int], list[int]]:
    """Which rows were found, and after which ids it was asked."""
    pages = Pages(answer)
    found_rows = list(itertools.islice(salvage._walk(pages), 20))  # type: ignore[arg-type]
    return [each[0] for each in found_rows], pages.asked


def test_it_steps_over_a_damaged_page_in_strides_that_double() -> None:
    def answer(last: int) -> Row | None:
        if 101 <= last < 110:
            raise sqlite3.DatabaseError("malformed")
        return next((row(n) for n in (100, 101, 120, 121, 140) if n > last), None)

    assert walk(answer) == ([100, 101, 120, 121, 140], [-1, 100, 101, 102, 104, 108, 116, 120, 121, 140])


def test_after_a_row_it_steps_by_one_again() -> None:
    def answer(last: int) -> Row | None:
        if last in {-1, 0, 10, 11}:
            raise sqlite3.DatabaseError("malformed")
        return next((row(n) for n in (10, 20) if n > last), None)

    assert walk(answer) == ([10, 20], [-1, 0, 2, 10, 11, 13, 20])


def test_it_ends_when_nothing_can_be_read() -> None:
    def answer(last: int) -> Row | None:
        raise sqlite3.DatabaseError("malformed")

    _, asked = walk(answer)
    assert len(asked) == 50  # strides up to 2**49: beyond every row of a thousand chains
    assert asked[-1] == 2**49 - 2


def test_a_tree_that_leads_back_is_stepped_over() -> None:
    assert walk(
        lambda last: row(10) if last < 10 else row(30) if 17 <= last < 30 else row(10) if last < 17 else None
    ) == (
        [10, 30],
        [-1, 10, 11, 13, 17, 30],
    )


def test_a_row_with_a_value_of_another_type_is_none() -> None:
    def answer(last: int) -> Any:
        return {-1: row(1), 1: (2, "presence", 5, b"{}", None, None), 2: row(3)}.get(last)

    assert walk(answer) == ([1, 3], [-1, 1, 2, 3])


# ---------------------------------------------------------------- the bytes

MIB, KIB = 1 << 20, 1 << 10


def test_a_file_is_read_in_pieces_that_overlap(tmp_path: Path) -> None:
    """Of 8 MiB, with 256 KiB twice: no event is as long, and a Pi has the memory."""
    file = tmp_path / "file"
    with file.open("wb") as stream:
        for offset in (0, 8 * MIB - 300, 8 * MIB, 16 * MIB + 5):
            stream.seek(offset)
            stream.write(offset.to_bytes(8, "big"))
    content = file.read_bytes()
    assert list(salvage._windows(file)) == [
        content[: 8 * MIB],
        content[8 * MIB - 256 * KIB : 16 * MIB],
        content[16 * MIB - 256 * KIB :],
    ]


def test_of_a_bad_sector_only_its_own_bytes_are_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    content = bytes(range(1, 251)) * 100
    file.write_bytes(content)
    read = os.pread

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        if offset < 3 * 4096 and offset + length > 2 * 4096:
            raise OSError(5, "Input/output error")
        return read(descriptor, length, offset)

    monkeypatch.setattr("kiosk.journal.salvage.os.pread", pread)
    (window,) = salvage._windows(file)
    assert window[: len(content)] == content[: 2 * 4096] + bytes(4096) + content[3 * 4096 :]
    assert not any(window[len(content) :])
