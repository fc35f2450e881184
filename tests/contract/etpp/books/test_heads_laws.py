"""Of any chain that an honest terminal sends all is signed, and whatever is changed in it afterwards is not."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etpp.books import heads, intake
from etpp.books.arrivals import examine
from etpp.books.audit import Verified, verify_events
from etpp.db import Database, tables
from etpp.db.tables import events
from etpp.terminals.model import Device
from etpp.terminals.signing import GallerySigner
from etpp.terminals.store import Devices
from tests.contract.etpp.books.test_carried import link
from tests.contract.etpp.client import Json, Terminal, hash_of, public_bytes, text_of, time_of
from tests.contract.etpp.running import NIP, wib

OFFICE, PERSON = "o", "018f2c5e-0000-7000-8000-0000000000a1"
BATCHES = st.lists(st.lists(st.sampled_from("ppppaelx"), min_size=1, max_size=7), min_size=1, max_size=4)
"""What a terminal sends: presences, attacks, enrolments, links over what it lost; x: a presence of a stranger."""


class Books:
    """An office's books and its terminal, which begins a chain with each example."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.database.migrate()
        self.signer = GallerySigner(Ed25519PrivateKey.generate())
        self.terminal = Terminal("http://127.0.0.1", device_id="device", office_id=OFFICE)
        self.now = wib("2026-11-24 07:00")
        self.chains = itertools.count(1)
        self.device = Device(OFFICE, "device", public_bytes(self.terminal.key), None, 1, 1, self.now, "t", {})
        known = {"office_id": OFFICE, "person_id": PERSON, "changed_version": 1, "employee_id": "e"}
        office = {"name": "x", "calendar": {}, "gallery_version": 1, "attention": 0, "created_utc": self.now}
        with self.database.begin() as tx:
            tx.execute(sa.insert(tables.offices).values(office_id=OFFICE, **office))
            tx.execute(sa.insert(tables.people).values(known))
            Devices(tx).add(self.device)

    def send(self, batches: Sequence[Sequence[str]]) -> list[Json]:
        """The presences that count."""
        self.terminal.chain_id, self.terminal.seq, self.terminal.last_hash = f"chain-{next(self.chains)}", 0, "0" * 64
        counted = []
        for kinds in batches:
            self.now += dt.timedelta(minutes=1)
            made = [self._event(kind) for kind in kinds]
            items = [self._item(kind, event) for kind, event in zip(kinds, made, strict=True)]
            signed = [
                self.terminal.head(event)
                for kind, event, after in zip(kinds, made, [*kinds[1:], ""], strict=True)
                if not after or (after in "el" and kind not in "el")
            ]
            with self.database.begin() as tx:
                arrivals = examine(items, "device")
                taken = intake.take(tx, self.device, arrivals, self.terminal.chain_id, None, self.now)
                assert heads.keep(tx, self.signer, self.device, taken.head, signed, self.now) is None
            counted += [event for kind, event in zip(kinds, made, strict=True) if kind == "p"]
        return counted

    def audited(self, made: Sequence[Json]) -> Verified:
        with self.database.read() as tx:
            keys = {self.signer.key_id: self.signer.public_key}
            return verify_events(tx, OFFICE, [each["event_id"] for each in made], keys)

    def rewrite(self, seq: int) -> None:
        """Change a presence, and give it and all that follow it hashes and predecessors that fit."""
        with self.database.begin() as tx:
            here = (events.c.chain_id == self.terminal.chain_id, events.c.seq >= seq)
            before: str | None = None
            for row in tx.execute(sa.select(events).where(*here).order_by(events.c.seq)).all():
                before = row.prev_hash if before is None else before
                body = {**row.body, "remark": 1} if row.seq == seq else dict(row.body)
                made = row.hash
                if row.kind != "gap":
                    body["prev_hash"] = before
                    made = body["hash"] = hash_of(body)
                values = {"body": body, "prev_hash": before, "hash": made}
                tx.execute(sa.update(events).where(here[0], events.c.seq == row.seq).values(values))
                before = made

    def _event(self, kind: str) -> Json:
        clock: dict[str, Any] = {"wall_utc": text_of(self.now)}
        if kind == "e":
            return self.terminal.enrolment(NIP, "Sri", 1)
        if kind == "a":
            return self.terminal.attack()
        return self.terminal.presence("018f2c5e-0000-7000-8000-0000000000ff" if kind == "x" else PERSON, **clock)

    def _item(self, kind: str, event: Json) -> Json:
        return link([event], event["prev_hash"]) if kind == "l" else {"event": event, "time": time_of(self.now)}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    made = Books(tmp_path_factory.mktemp("books") / "etpp.db")
    yield made
    made.database.close()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_all_that_an_honest_terminal_sends_is_signed(books: Books, batches: list[list[str]]) -> None:
    made = books.send(batches)
    assert books.audited(made) == Verified(signed=len(made))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES, data=st.data())
def test_what_is_changed_is_broken_whatever_hashes_it_is_given(
    books: Books, batches: list[list[str]], data: st.DataObject
) -> None:
    made = books.send([["p"], *batches])
    at = data.draw(st.integers(0, len(made) - 1), "the presence that is changed")
    books.rewrite(made[at]["seq"])
    found = books.audited(made[at : at + 1])
    assert (found.signed, bool(found.broken)) == (0, True)
