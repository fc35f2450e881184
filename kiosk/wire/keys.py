"""The server's keys: what call 1 says of them, and the signed statement that changes them afterwards. Pure.

A terminal believes a statement only when a key that it holds already has signed it and its serial number is above the
one it has: so trust passes from key to key, and no statement can be played again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk import wire
from kiosk.wire import Json, WireError, items, member

KEY_BYTES = 32
MAX_KEYS = 16
MAX_ID_CHARACTERS = 64

VerifyServer = Callable[[str, bytes, bytes], bool]
"""(key id, signature, content) -> whether that key of the server signed it."""


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """`keys`: key id -> Ed25519 public key (32 bytes) that may sign galleries. `serial` 0: before any statement."""

    serial: int
    keys: Mapping[str, bytes]

    def as_json(self) -> Json:
        return {
            "server_keys_serial": self.serial,
            "server_keys": [{"key_id": key_id, "public_key": wire.b64url(key)} for key_id, key in self.keys.items()],
        }


def provisioned_keys(data: Json) -> ServerKeys:
    """The answer of call 1, or the record made of it. Raises WireError."""
    serial = 0 if data.get("server_keys_serial") is None else _serial(data, "server_keys_serial")
    return ServerKeys(serial, _keys(data, "server_keys"))


def open_statement(statement: Json, held: ServerKeys, verify: VerifyServer) -> ServerKeys | None:
    """The keys that a statement brings; None for the one that the terminal has taken already.

    Raises WireError for any other that it must not believe. `verify` knows the keys of `held` only.
    """
    signed = wire.canonical({name: value for name, value in statement.items() if name != "signature"})
    signature = wire.from_b64url(member(statement, "signature", str))
    serial = _serial(statement, "serial")
    if serial == held.serial:
        return None
    if serial < held.serial:
        raise WireError("the statement of the server's keys is older than the one in use")
    if not verify(member(statement, "key_id", str), signature, signed):
        raise WireError("the statement of the server's keys is not signed by a key that this terminal holds")
    return ServerKeys(serial, _keys(statement, "keys"))


def _serial(data: Json, name: str) -> int:
    serial = member(data, name, int)
    if not 0 <= serial < 2**53:
        raise WireError(f"member `{name}` is out of range")
    return serial


def _keys(data: Json, name: str) -> Mapping[str, bytes]:
    """At least one: with none the terminal could believe no gallery and no later statement."""
    found: dict[str, bytes] = {}
    for each in items(data, name):
        key_id, key = member(each, "key_id", str), wire.from_b64url(member(each, "public_key", str))
        if len(key) != KEY_BYTES:
            raise WireError(f"a key in `{name}` is not {KEY_BYTES} bytes long")
        if key_id in found or not 0 < len(key_id) <= MAX_ID_CHARACTERS:
            raise WireError(f"a key id in `{name}` is empty, too long, or stands there twice")
        found[key_id] = key
    if not 0 < len(found) <= MAX_KEYS:
        raise WireError(f"`{name}` must hold 1 to {MAX_KEYS} keys")
    return found
