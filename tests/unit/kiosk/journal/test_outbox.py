"""The journal on disk: its chain, what is kept of whom, its upkeep, and its end when the disk is the trouble."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk import wire
from kiosk.errors import OutboxError
from kiosk.journal import schema
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox, uuid7
from kiosk.journal.queue import JournalQueue
from kiosk.model import Anchor, DeviceId, Event, Fault, PersonId
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

DEVICE = DeviceId("device-1")
KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[SqliteOutbox]:
    journal = SqliteOutbox(path, DEVICE, key=KEY).open()
    yield journal
    journal.close()


def fill(outbox: SqliteOutbox, count: int, clock: FakeClock | None = None) -> None:
    clock = clock or FakeClock()
    for n in range(count):
        clock.advance(1)
        outbox.append(records.presence(f"p-{n % 5}"), clock.now())


def test_an_event_is_there_for_another_process_at_once(outbox: SqliteOutbox, path: Path) -> None:
    event = outbox.append(records.presence(), FakeClock().now())
    other = SqliteOutbox(path, DEVICE, key=KEY).open()
    (row,) = [row for chain in JournalAudit(other).chains() for row in JournalAudit(other).rows(chain)]
    assert row.body == event.body
    assert row.hash == event.hash
    other.close()


def test_two_processes_append_to_one_chain(outbox: SqliteOutbox, path: Path) -> None:
    other = SqliteOutbox(path, DEVICE, key=KEY).open()
    events = [journal.append(records.presence(), FakeClock().now()) for journal in (outbox, other, outbox, other)]
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert not list(JournalAudit(other).verify())
    other.close()


def test_threads_append_to_one_chain(outbox: SqliteOutbox) -> None:
    threads = [threading.Thread(target=fill, args=(outbox, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outbox.queue_state().waiting == 80
    assert not list(JournalAudit(outbox).verify())


def test_the_database_is_the_owners_alone(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 1)
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_an_enrolment_is_sealed_on_disk(outbox: SqliteOutbox, path: Path) -> None:
    draft = records.enrolment(name="Nama Rahasia", nip="198001012005011001")
    event = outbox.append(draft, FakeClock().now())
    outbox.close()
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (b"Nama Rahasia", b"198001012005011001", wire.encode_descriptor(draft.templates[0]).encode()):
        assert secret not in content
    ((kept, waits),) = SqliteOutbox(path, DEVICE, key=KEY).enrolments()
    assert waits
    assert kept.body == event.body


def test_an_enrolment_without_a_key_is_refused(path: Path) -> None:
    with pytest.raises(OutboxError, match="storage key"):
        SqliteOutbox(path, DEVICE).open().append(records.enrolment(), FakeClock().now())


def test_a_name_that_json_cannot_hold_is_refused(outbox: SqliteOutbox) -> None:
    with pytest.raises(OutboxError, match="canonical"):
        outbox.append(records.enrolment(name="\ud800"), FakeClock().now())
    assert outbox.queue_state().waiting == 0


def test_another_device_id_begins_another_chain(outbox: SqliteOutbox, path: Path) -> None:
    before = outbox.append(records.presence(), FakeClock().now())
    renewed = SqliteOutbox(path, DeviceId("device-2"), key=KEY).open()
    after = renewed.append(records.presence(), FakeClock().now())
    assert after.chain_id != before.chain_id
    assert (after.seq, after.body["prev_hash"]) == (1, wire.NO_HASH)
    assert [chain.state for chain in JournalAudit(renewed).chains()] == ["closed", "open"]
    renewed.close()


def test_event_ids_are_uuids_of_version_7_in_order_of_time() -> None:
    ids = [uuid7(START + dt.timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)
    for text in ids:
        value = uuid.UUID(text)
        assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert uuid.UUID(ids[0]).int >> 80 == int(START.timestamp() * 1000)
    assert len({uuid7(START) for _ in range(1000)}) == 1000


# ---------------------------------------------------------------- verification


def tamper(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "UPDATE events SET body = CAST(replace(body, 'arrival', 'departure') AS BLOB) WHERE id & 255 = 3",
            "not what was recorded",
        ),
        ("DELETE FROM events WHERE id & 255 = 3", "missing"),
        ("UPDATE events SET hash = zeroblob(32) WHERE id & 255 = 3", "not what was recorded"),
        ("UPDATE events SET body = x'7b' WHERE id & 255 = 3", "cannot be read"),
    ],
)
def test_tampering_shows(outbox: SqliteOutbox, path: Path, statement: str, what: str) -> None:
    fill(outbox, 5)
    assert list(JournalAudit(outbox).verify()) == []
    tamper(path, statement)
    findings = list(JournalAudit(outbox).verify())
    assert findings[0].seq == 3
    assert what in findings[0].what


@pytest.mark.parametrize("column", ["chain_id", "device_id"])
def test_a_chain_that_was_given_another_name_shows(outbox: SqliteOutbox, path: Path, column: str) -> None:
    fill(outbox, 5)
    tamper(path, f"UPDATE chains SET {column} = 'another'")
    assert {finding.what for finding in JournalAudit(outbox).verify()} == {"it was recorded at another place"}


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        "chain_no = 3",  # one bit of its number
        "chain_no = 0",
        "chain_no = -1",
        f"chain_no = {1 << 23}",  # its row ids are no integers of SQLite's
        "chain_no = 17179869185",
        "chain_id = 'another'",
        "device_id = 'another'",
        "acked_seq = -5",
    ],
)
def test_a_chain_that_lost_its_events_gets_them_back(
    outbox: SqliteOutbox, path: Path, change: str, reopened: bool
) -> None:
    """SQLite sees nothing in it: every row is one."""
    queue = JournalQueue(outbox)
    fill(outbox, 5)
    chain_id = queue.chain_state().chain_id
    queue.acknowledge(chain_id, 2, START - dt.timedelta(days=500), {})
    queue.thin(START.date())
    if reopened:
        outbox.close()
    tamper(path, f"UPDATE chains SET {change}")
    if reopened:
        outbox.open()

    outbox.append(records.presence(), FakeClock().now())

    assert outbox.queue_state().waiting >= 4, "more where it is not known what was acknowledged"
    assert outbox.faults() == {Fault.JOURNAL_DAMAGED}
    claim = queue.claim(limit=500, max_bytes=10**9)
    assert claim is not None
    assert claim.chain_id == chain_id
    assert {3, 4, 5} <= {entry.last_seq for entry in claim.entries}
    assert {finding.what for finding in JournalAudit(outbox).verify()} <= {"5 events are missing"}
    assert len(list(path.parent.glob("outbox-damaged-*.sqlite"))) == 1


# ---------------------------------------------------------------- schema


def test_a_newer_schema_is_left_alone(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 1)
    outbox.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(OutboxError, match="newer version"):
        SqliteOutbox(path, DEVICE).open()
    assert not list(path.parent.glob("*damaged*"))


def test_a_later_schema_is_reached_with_the_events_in_place(
    outbox: SqliteOutbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(outbox, 3)
    outbox.close()
    later = (*schema.MIGRATIONS, "ALTER TABLE counters ADD COLUMN note TEXT; CREATE TABLE more (a) ;")
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    again = SqliteOutbox(path, DEVICE, key=KEY).open()
    assert again.queue_state().waiting == 3
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    assert connection.execute("SELECT count(*) FROM more").fetchone() == (0,)
    connection.close()
    again.close()


def test_a_migration_that_fails_leaves_the_old_schema(
    outbox: SqliteOutbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(outbox, 3)
    outbox.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE more (a); SELECT * FROM nowhere;"))
    with pytest.raises(OutboxError):
        SqliteOutbox(path, DEVICE).open()
    monkeypatch.undo()
    assert SqliteOutbox(path, DEVICE, key=KEY).open().queue_state().waiting == 3


# ---------------------------------------------------------------- damage


def damage(path: Path, *places: tuple[int, bytes]) -> None:
    content = bytearray(path.read_bytes())
    for offset, junk in places:
        content[offset : offset + len(junk)] = junk
    path.write_bytes(content)


def test_a_damaged_journal_is_set_aside_whole_and_its_events_go_on(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 60)
    outbox.append(records.enrolment(), FakeClock().now())
    outbox.close()
    damage(path, (0, b"\0" * 100))
    broken = path.read_bytes()

    event = outbox.append(records.presence(), FakeClock().now())

    assert event.seq == 1
    assert outbox.faults() == {Fault.JOURNAL_DAMAGED}
    (aside,) = path.parent.glob("outbox-damaged-*.sqlite")
    assert aside.read_bytes() == broken
    (text,) = path.parent.glob("outbox-salvaged-*.jsonl")
    assert len(text.read_bytes().splitlines()) == 61
    assert b"Contoh Pegawai" not in text.read_bytes()
    assert outbox.queue_state().waiting == 62
    assert list(JournalAudit(outbox).verify()) == []
    claim = JournalQueue(outbox).claim(limit=500, max_bytes=10**9)
    assert claim is not None
    assert claim.chain_id != event.chain_id
    assert [entry.last_seq for entry in claim.entries] == list(range(1, 62))
    assert records.newest(outbox, PersonId("p-3")) is not None


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_destroyed_nothing_false_comes_out(outbox: SqliteOutbox, path: Path, seed: int) -> None:
    fill(outbox, 120)
    truth = {row.seq: row.hash for chain in JournalAudit(outbox).chains() for row in JournalAudit(outbox).rows(chain)}
    outbox.close()
    random = np.random.default_rng(seed)
    size = path.stat().st_size
    damage(path, (0, b"junk"), *((int(random.integers(size - 600)), random.bytes(500)) for _ in range(12)))
    outbox.append(records.presence(), FakeClock().now())
    old, _ = JournalAudit(outbox).chains()
    saved = {row.seq: row.hash for row in JournalAudit(outbox).rows(old)}
    assert saved.items() <= truth.items()
    assert len(saved) > 60
    for row in JournalAudit(outbox).rows(old):
        assert row.body is not None
        assert wire.digest(row.body) == row.hash


def test_a_journal_that_is_no_database_is_set_aside(path: Path) -> None:
    path.write_bytes(b"this was never a database" * 1000)
    outbox = SqliteOutbox(path, DEVICE).open()
    fill(outbox, 1)
    assert outbox.queue_state().waiting == 1
    assert len(list(path.parent.glob("outbox-damaged-*.sqlite"))) == 1
    outbox.close()


def test_another_process_goes_on_in_the_new_journal(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 40)
    other = SqliteOutbox(path, DEVICE, key=KEY).open()
    damage(path, (0, b"\0" * 4096), (8192, b"\0" * 4096))
    # The first to stumble replaces the file; the other one has the old file open still.
    Path(f"{path}-wal").unlink()
    outbox.close()
    first = outbox.append(records.presence(), FakeClock().now())
    second = other.append(records.presence(), FakeClock().now())
    assert (first.chain_id, first.seq, second.seq) == (second.chain_id, 1, 2)
    other.close()


def test_a_power_cut_in_the_middle_of_the_replacement_is_made_good(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 3)
    outbox.close()
    recovered = path.with_name(f"{path.name}.recovered")
    path.rename(recovered)
    path.write_bytes(b"the damaged one" * 500)
    Path(f"{path}-wal").write_bytes(b"its log")
    again = SqliteOutbox(path, DEVICE, key=KEY).open()
    assert again.queue_state().waiting == 3
    assert not recovered.exists()
    again.close()


def test_a_half_made_replacement_is_not_used(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 3)
    outbox.close()
    path.with_name(f"{path.name}.building").write_bytes(b"half of a database")
    damage(path, (0, b"\0" * 100))
    assert SqliteOutbox(path, DEVICE, key=KEY).open().queue_state().waiting == 3


def test_a_second_accident_in_the_same_second_has_its_own_name(path: Path) -> None:
    for _ in range(3):
        path.write_bytes(b"no database" * 100)
        SqliteOutbox(path, DEVICE, utc_now=lambda: START).open().close()
    assert len(list(path.parent.glob("outbox-damaged-*.sqlite"))) == 3


def after_a_power_cut(outbox: SqliteOutbox, folder: Path) -> Path:
    """The files as they are on disk while the journal is open: its newest events are in the log only."""
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{outbox.path}{suffix}", folder / f"outbox.sqlite{suffix}")
    return folder / "outbox.sqlite"


@pytest.mark.parametrize("offset", [0, 40_000])
def test_events_behind_a_damaged_frame_of_the_log_are_saved(outbox: SqliteOutbox, tmp_path: Path, offset: int) -> None:
    """SQLite itself takes the log to end there and says nothing."""
    fill(outbox, 40)
    cut = after_a_power_cut(outbox, tmp_path / "cut")
    damage(Path(f"{cut}-wal"), (offset, b"\xff" * 32))
    again = SqliteOutbox(cut, DEVICE, key=KEY).open()
    assert again.faults() == {Fault.JOURNAL_DAMAGED}
    assert again.queue_state().waiting == 40
    assert list(JournalAudit(again).verify()) == []
    assert again.append(records.presence(), FakeClock().now()).seq == 1
    again.close()


@pytest.mark.parametrize("cut_off", [1, 3000, 8000])
def test_a_commit_that_the_power_cut_short_is_no_damage(outbox: SqliteOutbox, tmp_path: Path, cut_off: int) -> None:
    fill(outbox, 40)
    cut = after_a_power_cut(outbox, tmp_path / "cut")
    log = Path(f"{cut}-wal")
    os.truncate(log, log.stat().st_size - cut_off)
    again = SqliteOutbox(cut, DEVICE, key=KEY).open()
    assert again.faults() == frozenset()
    assert again.append(records.presence(), FakeClock().now()).seq == 40
    again.close()


def test_two_events_that_an_overwritten_page_joins_are_no_damage(outbox: SqliteOutbox, tmp_path: Path) -> None:
    """A power cut leaves pages half old and half new in the log; a joined text may name any chain."""
    fill(outbox, 40)
    cut = after_a_power_cut(outbox, tmp_path / "cut")
    (body,) = sqlite3.connect(cut).execute("SELECT body FROM events ORDER BY id DESC LIMIT 1").fetchone()
    joined = body.replace(b'"chain_id":"', b'"chain_id":"0123-')
    assert joined != body
    with Path(f"{cut}-wal").open("ab") as log:
        log.write(bytes(32) + joined)
    again = SqliteOutbox(cut, DEVICE, key=KEY).open()
    assert again.faults() == frozenset()
    assert again.queue_state().waiting == 40
    again.close()


def test_two_events_that_an_overwritten_page_joins_are_not_saved_as_one(outbox: SqliteOutbox, path: Path) -> None:
    fill(outbox, 10)
    outbox.close()
    connection = sqlite3.connect(path)
    first, last = connection.execute("SELECT body FROM events WHERE id & 0xff IN (1, 10)")
    connection.close()
    half = last[0].index(b'"prev_hash"')
    joined = first[0][: first[0].index(b'"prev_hash"')] + last[0][half:].replace(b'"seq":10', b'"seq":11')
    with path.open("ab") as database:
        database.write((bytes(32) + joined).ljust(4096, b"\0"))
    damage_table(path, "boots")

    fill(outbox, 1)

    assert outbox.faults() == {Fault.JOURNAL_DAMAGED}
    old, _ = JournalAudit(outbox).chains()
    assert [row.seq for row in JournalAudit(outbox).rows(old)] == list(range(1, 11))
    assert list(JournalAudit(outbox).verify()) == []


def test_an_event_whose_hash_is_destroyed_is_saved_when_the_next_one_points_to_it(
    outbox: SqliteOutbox, path: Path
) -> None:
    fill(outbox, 10)
    outbox.close()
    for seq in (4, 10):
        tamper(path, "UPDATE events SET hash = randomblob(32) WHERE id & 0xff = ?", seq)
    damage_table(path, "boots")

    fill(outbox, 1)

    old, _ = JournalAudit(outbox).chains()
    assert [row.seq for row in JournalAudit(outbox).rows(old)] == list(range(1, 10))
    assert list(JournalAudit(outbox).verify()) == []


def test_a_value_of_another_type_is_damage(outbox: SqliteOutbox, path: Path) -> None:
    """No statement writes one: the table is strict. A page in another one's place may hold one."""
    fill(outbox, 10)
    outbox.close()
    for before, after in ((") STRICT", ")"), (")", ") STRICT")):
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET sql = substr(sql, 1, length(sql) - ?) || ? WHERE name = 'events'",
                (len(before), after),
            )
        connection.close()
        if after == ")":
            tamper(path, "UPDATE events SET hash = 'a text' WHERE id & 0xff = 10")

    fill(outbox, 1)

    assert outbox.faults() == {Fault.JOURNAL_DAMAGED}
    assert outbox.queue_state().waiting == 10


@pytest.mark.parametrize("lost", ["emptied", "gone"])
def test_a_log_that_lost_its_database_is_saved(outbox: SqliteOutbox, tmp_path: Path, lost: str) -> None:
    """SQLite would remove it."""
    fill(outbox, 40)
    cut = after_a_power_cut(outbox, tmp_path / "cut")
    if lost == "emptied":
        os.truncate(cut, 0)
    else:
        cut.unlink()
    again = SqliteOutbox(cut, DEVICE, key=KEY).open()
    assert again.faults() == {Fault.JOURNAL_DAMAGED}
    assert again.queue_state().waiting == 40
    again.close()


def damage_table(path: Path, table: str) -> None:
    """Destroy the page that a table begins with."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    connection.close()
    damage(path, ((page - 1) * 4096, b"\xff" * 4096))


def test_what_was_acknowledged_thinned_and_counted_stays_so(outbox: SqliteOutbox, path: Path) -> None:
    queue = JournalQueue(outbox)
    fill(outbox, 10)
    outbox.append(records.enrolment(), FakeClock().now())
    chain_id = queue.chain_state().chain_id
    queue.acknowledge(chain_id, 6, START - dt.timedelta(days=500), {})
    queue.thin((START - dt.timedelta(days=400)).date())
    queue.acknowledge(chain_id, 11, START, {3: {"type": "x"}})
    outbox.count("unknown")
    outbox.close()
    damage_table(path, "boots")

    fill(outbox, 1)

    assert outbox.faults() == {Fault.JOURNAL_DAMAGED}
    old, _ = JournalAudit(outbox).chains()
    assert (old.acked_seq, outbox.queue_state().waiting) == (11, 1)
    assert list(JournalAudit(outbox).verify()) == []
    assert queue.counters() == {"unknown": 1}
    assert queue.erase_enrolments() == 1
    assert queue.thin((START + dt.timedelta(days=1)).date()) == 4


@pytest.mark.parametrize("seed", range(25))
def test_a_journal_that_is_damaged_anywhere_still_records_and_lists(
    outbox: SqliteOutbox, path: Path, seed: int
) -> None:
    """Bits, sectors and exchanged pages: much of it SQLite itself does not notice."""
    random = np.random.default_rng(seed)
    queue, clock = JournalQueue(outbox), FakeClock()
    fill(outbox, 40)
    outbox.append(records.enrolment(), FakeClock().now())
    queue.acknowledge(queue.chain_state().chain_id, 9, START, {5: {"type": "x"}})
    queue.add_anchor(Anchor("boot-1", 1000, START, 50))
    truth = {row.hash for chain in JournalAudit(outbox).chains() for row in JournalAudit(outbox).rows(chain)}
    outbox.close()
    content = path.read_bytes()
    at = int(random.integers(len(content)))
    page = at // 4096 * 4096
    damage(
        path,
        [
            (at, bytes([content[at] ^ 1 << random.integers(8)])),
            (at, random.bytes(16)),
            (page, random.bytes(4096)),
            (page, bytes(4096)),
            (page, content[: page + 4096][-8192:-4096]),
        ][seed % 5],
    )
    truth.add(outbox.append(records.presence(), clock.now()).hash)
    records.newest(outbox, PersonId("p-1"))
    claim = queue.claim(limit=500, max_bytes=10**9)
    assert claim is not None
    events = [entry.item for entry in claim.entries if isinstance(entry.item, Event)]
    assert {event.hash for event in events} <= truth
    assert all(wire.digest(dict(event.body)) == event.hash for event in events)
    queue.parked(10)
    queue.timeline(clock.now()).locate(clock.now())
    queue.erase_enrolments()
    outbox.enrolments()
    list(JournalAudit(outbox).verify())
    outbox.append(records.presence(), clock.now())


def test_an_acknowledgement_whose_day_is_lost_counts_from_today(path: Path) -> None:
    outbox = SqliteOutbox(path, DEVICE, key=KEY, utc_now=lambda: START).open()
    queue = JournalQueue(outbox)
    fill(outbox, 10)
    queue.acknowledge(queue.chain_state().chain_id, 10, START - dt.timedelta(days=500), {})
    outbox.close()
    damage_table(path, "acks")
    assert queue.thin(START.date()) == 0
    assert queue.thin((START + dt.timedelta(days=1)).date()) == 10


BYSTANDER = """
import sys
from pathlib import Path
from kiosk.journal.outbox import SqliteOutbox
outbox = SqliteOutbox(Path(sys.argv[1]), "device-1", key=bytes(range(32)))
print(outbox.queue_state().waiting, flush=True)
sys.stdin.readline()
if sys.argv[2] == "looks again":
    print(outbox.queue_state().waiting, flush=True)
if sys.argv[2] != "just ends":
    outbox.close()
"""


@pytest.mark.parametrize("manner", ["looks again", "closes", "just ends"])
def test_who_still_has_the_damaged_file_open_does_the_new_one_no_harm(
    outbox: SqliteOutbox, path: Path, manner: str
) -> None:
    """SQLite removes a log by its name when the last connection to a database closes: it must not be the new one's."""
    fill(outbox, 30)
    outbox.close()
    bystander = subprocess.Popen(
        [sys.executable, "-c", BYSTANDER, str(path), manner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert bystander.stdout is not None
    assert bystander.stdout.readline() == "30\n"
    damage(path, (4096, b"\0" * 4096))
    fill(outbox, 5)
    assert list(path.parent.glob("outbox-damaged-*.sqlite"))
    log = Path(f"{path}-wal").stat()
    output, _ = bystander.communicate("\n")
    assert output == ("35\n" if manner == "looks again" else "")
    assert bystander.returncode == 0
    assert Path(f"{path}-wal").stat().st_ino == log.st_ino
    (count,) = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT count(*) FROM events").fetchone()
    assert count == 35
