"""Signatures and the window against replay."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from etpp.base.encoding import decode_key, decode_signature, encode_key
from etpp.base.errors import Problem
from etpp.terminals.signing import (
    WINDOW,
    GallerySigner,
    Message,
    head_text,
    key_id_of,
    slide,
    verify,
    verify_proof,
    verify_statement,
    verify_text,
)

GOLDEN = Path(__file__).parents[3] / "golden"
REQUESTS = json.loads((GOLDEN / "signatures.json").read_text(encoding="utf-8"))["requests"]
KEYS = json.loads((GOLDEN / "keys.json").read_text(encoding="utf-8"))
KEY = decode_key(KEYS["device_public_key"])
OTHER = decode_key(KEYS["next_device_public_key"])


class Headers:
    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def items(self) -> Iterable[tuple[str, str]]:
        return self._headers.items()


def check(request: dict[str, Any], keys: tuple[bytes, ...] = (KEY,), **changes: Any) -> Any:
    request = request | changes
    message = Message(request["method"], request["url"], Headers(request["headers"]))
    has_encoding = "Content-Encoding" in request["headers"]
    return verify(message, lambda key_id: keys, request["body_base64"] is not None, has_encoding)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: r["url"].rpartition("/")[2])
def test_golden_requests_verify_whatever_the_date(request_: dict[str, Any]) -> None:
    verified = check(request_)
    assert verified.key == KEY
    assert verified.nonce == REQUESTS.index(request_) + 1


@pytest.mark.parametrize("keys", [(OTHER, KEY), (KEY, OTHER)])
def test_either_key_of_a_rotation_will_do(keys: tuple[bytes, bytes]) -> None:
    assert check(REQUESTS[1], keys).key == KEY


@pytest.mark.parametrize("keys", [(), (OTHER,), (OTHER, OTHER)])
def test_no_other_key_will(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(Problem, match="signature-invalid"):
        check(REQUESTS[1], keys)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "DELETE"},
        {"url": REQUESTS[1]["url"].replace("since=3", "since=4")},
        {"url": REQUESTS[1]["url"].replace("gallery", "events")},
        {"url": REQUESTS[1]["url"].replace("8765", "8766")},
    ],
)
def test_what_is_covered_cannot_be_changed(changes: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="signature-invalid"):
        check(REQUESTS[1], **changes)


@pytest.mark.parametrize(
    "name", ["Signature", "Signature-Input", "Content-Digest", "Content-Type", "Presensi-Protocol"]
)
def test_a_missing_header_is_an_invalid_signature(name: str) -> None:
    headers = {k: v for k, v in REQUESTS[0]["headers"].items() if k != name}
    with pytest.raises(Problem, match="signature-invalid"):
        check(REQUESTS[0], headers=headers)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sig1=", "sig2="),
        ('tag="presensi"', 'tag="other"'),
        ('nonce="1"', 'nonce="2"'),
        (' "content-digest"', ""),
        ("ed25519", "hmac-sha256"),
        (";keyid=", ";notkeyid="),
        ("created=", "expires="),
        ("sig1=(", "sig1=(((("),
        ("sig1=", "\x00"),
    ],
)
def test_a_changed_signature_input_is_refused(old: str, new: str) -> None:
    headers = dict(REQUESTS[0]["headers"])
    if old not in headers["Signature-Input"]:
        pytest.fail("the golden file has changed")
    headers["Signature-Input"] = headers["Signature-Input"].replace(old, new)
    with pytest.raises(Problem, match="signature-invalid"):
        check(REQUESTS[0], headers=headers)


@given(st.text(max_size=200), st.text(max_size=200))
def test_garbage_never_verifies_and_never_crashes(signature: str, signature_input: str) -> None:
    headers = REQUESTS[0]["headers"] | {"Signature": signature, "Signature-Input": signature_input}
    with pytest.raises(Problem, match="signature-invalid"):
        check(REQUESTS[0], headers=headers)


@given(st.lists(st.integers(1, 200), max_size=120))
def test_every_counter_is_taken_at_most_once_and_none_from_below_the_window(nonces: list[int]) -> None:
    highest, window = 0, 0
    taken: set[int] = set()
    for nonce in nonces:
        slid = slide(highest, window, nonce)
        fresh = nonce not in taken and nonce > highest - WINDOW
        assert (slid is not None) is fresh
        if slid is not None:
            highest, window = slid
            taken.add(nonce)
            assert highest == max(taken)
            assert 0 <= window < 2**WINDOW


def test_nonce_zero_is_below_a_new_window() -> None:
    assert slide(0, 0, 0) == (0, 1)
    assert slide(0, 1, 0) is None


def test_a_proof_is_of_the_new_key_and_this_device() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["next_device_seed_hex"]))
    proof = encode_key(key.sign(b"device"))
    assert verify_proof(OTHER, proof, "device")
    assert not verify_proof(OTHER, proof, "other")
    assert not verify_proof(KEY, proof, "device")
    assert not any(verify_proof(OTHER, wrong, "device") for wrong in ("", "é", proof[:-4], proof + "AAAA"))


def test_the_golden_export_is_vouched_for_by_its_recorder() -> None:
    carried = json.loads((GOLDEN / "events_carried.json").read_text(encoding="utf-8"))["request"]["carried"]
    signature = carried.pop("signature")
    assert verify_statement(KEY, signature, carried)
    assert not verify_statement(OTHER, signature, carried)
    assert not verify_statement(KEY, signature, carried | {"last_seq": 5})


def test_the_golden_link_of_a_chain_is_signed_by_its_terminal() -> None:
    (example,) = json.loads((GOLDEN / "signatures.json").read_text(encoding="utf-8"))["heads"]
    link = example["signed"]
    text = head_text(example["device_id"], link["chain_id"], link["seq"], link["hash"])
    assert text.decode() == example["text"]
    assert key_id_of(KEY) == link["key_id"]
    signature = decode_signature(link["signature"])
    assert verify_text(KEY, signature, text)
    assert not verify_text(OTHER, signature, text)
    assert not verify_text(KEY, signature, text.replace(b" 4 ", b" 5 "))
    assert not verify_text(KEY, signature[:-1], text)


def test_the_golden_gallery_is_signed_as_the_server_signs() -> None:
    signer = GallerySigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["server_seed_hex"])))
    for name in ("gallery_full", "gallery_delta"):
        manifest = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["answer"]["manifest"]
        signature = manifest.pop("signature")
        assert signer.sign(manifest) == signature
        assert len(base64.urlsafe_b64decode(signature + "==")) == 64
