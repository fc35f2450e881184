"""`kiosk sync` and the reference server, each a real process: what docs/protocol.md says, from both sides at once."""

from __future__ import annotations

import datetime as dt
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kiosk.commands import events, provision
from kiosk.errors import IdentityError, StateError
from kiosk.gallery import TinyGallery
from kiosk.journal import carry, export_file
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import ModelId, Nip, PersonId, RenewalClaim
from tests.integration.office import OFFICE, ROOT, Office, office, open_outbox, sync_process
from tests.unit.kiosk.journal import records

NIP = "198503152010011007"


@pytest.fixture(scope="module")
def etpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("etpp")) as place:
        yield place


@pytest.fixture(autouse=True)
def all_is_signed(etpp: Office) -> Iterator[None]:
    """Whatever happens to a terminal: all that the books count is under a signature of the one that recorded it."""
    yield
    found = etpp.audited()
    assert (found.broken, found.missing, dict(found.unsigned), found.otherwise) == ([], [], {}, [])
    assert found.signed == len(etpp.presences())


@pytest.fixture
def folder(etpp: Office, tmp_path: Path) -> StateFolder:
    return etpp.terminal(tmp_path / "terminal")


@pytest.fixture
def outbox(folder: StateFolder) -> Iterator[SqliteOutbox]:
    journal = open_outbox(folder)
    yield journal
    journal.close()


def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass: {what}")
        time.sleep(0.02)


def gallery(folder: StateFolder) -> TinyGallery:
    return TinyGallery(folder.gallery_path, Identity.load(folder.identity_dir).storage_key)


def templates(folder: StateFolder) -> set[tuple[PersonId, ModelId]]:
    return {(each.person_id, each.model_id) for each in gallery(folder).load().templates}


def record(outbox: SqliteOutbox, person_id: str, count: int = 1) -> list[str]:
    clock = SystemClock(outbox.anchors)
    return [outbox.append(records.presence(person_id), clock.now()).event_id for _ in range(count)]


def rows_of(etpp: Office, folder: StateFolder) -> list[str]:
    device_id = Identity.load(folder.identity_dir).device_id
    return [row["event_id"] for row in etpp.rows() if row["device_id"] == device_id and row["status"] == "accepted"]


def test_from_an_enrolment_to_a_presence(etpp: Office, folder: StateFolder, outbox: SqliteOutbox) -> None:
    with sync_process(folder) as process:
        until(lambda: folder.read_status().connected, "contact")
        draft = records.enrolment(nip=NIP, seed=5)
        outbox.append(type(draft)(**{**_fields(draft), "office_id": OFFICE}), SystemClock(outbox.anchors).now())
        until(lambda: NIP in {p.nip for p in gallery(folder).load().people.values()}, "the person in the gallery")
        (person,) = (p for p in gallery(folder).load().people.values() if p.nip == NIP)
        sent = record(outbox, person.person_id, 3)
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "the presences in the books")
        until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert outbox.queue_state().parked == 0


SIGNAL_IN_THE_LOCK = """
import os, signal, threading
from kiosk.__main__ import main
notify = threading.Condition.notify_all
def interrupted(self):
    if os.path.exists("{mark}"):
        os.kill(os.getpid(), signal.SIGTERM)
    notify(self)
threading.Condition.notify_all = interrupted
main()
"""


def test_signals_that_come_while_the_first_is_answered_do_not_hang_it(folder: StateFolder, tmp_path: Path) -> None:
    """Whoever notifies anybody, with the lock held for it, is interrupted by one more signal."""
    mark = tmp_path / "mark"
    words = ["-c", SIGNAL_IN_THE_LOCK.format(mark=mark), "sync", "--state", str(folder.path)]
    with subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            until(lambda: folder.read_status().connected, "contact")
            mark.touch()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def _fields(draft: object) -> dict[str, object]:
    return {name: getattr(draft, name) for name in draft.__slots__}  # type: ignore[attr-defined]


def test_another_recognisers_templates_from_a_consent_to_the_gallery(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    nip, fp, clock = Nip("198503152010011099"), ModelId("fp-112"), SystemClock(outbox.anchors)
    view = np.random.default_rng(8).normal(size=512).astype(np.float32)
    draft = replace(records.enrolment(nip=nip, seed=8), office_id=OFFICE)

    def known() -> PersonId | None:
        return next((who for who, each in gallery(folder).load().people.items() if each.nip == nip), None)

    with sync_process(folder):
        until(lambda: folder.read_status().connected, "contact")
        outbox.append(draft, clock.now())
        until(lambda: known() is not None, "the person in the gallery")
        person = known()
        assert person is not None
        etpp.admin("PUT", f"offices/{OFFICE}/renewal", {"by": "bkpp", "model_id": fp})
        consent = {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-renewal-1", "officer": "Petugas"}
        said = {"by": "bkpp", "model_id": fp, "people": [nip], **consent}
        etpp.admin("POST", f"offices/{OFFICE}/renewal/consents", said)
        until(lambda: set(gallery(folder).load().renewals) == {person}, "the question in the gallery")
        presence = outbox.append(records.presence(person), clock.now())
        plain = records.presence(person)
        claim = RenewalClaim(fp, person, presence.event_id, plain.match, plain.liveness)
        outbox.append(replace(draft, more=((fp, (view,)),), renewal=claim), clock.now())
        until(lambda: not gallery(folder).load().renewals, "nobody asked any more")
        done = etpp.admin("POST", f"offices/{OFFICE}/renewal/approve", {"by": "bkpp"})
        assert (len(done["approved"]), done["left"]) == (1, [])
        until(lambda: (person, fp) in templates(folder), "the templates in the gallery")
        etpp.admin("PUT", f"offices/{OFFICE}/renewal", {"by": "bkpp", "model_id": None})
    assert outbox.queue_state().parked == 0


def test_a_stranger_is_parked_and_the_rest_goes_on(etpp: Office, folder: StateFolder, outbox: SqliteOutbox) -> None:
    known = etpp.person("198503152010011008")
    record(outbox, "018f2c5e-0000-7000-8000-00000000ffff")
    sent = record(outbox, known, 2)
    with sync_process(folder):
        until(lambda: outbox.queue_state().waiting == 0, "all answered")
    assert sorted(rows_of(etpp, folder)) == sorted(sent)
    (parked,) = JournalQueue(outbox).parked(10)
    assert str(parked.problem["type"]).endswith("person-unknown")


def test_the_key_changes_and_the_old_one_is_worth_nothing(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    before = Identity.load(folder.identity_dir)
    old = before.public_key
    before.begin_rotation()
    person = etpp.person("198503152010011009")
    with sync_process(folder):
        until(lambda: Identity.load(folder.identity_dir).public_key != old, "the new key")
        sent = record(outbox, person, 2)
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "events under the new key")


def test_a_lost_rotation_answer_is_survived(etpp: Office, folder: StateFolder, outbox: SqliteOutbox) -> None:
    """The server took the new key; the terminal was switched off before it heard of it."""
    (folder.identity_dir / "before").mkdir()
    identity = Identity.load(folder.identity_dir)
    identity.begin_rotation()
    kept = {name: (folder.identity_dir / name).read_bytes() for name in ("device.key", "device.key.next")}
    with sync_process(folder):
        until(lambda: not (folder.identity_dir / "device.key.next").exists(), "the rotation")
        # A request under the new key: from then on the server refuses the old one.
        record(outbox, etpp.person("198503152010011014"), 1)
        until(lambda: outbox.queue_state().waiting == 0, "an event under the new key")
    for name, content in kept.items():
        (folder.identity_dir / name).write_bytes(content)
        (folder.identity_dir / name).chmod(0o600)
    sent = record(outbox, etpp.person("198503152010011010"), 1)
    with sync_process(folder):
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "events with the key that the server knows")
    assert not (folder.identity_dir / "device.key.next").exists()


def test_a_terminal_from_an_old_copy_of_its_card_goes_on_above_its_counter(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    with sync_process(folder):
        until(lambda: folder.read_status().connected, "contact")
    (folder.identity_dir / "nonce").unlink()
    sent = record(outbox, etpp.person("198503152010011011"), 2)
    with sync_process(folder):
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "the events")


def test_a_journal_from_an_old_copy_of_the_card_begins_a_new_chain(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    person = etpp.person("198503152010011012")
    old = record(outbox, person, 2)
    outbox.close()
    copy = folder.outbox_path.read_bytes()
    newer = record(outbox, person, 3)
    with sync_process(folder):
        until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")
    outbox.close()
    folder.outbox_path.write_bytes(copy)  # the card's copy from before the last three
    other = record(outbox, person, 2)
    with sync_process(folder):
        until(lambda: set(other) <= set(rows_of(etpp, folder)), "what was recorded after the copy, in a new chain")
        fresh = record(outbox, person, 2)
        until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")
    assert sorted(rows_of(etpp, folder)) == sorted([*old, *newer, *other, *fresh])
    assert [chain.state for chain in JournalAudit(outbox).chains()] == ["broken", "open"]
    assert outbox.queue_state().parked == 0


def test_a_damaged_journals_events_reach_the_books_and_the_gap_is_told(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    person = etpp.person("198503152010011015")
    sent = record(outbox, person, 40)
    outbox.close()
    with sqlite3.connect(folder.outbox_path) as connection:
        connection.execute("DELETE FROM events WHERE id & 255 BETWEEN 11 AND 20")
    connection.close()
    content = folder.outbox_path.read_bytes()
    folder.outbox_path.write_bytes(bytes(100) + content[100:].replace(sent[10].encode(), b"x" * 36))
    fresh = record(outbox, person, 2)
    saved = {
        row.body["event_id"] for c in JournalAudit(outbox).chains() for row in JournalAudit(outbox).rows(c) if row.body
    }
    with sync_process(folder):
        until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")
    assert set(rows_of(etpp, folder)) == saved
    assert set(sent[:10] + sent[20:] + fresh) <= saved
    assert sent[10] not in saved
    assert outbox.queue_state().parked == 0


def test_a_server_restored_from_a_backup_gets_links_for_what_is_thinned(tmp_path: Path) -> None:
    with office(tmp_path / "etpp") as etpp:
        folder = etpp.terminal(tmp_path / "terminal")
        person = etpp.person(NIP)
        outbox = open_outbox(folder)
        etpp.kill(signal.SIGTERM)
        backup = (etpp.folder / "etpp.db").read_bytes()
        etpp.start()
        record(outbox, person, 6)
        with sync_process(folder):
            until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")
        JournalQueue(outbox).thin(dt.date(2100, 1, 1))
        kept = record(outbox, person, 2)
        with sync_process(folder):
            until(lambda: outbox.queue_state().waiting == 0, "all acknowledged")

        etpp.kill(signal.SIGTERM)
        for path in etpp.folder.glob("etpp.db*"):
            path.unlink()
        (etpp.folder / "etpp.db").write_bytes(backup)
        etpp.start()
        fresh = record(outbox, person, 1)
        with sync_process(folder):
            until(lambda: outbox.queue_state().waiting == 0, "all acknowledged again")
            until(lambda: set(rows_of(etpp, folder)) == {*kept, *fresh}, "what is still held in the books")
        assert outbox.queue_state().parked == 0
        found = etpp.audited()
        assert (found.signed, found.broken, dict(found.unsigned)) == (3, [], {})
        outbox.close()


def test_a_broken_terminals_events_reach_the_books_through_another(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox, tmp_path: Path
) -> None:
    sent = record(outbox, etpp.person("198503152010011016"), 3)
    exported = CliRunner().invoke(
        events.command, ["--state", str(folder.path), "export", str(tmp_path / "stick")], catch_exceptions=False
    )
    helper = etpp.terminal(tmp_path / "helper")
    own = open_outbox(helper)
    code = exported.output.split()[-1]
    for _ in range(2):  # once too often does no harm
        CliRunner().invoke(
            events.command, ["--state", str(helper.path), "import", str(tmp_path / "stick"), "--code", code]
        )
    mine = record(own, etpp.person("198503152010011017"), 1)
    with sync_process(helper):
        until(lambda: own.queue_state().waiting == 0, "all acknowledged")
    assert own.queue_state().parked == 0
    assert sorted(rows_of(etpp, folder)) == sorted(sent), "in the books as the broken terminal's"
    assert rows_of(etpp, helper) == mine
    own.close()


def run(folder: StateFolder, *words: str) -> str:
    """A `kiosk events` command."""
    result = CliRunner().invoke(events.command, ["--state", str(folder.path), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_an_export_from_before_a_change_of_key_reaches_the_books(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox, tmp_path: Path
) -> None:
    sent = record(outbox, etpp.person("198503152010011021"), 3)
    code = run(folder, "export", str(tmp_path / "stick")).split()[-1]
    carried = outbox.db.query(lambda c: c.execute("SELECT chain_id FROM chains").fetchone()[0])
    JournalQueue(outbox).acknowledge(carried, 3, dt.datetime.now(dt.UTC), {})  # it does not send them itself
    Identity.load(folder.identity_dir).begin_rotation()
    old = Identity.load(folder.identity_dir).public_key
    with sync_process(folder):
        until(lambda: Identity.load(folder.identity_dir).public_key != old, "the new key")
    helper = etpp.terminal(tmp_path / "helper")
    run(helper, "import", str(tmp_path / "stick"), "--code", code)
    own = open_outbox(helper)
    with sync_process(helper):
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "the events from before")
    assert own.queue_state().set_aside == 0
    own.close()


def test_an_import_that_the_server_refuses_does_not_hold_up_the_others(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox, tmp_path: Path
) -> None:
    """Its times were changed on the bearer's card; imported once more it is whole."""
    sent = record(outbox, etpp.person("198503152010011022"), 3)
    code = run(folder, "export", str(tmp_path / "stick")).split()[-1]
    helper = etpp.terminal(tmp_path / "helper")
    own = open_outbox(helper)
    run(helper, "import", str(tmp_path / "stick"), "--code", code)
    earlier = "json_set(time, '$.utc', '2026-01-01T00:30:00.000Z')"
    own.db.transact(lambda c: c.execute(f"UPDATE events SET time = {earlier} WHERE id & 255 = 2"))
    mine = record(own, etpp.person("198503152010011023"), 2)
    with sync_process(helper):
        until(lambda: own.queue_state().set_aside == 1, "the import set aside")
        until(lambda: set(mine) <= set(rows_of(etpp, helper)), "the terminal's own events")
        assert rows_of(etpp, folder) == []
        assert "carried-refused" in run(helper, "list")
        run(helper, "import", str(tmp_path / "stick"), "--code", code)
        until(lambda: set(sent) <= set(rows_of(etpp, folder)), "the import in the books")
        until(lambda: own.queue_state().waiting == 0, "all acknowledged")
    assert own.queue_state().set_aside == 0
    assert own.queue_state().parked == 0
    own.close()


def test_an_import_for_another_office_does_not_hold_up_the_others(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox, tmp_path: Path
) -> None:
    """An export of the first release does not name its office, so that the server has the first word on it."""
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    record(outbox, etpp.person("198503152010011024"), 3)
    code = run(folder, "export", str(tmp_path / "stick")).split()[-1]
    helper = etpp.terminal(tmp_path / "helper", "dinas-lain")
    with pytest.raises(StateError, match="another office"):
        run(helper, "import", str(tmp_path / "stick"), "--code", code)
    head, *lines = export_file.read(tmp_path / "stick", code)
    del head["office_id"]
    own = open_outbox(helper)
    carry.take_in(own, iter([head, *lines]), office_id="dinas-lain")
    mine = record(own, "018f2c5e-0000-7000-8000-00000000ffff")  # refused alone, but refused by an answer
    with sync_process(helper):
        until(lambda: own.queue_state().waiting == 0, "all answered")
    assert own.queue_state().set_aside == 1
    assert {parked.event_id for parked in JournalQueue(own).parked(10)} >= set(mine)
    assert rows_of(etpp, folder) == []
    own.close()


def test_a_terminal_that_was_provisioned_anew_still_delivers_what_it_recorded_before(
    etpp: Office, folder: StateFolder, outbox: SqliteOutbox
) -> None:
    person = etpp.person("198503152010011018")
    sent = record(outbox, person, 3)
    outbox.close()
    before = Identity.load(folder.identity_dir).device_id
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    words = [code, "--server", etpp.url, "--state", str(folder.path)]
    with pytest.raises(IdentityError, match="--replace"):
        CliRunner().invoke(provision.command, words, catch_exceptions=False)
    assert CliRunner().invoke(provision.command, [*words, "--replace"], catch_exceptions=False).exit_code == 0
    renewed = open_outbox(folder)
    fresh = record(renewed, person, 1)
    with sync_process(folder):
        until(lambda: renewed.queue_state().waiting == 0, "all acknowledged")
    assert rows_of(etpp, folder) == fresh
    assert sorted(row["event_id"] for row in etpp.rows() if row["device_id"] == before) == sorted(sent)
    assert renewed.queue_state().parked == 0
    renewed.close()


def test_a_revoked_terminal_stops(etpp: Office, folder: StateFolder, outbox: SqliteOutbox) -> None:
    identity = Identity.load(folder.identity_dir)
    record(outbox, etpp.person("198503152010011013"), 1)
    with sync_process(folder) as process:
        until(lambda: outbox.queue_state().waiting == 0, "contact")
        etpp.admin("POST", f"devices/{identity.device_id}/revoke")
        assert process.wait(30) == 77
    assert folder.read_status().revoked
    with sync_process(folder) as process:
        assert process.wait(30) == 77
    assert "revoked" in (folder.path / "sync.log").read_text()
