"""A broken terminal's events on their way through another one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk import wire
from kiosk.commands import events
from kiosk.errors import StateError
from kiosk.journal import carry, export_file
from kiosk.journal.audit import ChainInfo, JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.ports import Claim
from kiosk.machine import doctor
from kiosk.machine.identity import Identity, Provisioning, candidate
from kiosk.machine.state import StateFolder
from kiosk.model import Anchor, DeviceId, Event
from kiosk.wire.keys import ServerKeys
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

GOLDEN = Path(__file__).parents[3] / "golden"
SERVER_KEYS = ServerKeys(0, {"k": bytes(32)})


def provision(folder: StateFolder, device_id: str) -> Identity:
    record = Provisioning(DeviceId(device_id), "https://x", "", "o-1", "Dinas", "Asia/Jakarta", SERVER_KEYS, START)
    candidate(folder.identity_dir).adopt(record)
    return Identity.load(folder.identity_dir)


class Machine:
    def __init__(self, path: Path, device_id: str) -> None:
        self.folder = StateFolder(path).open()
        self.identity = provision(self.folder, device_id)
        self.outbox = self.open()

    def open(self) -> SqliteOutbox:
        return SqliteOutbox(self.folder.outbox_path, self.identity.device_id, key=self.identity.storage_key).open()

    def record(self, count: int) -> list[Event]:
        return [self.outbox.append(records.presence(), FakeClock().now()) for _ in range(count)]

    def run(self, *words: str) -> Any:
        """A `kiosk events` command."""
        return CliRunner().invoke(events.command, ["--state", str(self.folder.path), *words], catch_exceptions=False)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "broken", "device-a")
    yield machine
    machine.outbox.close()


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "helper", "device-b")
    yield machine
    machine.outbox.close()


def exported(machine: Machine, path: Path, *options: str) -> str:
    result = machine.run("export", str(path), *options)
    assert result.exit_code == 0, result.output
    return str(result.output.rsplit(" ", 1)[-1].strip())


def test_what_waits_reaches_the_other_terminals_queue(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    old = broken.record(4)
    broken.outbox.append(records.enrolment(), FakeClock().now())
    JournalQueue(broken.outbox).acknowledge(old[0].chain_id, 2, START, {})
    code = exported(broken, tmp_path / "stick")
    assert helper.run("import", str(tmp_path / "stick"), "--code", code.lower().replace("-", " ")).output.startswith(
        "3"
    )

    claim = JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9)
    assert claim is not None
    assert claim.chain_id == old[0].chain_id
    assert [entry.last_seq for entry in claim.entries] == [3, 4, 5]
    assert claim.entries[0].item == old[2]
    assert claim.entries[0].fixed_time is not None
    assert claim.entries[0].fixed_time["state"] == "estimated"

    assert claim.carried is not None
    assert (claim.carried["device_id"], claim.carried["first_seq"], claim.carried["last_seq"]) == ("device-a", 3, 5)
    statement = {name: value for name, value in claim.carried.items() if name != "signature"}
    public = Ed25519PublicKey.from_public_bytes(broken.identity.public_key)
    public.verify(wire.from_b64url(claim.carried["signature"]), wire.canonical(statement))


def test_the_helpers_own_events_come_in_their_turn(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    (own,) = helper.record(1)
    broken.record(2)
    code = exported(broken, tmp_path / "stick")
    helper.run("import", str(tmp_path / "stick"), "--code", code)
    queue = JournalQueue(helper.outbox)
    chains = []
    while (claim := queue.claim(limit=10, max_bytes=10**9)) is not None:
        chains.append((claim.chain_id, claim.carried is not None))
        queue.acknowledge(claim.chain_id, claim.entries[-1].last_seq, START, {})
    assert (own.chain_id, False) in chains
    assert len(chains) == 2
    assert list(JournalAudit(helper.outbox).verify()) == []
    assert records.newest(helper.outbox, records.presence().person_id) is not None


def test_importing_twice_changes_nothing(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(3)
    code = exported(broken, tmp_path / "stick")
    assert helper.run("import", str(tmp_path / "stick"), "--code", code).output.startswith("3 events")
    assert helper.run("import", str(tmp_path / "stick"), "--code", code).output.startswith("0 events")
    assert helper.outbox.queue_state().waiting == 3


def test_a_later_export_of_the_same_terminal_vouches_for_more(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(3)
    first = exported(broken, tmp_path / "first")
    broken.record(4)
    second = exported(broken, tmp_path / "second")
    for name, code in (("second", second), ("first", first), ("second", second)):
        assert helper.run("import", str(tmp_path / name), "--code", code).exit_code == 0
    claim = JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9)
    assert claim is not None
    assert claim.carried is not None
    assert (len(claim.entries), claim.carried["last_seq"]) == (7, 7)


def test_a_damaged_journal_still_vouches_for_what_it_carries(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(3)
    code = exported(broken, tmp_path / "stick")
    helper.run("import", str(tmp_path / "stick"), "--code", code)
    before = JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9)
    assert before is not None
    helper.outbox.close()
    path = helper.folder.outbox_path
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'boots'").fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    helper.record(1)
    assert list(path.parent.glob("outbox-damaged-*"))
    after = JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9)
    assert after is not None
    assert (after.entries, after.carried) == (before.entries, before.carried)


def test_a_damaged_journal_can_still_be_exported(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(4)
    broken.outbox.append(records.enrolment(), FakeClock().now())
    broken.outbox.close()
    path = broken.folder.outbox_path
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    code = exported(broken, tmp_path / "stick")
    assert helper.run("import", str(tmp_path / "stick"), "--code", code).output.startswith("5")
    claim = JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9)
    assert claim is not None
    assert len(claim.entries) == 5


def test_an_import_repairs_a_journal_that_forgot_who_vouched(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(3)
    code = exported(broken, tmp_path / "stick")
    helper.run("import", str(tmp_path / "stick"), "--code", code)
    helper.outbox.db.transact(lambda connection: connection.execute("UPDATE chains SET carried = NULL"))
    assert JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9) is None
    helper.run("import", str(tmp_path / "stick"), "--code", code)
    assert JournalQueue(helper.outbox).claim(limit=100, max_bytes=10**9) is not None


def test_nobody_adds_to_this_terminals_own_chain(helper: Machine) -> None:
    own = helper.record(2)
    foreign = dict(own[-1].body) | {"device_id": "device-a", "seq": 3, "prev_hash": own[-1].hash}
    event = {**foreign, "hash": wire.digest(foreign)}
    names = {"chain_id": own[0].chain_id, "device_id": "device-a"}
    carried = {**names, "first_seq": 3, "last_seq": 3, "hash": event["hash"], "signature": "A" * 86}
    chain = {**names, "carried": carried}
    lines = [{"presensi_export": 1}, {"chain": chain}, {"event": event, "time": {}}]
    with pytest.raises(StateError, match="mixes up"):
        carry.take_in(helper.outbox, iter(lines), office_id="o-1")
    assert helper.outbox.queue_state().waiting == 2


def test_the_stick_gives_nothing_away(broken: Machine, tmp_path: Path) -> None:
    broken.outbox.append(records.enrolment(), FakeClock().now())
    exported(broken, tmp_path / "stick")
    content = (tmp_path / "stick").read_bytes()
    for secret in (b"Contoh Pegawai", b"device-a", b"enrolment"):
        assert secret not in content
    assert (tmp_path / "stick").stat().st_mode & 0o077 == 0


def test_a_revoked_terminal_can_still_be_emptied(broken: Machine, helper: Machine, tmp_path: Path) -> None:
    broken.record(2)
    broken.identity.revoke()
    code = exported(broken, tmp_path / "stick")
    assert helper.run("import", str(tmp_path / "stick"), "--code", code).output.startswith("2 events")


def test_everything_means_the_acknowledged_too(broken: Machine, tmp_path: Path) -> None:
    old = broken.record(4)
    JournalQueue(broken.outbox).acknowledge(old[0].chain_id, 4, START, {})
    assert broken.run("export", str(tmp_path / "none")).output.startswith("0 events")
    assert broken.run("export", str(tmp_path / "all"), "--all").output.startswith("4 events")


def test_no_file_is_overwritten(broken: Machine, tmp_path: Path) -> None:
    (tmp_path / "stick").write_text("holiday pictures")
    with pytest.raises(StateError, match="exists already"):
        broken.run("export", str(tmp_path / "stick"))
    assert (tmp_path / "stick").read_text() == "holiday pictures"


def test_its_own_events_are_not_taken_in(broken: Machine, tmp_path: Path) -> None:
    broken.record(1)
    code = exported(broken, tmp_path / "stick")
    with pytest.raises(StateError, match="own events"):
        broken.run("import", str(tmp_path / "stick"), "--code", code)


def test_what_nobody_vouches_for_is_not_taken_in(broken: Machine, helper: Machine) -> None:
    broken.record(1)
    lines = carry.export(broken.outbox, FakeClock().now(), lambda *_: None, office_id="o-1", everything=False)
    with pytest.raises(StateError, match="not signed"):
        carry.take_in(helper.outbox, lines, office_id="o-1")


@pytest.mark.parametrize("change", ["content", "order"])
def test_a_changed_event_is_not_taken_in(broken: Machine, helper: Machine, change: str) -> None:
    broken.record(3)
    lines = list(
        carry.export(broken.outbox, FakeClock().now(), broken.identity.attest, office_id="o-1", everything=False)
    )
    if change == "content":
        lines[3]["event"]["presence"]["person_id"] = "p-2"
    else:
        body = {name: value for name, value in lines[2]["event"].items() if name != "hash"}
        body["presence"]["person_id"] = "p-2"
        lines[2]["event"] = {**body, "hash": wire.digest(body)}
    with pytest.raises((StateError, wire.WireError)):
        carry.take_in(helper.outbox, iter(lines), office_id="o-1")
    assert helper.outbox.queue_state().waiting == 0


def test_a_machine_with_a_new_identity_vouches_for_its_former_one(broken: Machine) -> None:
    broken.record(3)
    broken.outbox.close()
    broken.identity = provision(broken.folder, "device-c")
    renewed = broken.open()
    queue = JournalQueue(renewed)
    assert queue.claim(limit=10, max_bytes=10**9) is None
    carry.vouch(renewed, FakeClock().now(), broken.identity.attest)
    claim = queue.claim(limit=10, max_bytes=10**9)
    assert claim is not None
    assert claim.carried is not None
    assert (claim.carried["device_id"], claim.carried["last_seq"]) == ("device-a", 3)
    renewed.close()


# ---------------------------------------------------------------- what is signed, and what is refused at once


def lines_of(machine: Machine) -> list[wire.Json]:
    now = FakeClock().now()
    return list(carry.export(machine.outbox, now, machine.identity.attest, office_id="o-1", everything=False))


def claimed(machine: Machine) -> Claim:
    claim = JournalQueue(machine.outbox).claim(limit=100, max_bytes=10**9)
    assert claim is not None
    return claim


def test_each_run_is_signed_with_its_times(broken: Machine, helper: Machine) -> None:
    old = broken.record(6)
    broken.outbox.db.transact(lambda c: c.execute("UPDATE events SET body = x'7b7d' WHERE id & 255 = 3"))
    lines = lines_of(broken)
    carried = lines[1]["chain"]["carried"]
    times = {line["event"]["seq"]: line["time"] for line in lines[2:]}

    def run(first: int, last: int) -> wire.Json:
        digest = hashlib.sha256(wire.canonical([times[seq] for seq in range(first, last + 1)])).hexdigest()
        return {"first_seq": first, "last_seq": last, "hash": old[last - 1].hash, "times_hash": digest}

    assert carried["runs"] == [run(1, 2), run(4, 6)]
    assert (carried["first_seq"], carried["last_seq"], carried["hash"]) == (1, 6, old[5].hash)
    assert carry.take_in(helper.outbox, iter(lines), office_id="o-1") == 5
    assert [entry.last_seq for entry in claimed(helper).entries] == [1, 2, 3, 4, 5, 6]


def test_the_golden_statement_is_what_this_terminal_would_sign() -> None:
    request = json.loads((GOLDEN / "events_carried.json").read_text(encoding="utf-8"))["request"]
    held = [(wire.parse_event(item["event"]), item["time"]) for item in request["events"]]
    last = held[-1][0]
    chain = ChainInfo(1, last.chain_id, last.body["device_id"], "closed", 0, None)
    assert carry.attestation(chain, held, lambda *_: request["carried"]["signature"]) == request["carried"]


def test_a_journal_full_of_holes_signs_its_newest_runs(broken: Machine, helper: Machine) -> None:
    broken.record(10)
    broken.outbox.db.transact(lambda c: c.execute("UPDATE events SET body = x'7b7d' WHERE id & 1 = 0"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carry, "MAX_RUNS", 3)
        lines = lines_of(broken)
        assert [run["first_seq"] for run in lines[1]["chain"]["carried"]["runs"]] == [5, 7, 9]
        assert lines[1]["chain"]["carried"]["first_seq"] == 1
        assert carry.take_in(helper.outbox, iter(lines), office_id="o-1") == 5


def test_what_is_recorded_during_an_export_waits_for_the_next(broken: Machine, helper: Machine) -> None:
    broken.record(2)
    now = FakeClock().now()
    lines = carry.export(broken.outbox, now, broken.identity.attest, office_id="o-1", everything=False)
    begun = [next(lines), next(lines)]
    broken.record(1)
    assert carry.take_in(helper.outbox, iter([*begun, *lines]), office_id="o-1") == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("office", "another office"),
        ("end", "not those that its terminal has signed"),
        ("beginning", "not those that its terminal has signed"),
        ("middle", "not those that its terminal has signed"),
        ("time", "not those that its terminal has signed"),
        ("hash", "not those that its terminal has signed"),
        ("chain", "not those that its terminal has signed"),
        ("content", "was changed"),
        ("twice", "does not hold together"),
        ("long signature", "signature is none"),
        ("padded signature", "signature is none"),
        ("no signature", "signature is none"),
        ("numbers", "numbers that none can have"),
        ("a huge number", "numbers that none can have"),
        ("a late beginning", "not those that its terminal has signed"),
    ],
)
def test_what_the_server_would_refuse_is_refused_at_once(
    broken: Machine, helper: Machine, change: str, message: str
) -> None:
    broken.record(4)
    lines = lines_of(broken)
    match change:
        case "office":
            lines[0]["office_id"] = "o-2"
        case "end":
            del lines[5]
        case "beginning":
            del lines[2]
        case "middle":
            del lines[3]
        case "time":
            lines[4]["time"]["utc"] = lines[4]["time"]["earliest_utc"]
        case "hash":
            lines[1]["chain"]["carried"]["hash"] = "ab" * 32
        case "chain":
            lines[1]["chain"]["carried"]["chain_id"] = "another"
        case "content":
            lines[3]["event"]["presence"]["person_id"] = "p-2"
        case "long signature":
            lines[1]["chain"]["carried"]["signature"] = "A" * 200
        case "padded signature":
            lines[1]["chain"]["carried"]["signature"] += "=="
        case "no signature":
            lines[1]["chain"]["carried"]["signature"] = 5
        case "numbers":
            lines[1]["chain"]["carried"]["first_seq"] = "1"
        case "a late beginning":
            del lines[1]["chain"]["carried"]["runs"]
            lines[1]["chain"]["carried"]["first_seq"] = 2
        case "a huge number":
            lines[1]["chain"]["carried"]["last_seq"] = 1 << 40
        case "twice":
            lines.insert(3, lines[2])
    with pytest.raises(StateError, match=message):
        carry.take_in(helper.outbox, iter(lines), office_id="o-1")
    assert helper.outbox.queue_state().waiting == 0


def test_an_export_of_the_first_release_is_taken_in(broken: Machine, helper: Machine) -> None:
    """It names no office, and signs its end alone."""
    broken.record(3)
    lines = lines_of(broken)
    del lines[0]["office_id"]
    del lines[1]["chain"]["carried"]["runs"]
    assert carry.take_in(helper.outbox, iter(lines), office_id="o-2") == 3


def test_a_later_export_brings_its_own_times_and_is_sent_whole(broken: Machine, helper: Machine) -> None:
    old = broken.record(3)
    carry.take_in(helper.outbox, iter(lines_of(broken)), office_id="o-1")
    JournalQueue(helper.outbox).acknowledge(old[0].chain_id, 2, START, {})
    broken.record(1)
    # It has met the server since, and knows its times better.
    JournalQueue(broken.outbox).add_anchor(Anchor(old[0].moment.boot_id, 0, START, 10))
    lines = lines_of(broken)
    assert carry.take_in(helper.outbox, iter(lines), office_id="o-1") == 1
    claim = claimed(helper)
    assert claim.carried == lines[1]["chain"]["carried"]
    assert [entry.fixed_time for entry in claim.entries] == [line["time"] for line in lines[2:]]
    assert {entry.fixed_time["state"] for entry in claim.entries if entry.fixed_time} == {"trusted"}


# ---------------------------------------------------------------- set aside, and back

REFUSED = {"type": "urn:presensi:problem:carried-refused", "detail": "the times are not those that were signed"}


def test_a_refused_import_is_set_aside_and_shown_until_it_is_imported_anew(
    broken: Machine, helper: Machine, tmp_path: Path
) -> None:
    old = broken.record(4)
    code = exported(broken, tmp_path / "stick")
    helper.run("import", str(tmp_path / "stick"), "--code", code)
    queue = JournalQueue(helper.outbox)
    queue.acknowledge(old[0].chain_id, 2, START, {})
    queue.set_aside(old[0].chain_id, REFUSED)

    assert queue.claim(limit=100, max_bytes=10**9) is None
    state = helper.outbox.queue_state()
    assert (state.waiting, state.parked, state.set_aside) == (0, 1, 1)
    assert [parked.problem for parked in queue.parked(10)] == [REFUSED]
    listed = [json.loads(line) for line in helper.run("list", "--json").output.splitlines()]
    assert [row["state"] for row in listed] == ["set_aside"] * 4
    assert [row["problem"] for row in listed] == [REFUSED["type"], None, None, None]
    finding = doctor.outbox(state, [], FakeClock().now())
    assert (finding.verdict, finding.facts["set_aside"]) == (doctor.Verdict.WARNING, 1)

    helper.run("import", str(tmp_path / "stick"), "--code", code)
    assert [entry.last_seq for entry in claimed(helper).entries] == [1, 2, 3, 4]
    state = helper.outbox.queue_state()
    assert (state.waiting, state.parked, state.set_aside) == (4, 0, 0)


def test_a_refused_import_gives_way_to_a_shorter_good_one(broken: Machine, helper: Machine) -> None:
    broken.record(2)
    good = lines_of(broken)
    broken.record(2)
    carry.take_in(helper.outbox, iter(lines_of(broken)), office_id="o-1")
    JournalQueue(helper.outbox).set_aside(claimed(helper).chain_id, REFUSED)
    carry.take_in(helper.outbox, iter(good), office_id="o-1")
    claim = claimed(helper)
    assert [entry.last_seq for entry in claim.entries] == [1, 2]
    assert claim.carried == good[1]["chain"]["carried"]


def test_what_has_lost_its_end_here_is_set_aside(broken: Machine, helper: Machine) -> None:
    (own,) = helper.record(1)
    broken.record(3)
    lines = lines_of(broken)
    carry.take_in(helper.outbox, iter(lines), office_id="o-1")
    carry.set_incomplete_aside(helper.outbox)
    assert helper.outbox.queue_state().set_aside == 0
    helper.outbox.db.transact(lambda c: c.execute("DELETE FROM events WHERE time IS NOT NULL AND id & 255 = 3"))
    carry.set_incomplete_aside(helper.outbox)
    assert helper.outbox.queue_state().set_aside == 1
    assert claimed(helper).chain_id == own.chain_id
    carry.take_in(helper.outbox, iter(lines), office_id="o-1")
    carry.set_incomplete_aside(helper.outbox)
    assert helper.outbox.queue_state().set_aside == 0


def test_a_face_is_kept_until_all_of_its_stretch_has_arrived(broken: Machine, helper: Machine) -> None:
    broken.outbox.append(records.enrolment(), FakeClock().now())
    old = broken.record(2)
    carry.take_in(helper.outbox, iter(lines_of(broken)), office_id="o-1")
    queue = JournalQueue(helper.outbox)
    queue.acknowledge(old[0].chain_id, 2, START, {})
    assert queue.erase_enrolments() == 0
    queue.acknowledge(old[0].chain_id, 3, START, {})
    assert queue.erase_enrolments() == 1


def test_a_former_identitys_times_stay_as_they_were_signed(broken: Machine) -> None:
    (old,) = broken.record(1)
    broken.outbox.close()
    broken.identity = provision(broken.folder, "device-c")
    broken.outbox = broken.open()
    carry.vouch(broken.outbox, FakeClock().now(), broken.identity.attest)
    before = claimed(broken)
    JournalQueue(broken.outbox).add_anchor(Anchor(old.moment.boot_id, 0, START, 10))
    assert claimed(broken) == before
    (time,) = (entry.fixed_time for entry in before.entries)
    assert before.carried is not None
    assert before.carried["runs"][0]["times_hash"] == hashlib.sha256(wire.canonical([time])).hexdigest()


# ---------------------------------------------------------------- the file


def lines(count: int) -> list[wire.Json]:
    return [{"n": n, "text": "x" * 1000} for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 1200, 3000])
def test_the_file_gives_back_what_was_written(tmp_path: Path, count: int) -> None:
    code = export_file.new_code()
    export_file.write(tmp_path / "f", code, iter(lines(count)))
    assert list(export_file.read(tmp_path / "f", code)) == lines(count)


def test_another_code_opens_nothing(tmp_path: Path) -> None:
    export_file.write(tmp_path / "f", export_file.new_code(), iter(lines(3)))
    with pytest.raises(StateError, match="code"):
        list(export_file.read(tmp_path / "f", export_file.new_code()))


@pytest.mark.parametrize("keep", [0, 10, 31, 500, 1 << 20, -1])
def test_a_file_that_was_cut_off_is_noticed(tmp_path: Path, keep: int) -> None:
    code = export_file.new_code()
    export_file.write(tmp_path / "f", code, iter(lines(2500)))
    content = (tmp_path / "f").read_bytes()
    frame = len(export_file.MAGIC) + 23 + export_file.FRAME_BYTES + 16
    for cut in (content[:keep], content[:frame]):
        (tmp_path / "f").write_bytes(cut)
        with pytest.raises(StateError):
            list(export_file.read(tmp_path / "f", code))


def test_frames_cannot_change_places(tmp_path: Path) -> None:
    code = export_file.new_code()
    export_file.write(tmp_path / "f", code, iter(lines(2500)))
    content = (tmp_path / "f").read_bytes()
    start, size = len(export_file.MAGIC) + 23, export_file.FRAME_BYTES + 16
    first, second = content[start : start + size], content[start + size : start + 2 * size]
    (tmp_path / "f").write_bytes(content[:start] + second + first + content[start + 2 * size :])
    with pytest.raises(StateError):
        list(export_file.read(tmp_path / "f", code))


def test_a_full_stick_leaves_no_half_file(tmp_path: Path) -> None:
    def breaking() -> Iterator[wire.Json]:
        yield from lines(2)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        export_file.write(tmp_path / "f", export_file.new_code(), breaking())
    assert list(tmp_path.iterdir()) == []


def test_codes_are_long_and_forgiving() -> None:
    codes = {export_file.new_code() for _ in range(100)}
    assert len(codes) == 100
    assert export_file.normalise("abcio-11111 00000-zzzzz") == "ABC10" + "11111" + "00000" + "ZZZZZ"


# ---------------------------------------------------------------- listing


def test_the_list_names_nobody(broken: Machine) -> None:
    broken.record(2)
    broken.outbox.append(records.enrolment(), FakeClock().now())
    output = broken.run("list").output
    assert len(output.splitlines()) == 3
    assert "Contoh" not in output
    assert broken.run().output == output
    assert '"seq": 3' in broken.run("list", "--json", "--limit", "1").output


def test_verify_says_what_is_wrong_and_exits_with_one(broken: Machine) -> None:
    broken.record(3)
    whole = broken.run("verify")
    assert (whole.exit_code, whole.output) == (0, "3 events checked: the chain is whole\n")
    broken.outbox.db.transact(lambda c: c.execute("DELETE FROM events WHERE id & 255 = 2"))
    result = broken.run("verify")
    assert result.exit_code == 1
    assert "missing" in result.output
    assert "2 events checked\n" in result.output


@pytest.mark.parametrize(
    ("acked", "after", "checked", "linked", "alone"),
    [
        (4, 2, 2, 1, 3),  # of four in a row the event after them names the last one's hash
        (4, 0, 0, 0, 4),  # and nothing names it when there is none
        (1, 1, 1, 1, 0),
    ],
)
def test_verify_says_what_it_could_not_check(
    broken: Machine, acked: int, after: int, checked: int, linked: int, alone: int
) -> None:
    chain_id = broken.record(acked)[0].chain_id
    queue = JournalQueue(broken.outbox)
    queue.acknowledge(chain_id, acked, START, {})
    queue.thin(START.date() + dt.timedelta(days=1))
    broken.record(after)
    result = broken.run("verify")
    assert result.exit_code == 0
    assert result.output.startswith(f"{checked} events checked: the chain is whole")
    assert ("where it can be checked" in result.output) == (alone > 0)
    assert f"{acked} events thinned" in result.output
    assert f"{linked} known by their link" in result.output
    assert f"{alone} by their own hash alone" in result.output
