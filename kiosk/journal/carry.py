"""Events that another identity recorded, on their way to the server through this terminal.

Two ways lead here: a broken terminal's export is imported, or this machine was provisioned anew while events of its
former identity still waited. Either way the server learns from the recording terminal's own signature that they are its
events, at the times that it knew (docs/protocol.md, `carried`).
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

from kiosk import wire
from kiosk.errors import StateError
from kiosk.journal.audit import ChainInfo, JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.journal.rows import legible, row_id
from kiosk.journal.schema import LAST_SEQ
from kiosk.machine.timeline import Timeline
from kiosk.model import Event, Moment
from kiosk.wire import Json

FORMAT = 1

MAX_RUNS = 1000
"""The server takes no more in one statement."""

SIGNATURE_BYTES = 64
"""Of Ed25519 (RFC 8032, 5.1.6)."""

Attest = Callable[[str, Json], str | None]
"""(device id, statement) -> that device's signature; None when its key is not here."""

Timed = tuple[Event, Json]
"""An event, and its time as it is sent."""

ANEW = "Make the export anew on the terminal that recorded them: kiosk events export FILE"


def attestation(chain: ChainInfo, held: Iterable[Timed], attest: Attest) -> Json | None:
    """What the terminal signs of the events that it hands out; None when it has none, or the key is not here."""
    runs = runs_of(held)
    if not runs:
        return None
    last = runs[-1]
    statement: Json = {
        "device_id": chain.device_id,
        "chain_id": chain.chain_id,
        "first_seq": runs[0]["first_seq"],
        "last_seq": last["last_seq"],
        "hash": last["hash"],
        # The oldest of a journal that is full of holes go unsigned, and BKPP sees them as unproven.
        "runs": runs[-MAX_RUNS:],
    }
    signature = attest(chain.device_id, statement)
    return None if signature is None else {**statement, "signature": signature}


def runs_of(held: Iterable[Timed]) -> list[Json]:
    """The stretches in which no event is missing, with the digest of the list of their times."""
    runs: list[Json] = []
    times = hashlib.sha256()
    for event, time in held:
        text = wire.canonical(time)
        if runs and event.seq == runs[-1]["last_seq"] + 1:
            times.update(b"," + text)
        else:
            times = hashlib.sha256(b"[" + text)
            runs.append({"first_seq": event.seq})
        closed = times.copy()
        closed.update(b"]")
        runs[-1] |= {"last_seq": event.seq, "hash": event.hash, "times_hash": closed.hexdigest()}
    return runs


def export(outbox: SqliteOutbox, now: Moment, attest: Attest, *, office_id: str, everything: bool) -> Iterator[Json]:
    """What the server does not hold yet, or all that is held: for each chain its attestation, then its events."""
    audit = JournalAudit(outbox)
    timeline = JournalQueue(outbox).timeline(now)
    yield {
        "presensi_export": FORMAT,
        "device_id": outbox.device_id,
        "office_id": office_id,
        "utc": wire.format_utc(now.wall_utc),
    }
    for chain in audit.chains():
        after = 0 if everything else _unsent_after(chain)
        carried = chain.carried or attestation(chain, _held(audit, chain, after, timeline), attest)
        yield {"chain": {"chain_id": chain.chain_id, "device_id": chain.device_id, "carried": carried}}
        for event, time in _held(audit, chain, after, timeline):
            if carried is not None and event.seq > wire.member(carried, "last_seq", int):
                break  # it was recorded while this is being written
            yield {"event": wire.event_json(event), "time": time}


def take_in(outbox: SqliteOutbox, lines: Iterator[Json], *, office_id: str) -> int:
    """Store another terminal's export for sending; how many events are new here. Repeatable.

    `office_id` is this terminal's. Raises StateError for what is no export, and for what the server would refuse: of
    another office, not vouched for by the terminal that recorded it, or changed.
    """
    head = next(lines, {})
    if head.get("presensi_export") != FORMAT:
        raise StateError("the file is no export of this version.")
    if head.get("office_id", office_id) != office_id:
        raise StateError(
            "the export is of a terminal of another office, whose events this one cannot send. Import it on a "
            "terminal of that office."
        )
    taken = 0
    chain: Json | None = None
    batch: list[Timed] = []
    try:
        for line in lines:
            if "chain" in line:
                taken += _store(outbox, chain, batch)
                chain, batch = wire.member(line, "chain", dict), []
            else:
                event = wire.parse_event(wire.member(line, "event", dict))
                batch.append((event, wire.member(line, "time", dict)))
        return taken + _store(outbox, chain, batch)
    except wire.WireError as error:
        raise StateError(f"the export was changed after it was made: {error}. {ANEW}") from error


def vouch(outbox: SqliteOutbox, now: Moment, attest: Attest) -> None:
    """Sign for the chains of this machine's former identities, as far as their keys are here.

    Their times are signed too, so that they stay from then on as they are known now.
    """
    audit = JournalAudit(outbox)
    timeline = JournalQueue(outbox).timeline(now)
    for chain in audit.chains():
        if chain.device_id == outbox.device_id or chain.carried is not None or chain.state == "broken":
            continue
        held = list(_held(audit, chain, chain.acked_seq, timeline))
        carried = attestation(chain, held, attest)
        if carried is not None:
            outbox.db.transact(_signer(chain.chain_no, carried, held))


def set_incomplete_aside(outbox: SqliteOutbox) -> None:
    """What a damaged journal has lost the end of would wait at the server for ever."""
    audit, queue = JournalAudit(outbox), JournalQueue(outbox)
    for chain in audit.chains():
        if chain.carried is None or chain.state == "broken" or chain.device_id == outbox.device_id:
            continue
        bounds = audit.bounds(chain, 0)
        if bounds is None or bounds[1] < chain.carried.get("last_seq", 0):
            detail = "the end of what was imported is lost here; import the export again"
            queue.set_aside(chain.chain_id, {"type": f"{wire.PROBLEM_PREFIX}carried-refused", "detail": detail})


def _held(audit: JournalAudit, chain: ChainInfo, after_seq: int, timeline: Timeline) -> Iterator[Timed]:
    """What is still whole."""
    for row in audit.rows(chain, after_seq):
        if row.body is not None and wire.digest(row.body) == row.hash:
            event = wire.event_of(row.body, row.hash)
            yield event, row.fixed_time or wire.time_json(timeline.locate(event.moment))


def _unsent_after(chain: ChainInfo) -> int:
    """A carried chain counts only when it has arrived whole."""
    begun: int = (chain.carried or {}).get("first_seq", chain.acked_seq + 1) - 1
    complete = chain.carried is None or chain.acked_seq >= chain.carried.get("last_seq", 0)
    return chain.acked_seq if complete else min(chain.acked_seq, begun)


def _signer(chain_no: int, carried: Json, held: Sequence[Timed]) -> Callable[[sqlite3.Connection], object]:
    def write(connection: sqlite3.Connection) -> None:
        text = wire.canonical(carried).decode()
        connection.execute("UPDATE chains SET carried = ? WHERE chain_no = ?", (text, chain_no))
        connection.executemany(
            "UPDATE events SET time = ? WHERE id = ?",
            ((wire.canonical(time).decode(), row_id(chain_no, event.seq)) for event, time in held),
        )

    return write


def _store(outbox: SqliteOutbox, chain: Json | None, batch: list[Timed]) -> int:
    if chain is None or not batch:
        return 0
    chain_id, device_id = wire.member(chain, "chain_id", str), wire.member(chain, "device_id", str)
    if device_id == outbox.device_id:
        raise StateError("these are this terminal's own events, which it sends itself: kiosk sync")
    if not isinstance(chain.get("carried"), dict):
        raise StateError("the export is not signed by the terminal that recorded it; hand the file to BKPP instead.")
    if any(event.chain_id != chain_id or event.body.get("device_id") != device_id for event, _ in batch):
        raise StateError(f"the export mixes up its chains. {ANEW}")
    carried = wire.member(chain, "carried", dict)
    _check_shape(carried)
    _compare(carried, chain_id, device_id, batch)
    return outbox.db.transact(lambda connection: _write(connection, outbox, carried, batch))


def _check_shape(carried: Json) -> None:
    """Raises StateError for what no terminal signs so: the server would not even look at the signature."""
    first, last = carried.get("first_seq"), carried.get("last_seq")
    try:
        signature = wire.from_b64url(wire.member(carried, "signature", str))
    except wire.WireError as error:
        raise StateError(f"the export's signature is none: {error}. {ANEW}") from error
    if len(signature) != SIGNATURE_BYTES:
        raise StateError(f"the export's signature is none. {ANEW}")
    if type(first) is not int or type(last) is not int or not 0 < first <= last <= LAST_SEQ:
        raise StateError(f"the export's chain has numbers that none can have. {ANEW}")


def _compare(carried: Json, chain_id: str, device_id: str, batch: Sequence[Timed]) -> None:
    """Raises StateError when the events are not those that were signed. The signature itself only the server knows."""
    for (before, _), (after, _) in itertools.pairwise(batch):
        if after.seq <= before.seq or (after.seq == before.seq + 1 and after.body.get("prev_hash") != before.hash):
            raise StateError(f"the export's chain of events does not hold together. {ANEW}")
    last = batch[-1][0]
    runs = carried.get("runs")
    if (
        (carried.get("device_id"), carried.get("chain_id")) != (device_id, chain_id)
        or batch[0][0].seq < carried["first_seq"]
        or (carried.get("last_seq"), carried.get("hash")) != (last.seq, last.hash)
        or (runs is not None and runs != runs_of(batch)[-MAX_RUNS:])
    ):
        raise StateError(f"the export's events are not those that its terminal has signed. {ANEW}")


def _write(connection: sqlite3.Connection, outbox: SqliteOutbox, carried: Json, batch: Sequence[Timed]) -> int:
    device_id, chain_id = carried["device_id"], carried["chain_id"]
    known = connection.execute(
        "SELECT chain_no, device_id, state, acked_seq, carried FROM chains WHERE chain_id = ?", (chain_id,)
    ).fetchone()
    text = wire.canonical(carried).decode()
    if known is None:
        cursor = connection.execute(
            "INSERT INTO chains (chain_id, device_id, state) VALUES (?, ?, 'closed')", (chain_id, device_id)
        )
        known = (cursor.lastrowid, device_id, "closed", 0, None)
    chain_no, recorder, state, acked_seq, former = known
    if recorder != device_id:
        raise StateError(f"the export mixes up its chains. {ANEW}")
    inside = (row_id(chain_no, 0), row_id(chain_no + 1, 0))
    before = _count(connection, inside)
    word = "IGNORE"
    if _says_more(carried, text, state, acked_seq, former):
        # With its own times, and sent from its beginning: they are under its signature, and no other ones.
        word = "REPLACE"
        begun = batch[0][0].seq - 1
        if state == "broken":
            connection.execute("DELETE FROM events WHERE id > ? AND id < ?", (row_id(chain_no, begun), inside[1]))
        connection.execute(
            "UPDATE chains SET state = 'closed', carried = ?, acked_seq = ? WHERE chain_no = ?",
            (text, begun if former is None or state == "broken" else min(begun, acked_seq), chain_no),
        )
    connection.executemany(
        f"INSERT OR {word} INTO events (id, kind, hash, body, time) VALUES (?, ?, ?, ?, ?)",
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
    )
    return max(0, _count(connection, inside) - before)


def _count(connection: sqlite3.Connection, inside: tuple[int, int]) -> int:
    row = connection.execute("SELECT count(*) FROM events WHERE id > ? AND id < ?", inside).fetchone()
    return int(row[0])


def _says_more(carried: Json, text: str, state: str, acked_seq: int, former: str | None) -> bool:
    """Whether the statement is to be sent in the place of the former one of its chain, if there is any."""
    if former is None or state == "broken":
        return True
    last: int = carried["last_seq"]
    before: int = (legible(former) or {}).get("last_seq", 0)
    return text != former and last > acked_seq and last >= before
