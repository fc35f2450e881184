"""The server's word on which keys were a terminal's.

What they signed can be verified when the terminal has another key, or was revoked; and no database alone makes a key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from etpp.base.encoding import format_time
from etpp.db import Transaction
from etpp.terminals.model import Device, Signs, VouchedKey
from etpp.terminals.signing import GallerySigner, key_id_of, verify_text
from etpp.terminals.store import Devices


def keys_ever(tx: Transaction, device: Device) -> list[bytes]:
    """The key that signs now, the one that is about to, and those that another one has replaced."""
    present = [device.public_key] if device.next_key is None else [device.public_key, device.next_key]
    return [*present, *(key for key in Devices(tx).former_keys(device) if key not in present)]


def vouch(
    tx: Transaction, signer: GallerySigner, device: Device, public_key: bytes, signs: Signs, now: dt.datetime
) -> None:
    """Keep the server's word that this key, which has just signed, is the terminal's; the first one stays."""
    key_id = key_id_of(public_key)
    if any(
        (each.key_id, each.signs) == (key_id, signs) for each in Devices(tx).vouched(device.office_id, device.device_id)
    ):
        return
    # Milliseconds, as its text has them; rounded up, since all of its first batch came at this moment.
    since = now + dt.timedelta(microseconds=-now.microsecond % 1000)
    signature = signer.sign_bytes(_text(device.device_id, public_key, signs, since))
    made = VouchedKey(device.office_id, device.device_id, key_id, signs, public_key, since, signer.key_id, signature)
    Devices(tx).vouch(made)


def trusted(keys: Sequence[VouchedKey], server_keys: Mapping[str, bytes]) -> list[VouchedKey]:
    """Those for which the server's word holds. `server_keys`: its public keys by id, former ones too."""
    return [
        each
        for each in keys
        if each.key_id == key_id_of(each.public_key)
        and each.server_key_id in server_keys
        and verify_text(
            server_keys[each.server_key_id],
            each.signature,
            _text(each.device_id, each.public_key, each.signs, each.since_utc),
        )
    ]


def _text(device_id: str, public_key: bytes, signs: Signs, since_utc: dt.datetime) -> bytes:
    return f"presensi-terminal-key {device_id} {public_key.hex()} {signs} {format_time(since_utc)}".encode("ascii")
