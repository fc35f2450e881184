"""Tables that wait for a decision go by themselves: they are lists of people."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from pathlib import Path

import pytest

from etpp.base.errors import NotFound
from etpp.imports.keeping import KEPT, Kept

NOW = dt.datetime(2026, 12, 3, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def written(path: Path, at: dt.datetime) -> None:
    path.write_bytes(b"NIP;Nama")
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_what_is_an_hour_old_is_gone_from_the_disk_although_nobody_brings_another(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "imports")
    old = kept.keep("people", "", "a", b"NIP;Nama", NOW)
    young = kept.keep("people", "", "b", b"NIP;Nama", NOW + MINUTE)
    kept.tidy(NOW + KEPT + MINUTE / 2)
    assert left(tmp_path / "imports") == {f"{young.import_id}.json", f"{young.import_id}.table"}
    assert kept.get(young.import_id, "b", NOW + KEPT)[1] == b"NIP;Nama"
    with pytest.raises(NotFound):
        kept.get(old.import_id, "a", NOW)


def test_what_a_server_that_was_cut_off_has_left_goes_too_and_what_is_being_written_stays(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    for name in (".1.table", "2.table"):
        written(tmp_path / name, NOW - KEPT - MINUTE)
    written(tmp_path / ".3.table", NOW)
    kept.tidy(NOW)
    assert left(tmp_path) == {".3.table"}


def test_a_folder_that_nobody_made_yet_is_tidy(tmp_path: Path) -> None:
    Kept(tmp_path / "none").tidy(NOW)


def test_a_server_tidies_when_it_begins(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.keep("people", "", "a", b"NIP;Nama", NOW)

    async def begun() -> None:
        looked = asyncio.Event()

        def later() -> dt.datetime:
            asyncio.get_running_loop().call_soon(looked.set)
            return NOW + KEPT * 2

        task = asyncio.create_task(kept.keep_tidy(later))
        await looked.wait()
        while left(tmp_path):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(begun(), 60))
