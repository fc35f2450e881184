"""Call 4 over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.etpp.client import Terminal, b64url, problem_of, public_bytes
from tests.contract.etpp.running import Running


def test_a_heartbeat_is_kept_and_answers_with_the_newest_head(etpp: Running) -> None:
    terminal = etpp.terminal()
    assert terminal.heartbeat().json() == {
        "server_time": "2026-11-24T00:00:00.000Z",
        "key_rotated": False,
        "head": None,
    }
    event = terminal.attack()
    terminal.send_events([event])
    answer = terminal.heartbeat(faults=["clock_untrusted"], erased_through=7).json()
    assert answer["head"] == {"chain_id": terminal.chain_id, "seq": 1, "hash": event["hash"]}
    (device,) = etpp.admin("GET", "devices")["devices"]
    assert device["heartbeat"]["faults"] == ["clock_untrusted"]
    assert device["erased_through"] == 7


def rotation(terminal: Terminal, key: Ed25519PrivateKey) -> dict[str, str]:
    return {"public_key": b64url(public_bytes(key)), "proof": b64url(key.sign(terminal.device_id.encode()))}


def test_after_a_rotation_the_old_key_is_good_until_the_new_one_has_signed(etpp: Running) -> None:
    terminal, new = etpp.terminal(), Ed25519PrivateKey.generate()
    assert terminal.heartbeat(rotate_key=rotation(terminal, new)).json()["key_rotated"] is True
    # The answer was lost: the terminal knows nothing of it and asks again.
    assert terminal.heartbeat(rotate_key=rotation(terminal, new)).json()["key_rotated"] is True
    old, terminal.key = terminal.key, new
    assert terminal.heartbeat().status_code == 200
    terminal.key = old
    assert problem_of(terminal.heartbeat()) == "signature-invalid"


def test_a_rotation_needs_the_new_keys_proof(etpp: Running) -> None:
    terminal = etpp.terminal()
    wrong = rotation(terminal, Ed25519PrivateKey.generate()) | {"proof": b64url(b"x" * 64)}
    assert problem_of(terminal.heartbeat(rotate_key=wrong)) == "malformed"
