"""The folder of letters' files: what is kept in which order, and what nobody gets by it."""

from __future__ import annotations

import hashlib
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from etpp.absence.cabinet import Cabinet
from etpp.absence.check import document_faults
from etpp.absence.letters import keep_document
from etpp.base.clock import utc_now
from etpp.base.errors import StoreUnavailable
from etpp.db import Database, pay_tables
from tests.unit.etpp.absence.files import pdf

LETTER = pdf()
SHA256 = hashlib.sha256(LETTER).hexdigest()


def nobody(_sha256s: Sequence[str]) -> set[str]:
    return set()


def everything(state: Path) -> list[str]:
    return sorted(str(path.relative_to(state)) for path in (state / "documents").rglob("*") if not path.is_dir())


def test_a_file_lies_under_its_hash_for_the_servers_user_alone(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path)
    assert cabinet.keep(LETTER) == SHA256
    kept = tmp_path / "documents" / SHA256[:2] / SHA256
    assert kept.read_bytes() == cabinet.read(SHA256) == LETTER
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept.parent, kept.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_the_same_file_twice_is_one(tmp_path: Path) -> None:
    for _ in range(2):
        Cabinet(tmp_path).keep(LETTER)
    assert everything(tmp_path) == [f"documents/{SHA256[:2]}/{SHA256}"]


@pytest.mark.parametrize("damage", ["missing", "altered", "cut", "link", "folder", "shard link", "no folder"])
def test_a_file_that_is_not_what_it_was_is_noticed(tmp_path: Path, damage: str) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    cabinet = Cabinet(state)
    cabinet.keep(LETTER)
    kept = state / "documents" / SHA256[:2] / SHA256
    match damage:
        case "missing":
            kept.unlink()
        case "altered":
            kept.write_bytes(LETTER.replace(b"surat", b"SURAT"))
        case "cut":
            kept.write_bytes(LETTER[:-1])
        case "link":  # to a file of the very same content: whoever can place it can change it
            shutil.copy(kept, elsewhere)
            kept.unlink()
            kept.symlink_to(elsewhere)
        case "folder":
            kept.unlink()
            kept.mkdir()
        case "shard link":
            kept.parent.rename(elsewhere)
            kept.parent.symlink_to(elsewhere)
        case _:
            shutil.rmtree(state / "documents")
    with pytest.raises(StoreUnavailable, match=r"documents/"):
        cabinet.read(SHA256)


@pytest.mark.parametrize("where", ["documents", "shard"])
def test_nothing_is_written_through_a_symbolic_link(tmp_path: Path, where: str) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    elsewhere.mkdir()
    if where == "documents":
        (state / "documents").symlink_to(elsewhere)
    else:
        (state / "documents").mkdir()
        (state / "documents" / SHA256[:2]).symlink_to(elsewhere)
    with pytest.raises(StoreUnavailable):
        Cabinet(state).keep(LETTER)
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    shard = tmp_path / "documents" / SHA256[:2]
    shard.mkdir(parents=True)
    (shard / SHA256).symlink_to(victim)
    Cabinet(tmp_path).keep(LETTER)
    assert victim.read_bytes() == b"precious"
    assert Cabinet(tmp_path).read(SHA256) == LETTER


def test_an_altered_file_is_put_right_by_bringing_it_again(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path)
    cabinet.keep(LETTER)
    (tmp_path / "documents" / SHA256[:2] / SHA256).write_bytes(b"")
    cabinet.keep(LETTER)
    assert cabinet.read(SHA256) == LETTER


def test_what_no_row_knows_is_collected_but_not_while_somebody_keeps_a_file(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path)
    other = cabinet.keep(pdf(b"another"))
    with cabinet.keeping():
        cabinet.keep(LETTER)
        assert Cabinet(tmp_path).collect(nobody) == 0
    (tmp_path / "documents" / SHA256[:2] / ".half").write_bytes(b"%PDF")
    assert cabinet.collect(lambda asked: {other} & set(asked)) == 2
    assert everything(tmp_path) == [f"documents/{other[:2]}/{other}"]
    assert Cabinet(tmp_path / "none").collect(nobody) == 0


KILLED = """
import os, shutil, sys
from pathlib import Path
from etpp.absence import cabinet, store
from etpp.absence.cabinet import Cabinet
from etpp.absence.letters import keep_document
from etpp.base.clock import utc_now
from etpp.db import Database
from tests.killing import KilledAt
from tests.unit.etpp.absence.files import pdf

base = Path(sys.argv[1])
step = 0
while True:
    step += 1
    state = base / str(step)
    state.mkdir()
    shutil.copy(base / "etpp.db", state / "etpp.db")
    child = os.fork()
    if child == 0:
        killed = KilledAt(step)
        for name in ("open", "mkdir", "fsync", "rename"):
            setattr(os, name, killed(getattr(os, name)))
        store.Documents.note = killed(store.Documents.note)
        database = Database(state / "etpp.db")
        os._exit(0 if keep_document(database.begin, Cabinet(state), pdf(), "tu", utc_now()) else 1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
print(step)
"""


def test_a_kill_at_any_step_leaves_no_row_without_its_file_and_nothing_for_good(tmp_path: Path) -> None:
    database = Database(tmp_path / "etpp.db")
    database.migrate()
    database.close()
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    steps = int(run.stdout)
    assert steps > 9  # folder, shard, file, rename, row
    left = set()
    for step in range(1, steps + 1):
        state = tmp_path / str(step)
        database, cabinet = Database(state / "etpp.db"), Cabinet(state)

        def known(sha256s: Sequence[str], database: Database = database) -> set[str]:
            with database.read() as tx:
                table = pay_tables.documents
                return set(tx.execute(sa.select(table.c.sha256).where(table.c.sha256.in_(sha256s))).scalars())

        rows = known([SHA256])
        assert bool(rows) is (step == steps)
        if rows:
            assert cabinet.read(SHA256) == LETTER
        left.add(cabinet.collect(known))
        assert everything(state) == ([f"documents/{SHA256[:2]}/{SHA256}"] if rows else []), step
        assert keep_document(database.begin, cabinet, LETTER, "tu", utc_now()).sha256 == SHA256
        assert cabinet.read(SHA256) == LETTER
        with database.read() as tx:
            assert document_faults(tx, cabinet) == []
        database.close()
    assert left == {0, 1}  # there were kills that left something
