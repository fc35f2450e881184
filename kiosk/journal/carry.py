"""Events that another identity recorded, on their way to the server through this terminal.

Two ways lead here: a broken terminal's export is imported, or this machine was provisioned anew while events of its
former identity still waited. Either way the server learns from the recording terminal's own signature that they are its
events (docs/protocol.md, `carried`).
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator

from kiosk import wire
from kiosk.errors import StateError
from kiosk.journal.audit import ChainInfo, JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.journal.rows import row_id
from kiosk.model import Event, Moment
from kiosk.wire import Json

FORMAT = 1

Attest = Callable[[str, Json], str | None]
"""(device id, statement) -> that device's signature; None when its key is not here."""


def attestation(chain: ChainInfo, first_seq: int, last_seq: int, hash_hex: str, attest: Attest) -> Json | None:
    statement: Json = {
        "device_id": chain.device_id,
        "chain_id": chain.chain_id,
        "first_seq": first_seq,
        "last_seq": last_seq,
        "hash": hash_hex,
    }
    signature = attest(chain.device_id, statement)
    return None if signature is None else {**statement, "signature": signature}


def export(outbox: SqliteOutbox, now: Moment, attest: Attest, *, everything: bool) -> Iterator[Json]:
    """What the server does not hold yet, or all that is held: for each chain its attestation, then its events."""
    audit = JournalAudit(outbox)
    timeline = JournalQueue(outbox).timeline(now)
    yield {"presensi_export": FORMAT, "device_id": outbox.device_id, "utc": wire.format_utc(now.wall_utc)}
    for chain in audit.chains():
        after = 0 if everything else chain.acked_seq
        bounds = audit.bounds(chain, after)
        if bounds is None:
            continue
        carried = chain.carried or attestation(chain, *bounds, attest)
        yield {"chain": {"chain_id": chain.chain_id, "device_id": chain.device_id, "carried": carried}}
        for row in audit.rows(chain, after):
            if row.body is not None:
                event = wire.event_of(row.body, row.hash)
                time = row.fixed_time or wire.time_json(timeline.locate(event.moment))
                yield {"event": wire.event_json(event), "time": time}


def take_in(outbox: SqliteOutbox, lines: Iterator[Json]) -> int:
    """Store another terminal's export for sending; how many events are new here. Repeatable.

    Raises StateError for what is no export, is not vouched for by the terminal that recorded it, or has been changed.
    """
    head = next(lines, {})
    if head.get("presensi_export") != FORMAT:
        raise StateError("the file is no export of this version.")
    taken = 0
    chain: Json | None = None
    batch: list[tuple[Event, Json]] = []
    for line in lines:
        if "chain" in line:
            taken += _store(outbox, chain, batch)
            chain, batch = wire.member(line, "chain", dict), []
        else:
            event = wire.parse_event(wire.member(line, "event", dict))
            batch.append((event, wire.member(line, "time", dict)))
    return taken + _store(outbox, chain, batch)


def vouch(outbox: SqliteOutbox, attest: Attest) -> None:
    """Sign for the chains of this machine's former identities, as far as their keys are here."""
    audit = JournalAudit(outbox)
    for chain in audit.chains():
        if chain.device_id == outbox.device_id or chain.carried is not None:
            continue
        bounds = audit.bounds(chain, chain.acked_seq)
        carried = None if bounds is None else attestation(chain, *bounds, attest)
        if carried is not None:
            text = wire.canonical(carried).decode()
            outbox.db.transact(_setter(chain.chain_no, text))


def _setter(chain_no: int, text: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute("UPDATE chains SET carried = ? WHERE chain_no = ?", (text, chain_no))


def _store(outbox: SqliteOutbox, chain: Json | None, batch: list[tuple[Event, Json]]) -> int:
    if chain is None or not batch:
        return 0
    chain_id, device_id = wire.member(chain, "chain_id", str), wire.member(chain, "device_id", str)
    if not isinstance(chain.get("carried"), dict):
        raise StateError("the export is not signed by the terminal that recorded it; hand the file to BKPP instead.")
    for (event, _), (following, _) in itertools.pairwise(batch):
        if following.seq == event.seq + 1 and following.body.get("prev_hash") != event.hash:
            raise StateError("the export's chain of events does not hold together.")
    if any(event.chain_id != chain_id or event.body.get("device_id") != device_id for event, _ in batch):
        raise StateError("the export mixes up its chains.")
    if device_id == outbox.device_id:
        raise StateError("these are this terminal's own events.")

    def write(connection: sqlite3.Connection) -> int:
        connection.execute(
            "INSERT INTO chains (chain_id, device_id, state, acked_seq, carried) VALUES (?, ?, 'closed', ?, ?) "
            # The same terminal's later export vouches for more.
            "ON CONFLICT DO UPDATE SET carried = excluded.carried WHERE device_id = excluded.device_id "
            "AND coalesce(carried ->> 'last_seq', 0) < excluded.carried ->> 'last_seq'",
            (chain_id, device_id, batch[0][0].seq - 1, wire.canonical(chain["carried"]).decode()),
        )
        chain_no, recorder = connection.execute(
            "SELECT chain_no, device_id FROM chains WHERE chain_id = ?", (chain_id,)
        ).fetchone()
        if recorder != device_id:
            raise StateError("the export mixes up its chains.")
        return connection.executemany(
            "INSERT OR IGNORE INTO events (id, kind, hash, body, time) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    row_id(chain_no, event.seq),
                    event.kind,
                    bytes.fromhex(event.hash),
                    outbox.sealer.seal(dict(event.body)),
                    wire.canonical(time).decode(),
                )
                for event, time in batch
            ),
        ).rowcount

    return outbox.db.transact(write)
