"""Whether a bundle holds, told without server, state folder or database: by the rules that closed the month.

Its rows are put into an empty database in memory, and what audits the regency's own books audits them (decision 96). So
nothing is judged more mildly here than there.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from etpp.allowance.audit import Audited, verify
from etpp.allowance.model import Month
from etpp.allowance.seal import document_hash
from etpp.allowance.store import Closings, Policies
from etpp.base.errors import EtppError
from etpp.bundle.model import ENDING, FACTS, LATER, MANIFEST, Checked, Fault, Manifest
from etpp.bundle.reading import Bundle
from etpp.bundle.sealing import is_signed, trusted_keys
from etpp.bundle.store import ORDER, Scratch
from etpp.db import Transaction
from etpp.terminals.store import Devices

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)
"""What the rules of pay may raise over facts that no server has written."""


def check(path: Path, roots: Sequence[str] = ()) -> Checked:
    """`roots`: ids of keys that are known to be the server's. Raises NotABundle, and OSError."""
    with Bundle(path) as bundle, contextlib.closing(Scratch()) as scratch:
        root, keys = trusted_keys(bundle.manifest, roots)
        faults = list(_signature(bundle.manifest, keys, root))
        faults += _members(bundle)
        for name in ORDER:
            faults += _put(bundle, scratch, name)
        faults += _files(bundle)
        audited, found, statements = _audited(bundle.manifest, scratch, keys)
        return Checked(bundle.manifest, root, audited, (*faults, *found), statements)


def _signature(manifest: Manifest, keys: Mapping[str, bytes], root: str) -> Iterator[Fault]:
    if root not in keys:
        yield Fault("key", f"the key {root} is none of those that the bundle names")
    unproven = [str(each["key_id"]) for each in manifest.keys if str(each.get("key_id")) not in keys]
    if unproven and root in keys:
        yield Fault("key", f"the server's key {', '.join(unproven)} does not follow from the key {root}")
    if not is_signed(manifest, keys):
        yield Fault("signature", "the bundle is not signed as it stands by a key of the server's that is trusted")


def _members(bundle: Bundle) -> Iterator[Fault]:
    named = {each.name for each in bundle.manifest.files}
    if len(named) < len(bundle.manifest.files):
        yield Fault("file", "the manifest names a file twice")
    for name in sorted(named - bundle.names):
        yield Fault("file", f"{name} is missing")
    for name in sorted(bundle.names - named - {MANIFEST}):
        yield Fault("file", f"{name} is in it, and the manifest does not name it")


def _put(bundle: Bundle, scratch: Scratch, name: str) -> Iterator[Fault]:
    file = f"{FACTS}{name}{ENDING}"
    if file not in bundle.names and name in LATER:
        return
    if file not in bundle.names:
        yield Fault("content", f"there is no table {name}")
        return
    try:
        count = scratch.put(name, bundle.rows(file))
    except ValueError as error:
        yield Fault("row", f"{file}: {error}")
        return
    for said in (each.rows for each in bundle.manifest.files if each.name == file):
        if said != count:
            yield Fault("file", f"{file} has {count} rows, and the manifest says {said}")


def _files(bundle: Bundle) -> Iterator[Fault]:
    for each in bundle.manifest.files:
        if each.name not in bundle.names:
            continue
        if each.name not in bundle.digests:
            with contextlib.suppress(ValueError):  # told when its rows were read, or below
                bundle.read(each.name)
        if bundle.digests.get(each.name) != (each.bytes, each.sha256):
            yield Fault("file", f"{each.name} is not the file that was signed: its hash is another")


def _audited(
    manifest: Manifest, scratch: Scratch, keys: Mapping[str, bytes]
) -> tuple[Audited | None, list[Fault], dict[str, dict[str, Any]]]:
    faults: list[Fault] = []
    with scratch.database.read() as tx:
        try:
            month = Month.of(manifest.month)
            closing = Closings(tx).get(manifest.office_id, month)
            if closing is None:
                return None, [Fault("content", f"the closed month {month} of {manifest.office_id} is not in it")], {}
            if closing.sealed.hash != manifest.closed_hash:
                faults.append(Fault("content", "the closed month in it is another one than the manifest names"))
            documents = Closings(tx).documents(manifest.office_id, month)
            faults += _statements(tx, manifest, month)
            faults += _policies(tx)
            faults += _terminals(tx, keys)
            (audited,) = verify(tx, manifest.office_id, keys, month)
        except UNREADABLE as error:
            # Rows that a server wrote cannot do this: each came through the rules before it was recorded.
            faults.append(
                Fault("audit", f"the month cannot be looked at: what is in it makes no sense ({error})"[:300])
            )
            return None, faults, {}
        except EtppError as error:
            faults.append(Fault("audit", f"the month cannot be looked at: {error}"))
            return None, faults, {}
        faults += [Fault("audit", _told(each.what, each.person_id, each.detail)) for each in audited.findings]
        return audited, faults, documents


def _statements(tx: Transaction, manifest: Manifest, month: Month) -> Iterator[Fault]:
    """Other months' statements that figures of this one rest on: whole ones have the hash that was sealed."""
    for at, of, person, hash_, document in Closings(tx).kept():
        whole = "lines" in document
        if whole and (at, of) != (manifest.office_id, month) and document_hash(document) != hash_:
            yield Fault("audit", f"statement of {person}: that of {of} at {at} is not the one that was sealed")


def _policies(tx: Transaction) -> Iterator[Fault]:
    for sha256, policy_id, text in Policies(tx).kept():
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield Fault("content", f"the text of the policy {policy_id} is another one than its hash says")


def _terminals(tx: Transaction, keys: Mapping[str, bytes]) -> Iterator[Fault]:
    """Each key that signed is one that the terminal has, or had."""
    for device in Devices(tx).all():
        held = {device.public_key, device.next_key, *Devices(tx).former_keys(device)}
        for each in Devices(tx).vouched(device.office_id, device.device_id):
            if each.public_key not in held:
                yield Fault("terminal", f"terminal {device.device_id}: a key signed its chain that it never had")
            if each.server_key_id not in keys:
                yield Fault("terminal", f"terminal {device.device_id}: a key is vouched for by no key of the server's")


def _told(what: str, person_id: str | None, detail: str) -> str:
    return f"{what} of {person_id}: {detail}" if person_id else f"{what}: {detail}"
