from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk import wire
from kiosk.errors import IdentityError
from kiosk.machine.durable import atomic_write
from kiosk.machine.identity import Candidate, Identity, candidate, parse_provisioning
from kiosk.machine.nonce import NONCE_BLOCK, NonceCounter
from kiosk.wire.signing import sign_request

GOLDEN = Path(__file__).parents[3] / "golden"
URL = "http://127.0.0.1:8765"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def provision(directory: Path) -> Candidate:
    applicant = candidate(directory)
    applicant.adopt(parse_provisioning(golden("provision")["answer"], URL, ""))
    return applicant


def public(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)


def nonce_of(request: requests.PreparedRequest) -> int:
    return int(str(request.headers["Signature-Input"]).split('nonce="')[1].split('"')[0])


def request(body: bytes | None = None) -> requests.PreparedRequest:
    headers = {"Presensi-Protocol": "1"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return requests.Request("POST" if body else "GET", f"{URL}/v1/x?since=1", headers=headers, data=body).prepare()


@pytest.mark.parametrize("index", range(len(golden("signatures")["requests"])))
def test_a_request_is_signed_as_the_golden_one(index: int) -> None:
    example = golden("signatures")["requests"][index]
    keys = golden("keys")
    parameters = example["headers"]["Signature-Input"]
    created = dt.datetime.fromtimestamp(int(parameters.split("created=")[1].split(";")[0]), dt.UTC)
    key_id = parameters.split('keyid="')[1].split('"')[0]
    nonce = int(parameters.split('nonce="')[1].split('"')[0])
    ours = {"Signature", "Signature-Input", "Content-Digest", "Host"}
    body = example.get("body_base64")
    prepared = requests.Request(
        example["method"],
        example["url"],
        headers={name: value for name, value in example["headers"].items() if name not in ours},
        data=None if body is None else base64.b64decode(body),
    ).prepare()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys["device_seed_hex"]))
    sign_request(prepared, key, key_id, nonce, created)
    for name in ("Signature-Input", "Signature", "Content-Digest"):
        assert prepared.headers.get(name) == example["headers"].get(name)


# ---------------------------------------------------------------- provisioning


def test_an_unprovisioned_machine_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="kiosk provision"):
        Identity.load(tmp_path / "identity")


def test_the_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    applicant = provision(tmp_path / "identity")
    identity = Identity.load(tmp_path / "identity")
    answer = golden("provision")["answer"]
    assert identity.device_id == answer["device_id"]
    assert identity.server_url == URL
    assert identity.provisioning.office_name == answer["office"]["name"]
    assert identity.provisioning.server_keys.keys == {
        key["key_id"]: wire.from_b64url(key["public_key"]) for key in answer["server_keys"]
    }
    assert wire.b64url(identity.public_key) == applicant.public_key
    assert Identity.load(tmp_path / "identity", server_url="https://other/").server_url == "https://other"


def test_secrets_are_for_the_owner_alone(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o700
    for file in (tmp_path / "identity").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    (tmp_path / "identity" / "device.key").chmod(0o644)
    with pytest.raises(IdentityError, match="0600"):
        Identity.load(tmp_path / "identity")


def test_an_attempt_that_got_no_answer_is_repeated_with_the_same_key(tmp_path: Path) -> None:
    assert candidate(tmp_path / "identity").public_key == candidate(tmp_path / "identity").public_key


def test_a_new_identity_keeps_the_old_one_aside_and_the_storage_key(tmp_path: Path) -> None:
    first = provision(tmp_path / "identity")
    before = Identity.load(tmp_path / "identity")
    before.revoke()
    second = provision(tmp_path / "identity")
    after = Identity.load(tmp_path / "identity")
    assert first.public_key != second.public_key
    assert not after.revoked
    assert after.storage_key == before.storage_key
    former = tmp_path / "identity" / "former" / str(before.device_id)
    assert {file.name for file in former.iterdir()} == {"device.key", "provisioning.json"}


@pytest.mark.parametrize("damage", [b"", b"{", b'{"device_id": 5}', b"\0\0\0"])
def test_a_damaged_record_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    provision(tmp_path / "identity")
    (tmp_path / "identity" / "provisioning.json").write_bytes(damage)
    with pytest.raises(IdentityError, match="Provision the terminal again"):
        Identity.load(tmp_path / "identity")


@pytest.mark.parametrize("damage", [b"", b"not a key"])
def test_a_damaged_key_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    provision(tmp_path / "identity")
    (tmp_path / "identity" / "device.key").write_bytes(damage)
    with pytest.raises(IdentityError, match="Provision the terminal again"):
        Identity.load(tmp_path / "identity")


def test_systemd_credentials_go_before_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provision(tmp_path / "identity")
    from_file = Identity.load(tmp_path / "identity")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    other = candidate(tmp_path / "other")
    (credentials / "presensi-device-key").write_bytes((tmp_path / "other" / "device.key.new").read_bytes())
    (credentials / "presensi-storage-key").write_bytes(b"s" * 40)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    identity = Identity.load(tmp_path / "identity")
    assert wire.b64url(identity.public_key) == other.public_key
    assert identity.storage_key != from_file.storage_key
    with pytest.raises(IdentityError, match="credential"):
        identity.begin_rotation()


def test_with_credentials_no_secret_is_written(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    candidate(tmp_path / "elsewhere")
    (credentials / "presensi-device-key").write_bytes((tmp_path / "elsewhere" / "device.key.new").read_bytes())
    (credentials / "presensi-storage-key").write_bytes(b"s" * 40)
    candidate(tmp_path / "identity", credentials)
    assert list((tmp_path / "identity").iterdir()) == []


# ---------------------------------------------------------------- the server's word


def test_only_the_servers_keys_are_believed(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    identity = Identity.load(tmp_path / "identity")
    keys = golden("keys")
    server = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys["server_seed_hex"]))
    signature = server.sign(b"content")
    assert identity.verify_server(keys["server_key_id"], signature, b"content")
    assert not identity.verify_server(keys["server_key_id"], signature, b"contenT")
    assert not identity.verify_server(keys["server_key_id"], b"short", b"content")
    assert not identity.verify_server("another", signature, b"content")


def test_a_link_of_the_chain_is_signed_as_the_golden_one(tmp_path: Path) -> None:
    (example,) = golden("signatures")["heads"]
    provision(tmp_path)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden("keys")["device_seed_hex"]))
    identity = Identity(tmp_path, Identity.load(tmp_path).provisioning, key, None)
    assert identity.device_id == example["device_id"]
    link = example["signed"]
    assert identity.sign_head(link["chain_id"], link["seq"], link["hash"]) == link


def test_an_attestation_can_be_checked_with_the_public_key(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    identity = Identity.load(tmp_path / "identity")
    statement = {"last_seq": 5, "chain_id": "c"}
    signature = identity.attest(identity.device_id, statement)
    assert signature is not None
    public(identity.public_key).verify(wire.from_b64url(signature), wire.canonical(statement))


def test_a_former_identity_still_vouches_for_its_events(tmp_path: Path) -> None:
    first = provision(tmp_path / "identity")
    former = Identity.load(tmp_path / "identity").device_id
    candidate(tmp_path / "identity").adopt(
        parse_provisioning({**golden("provision")["answer"], "device_id": "device-2"}, URL, "")
    )
    identity = Identity.load(tmp_path / "identity")
    signature = identity.attest(former, {"a": 1})
    assert signature is not None
    public(wire.from_b64url(first.public_key)).verify(wire.from_b64url(signature), wire.canonical({"a": 1}))
    assert identity.attest("device-3", {"a": 1}) is None
    assert identity.attest("../..", {"a": 1}) is None


@pytest.mark.parametrize(
    "record",
    [b"", b"{}", b"\0" * 300, b'{"device_id":"../../elsewhere"}', b'{"device_id":".."}', b'{"device_id":5}', None],
)
@pytest.mark.parametrize("recorder", ["device-1", None, "../elsewhere"])
def test_a_damaged_record_can_be_provisioned_away(tmp_path: Path, record: bytes | None, recorder: str | None) -> None:
    folder = tmp_path / "state" / "identity"
    first = provision(folder)
    (folder / "provisioning.json").unlink()
    if record is None:
        (folder / "provisioning.json").symlink_to("provisioning.json")  # it cannot be read
    else:
        (folder / "provisioning.json").write_bytes(record)

    applicant = candidate(folder, recorder=recorder)
    applicant.adopt(parse_provisioning({**golden("provision")["answer"], "device_id": "device-2"}, URL, ""))

    identity = Identity.load(folder)
    assert identity.device_id == "device-2"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    (kept,) = (folder / "former").iterdir()
    assert (kept.name == recorder) or kept.name.startswith("unknown-")
    key = kept / "device.key"
    assert key.read_bytes() not in (b"", (folder / "device.key").read_bytes())
    signature = identity.attest(kept.name, {"a": 1})
    assert signature is not None
    public(wire.from_b64url(first.public_key)).verify(wire.from_b64url(signature), wire.canonical({"a": 1}))
    assert identity.attest("..", {"a": 1}) is None


def test_a_record_with_another_id_does_not_take_the_key_from_its_events(tmp_path: Path) -> None:
    """One bit of it is enough. But what the journal has of the identity before that one has its own key."""
    first = provision(tmp_path / "identity")
    for device_id in ("device-2", "device-3"):
        answer = {**golden("provision")["answer"], "device_id": device_id}
        candidate(tmp_path / "identity", recorder="device-0").adopt(parse_provisioning(answer, URL, ""))
    identity = Identity.load(tmp_path / "identity")
    for name in ("device-0", str(golden("provision")["answer"]["device_id"])):
        signature = identity.attest(name, {"a": 1})
        assert signature is not None
        public(wire.from_b64url(first.public_key)).verify(wire.from_b64url(signature), wire.canonical({"a": 1}))


@pytest.mark.parametrize("name", ["storage.key", "device.key", "device.key.new", "device.key.next"])
@pytest.mark.parametrize("content", [b"", b"\0" * 20])
def test_a_damaged_key_can_be_provisioned_away(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "identity"
    provision(folder)
    (folder / name).write_bytes(content)
    candidate(folder).adopt(parse_provisioning(golden("provision")["answer"], URL, ""))
    identity = Identity.load(folder)
    assert len(identity.storage_key) == 32
    assert not identity.rotating


class Cut(BaseException):
    """The power goes."""


def test_a_power_cut_at_any_step_of_becoming_another_loses_neither_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 0

    def cutting(step: Any) -> Any:
        def counted(*words: Any, **options: Any) -> Any:
            nonlocal left
            if not left:
                raise Cut
            left -= 1
            return step(*words, **options)

        return counted

    answer = parse_provisioning({**golden("provision")["answer"], "device_id": "device-2"}, URL, "")
    for steps in range(20):
        folder = tmp_path / str(steps)
        first = provision(folder)
        former = Identity.load(folder).device_id
        Identity.load(folder).revoke()
        left = steps
        with monkeypatch.context() as power:
            power.setattr("kiosk.machine.identity.atomic_write", cutting(atomic_write))
            power.setattr(Path, "unlink", cutting(Path.unlink))
            power.setattr(Path, "mkdir", cutting(Path.mkdir))
            try:
                candidate(folder).adopt(answer)
                finished = True
            except Cut:
                finished = False
        if Identity.load(folder).device_id == "device-2":
            assert not Identity.load(folder).revoked
        candidate(folder).adopt(answer)  # the technician gives the command again, and the server the same answer
        identity = Identity.load(folder)
        assert (identity.device_id, identity.revoked, identity.rotating) == ("device-2", False, False)
        signature = identity.attest(former, {"a": 1})
        assert signature is not None
        public(wire.from_b64url(first.public_key)).verify(wire.from_b64url(signature), wire.canonical({"a": 1}))
        if finished:
            return
    pytest.fail("it never ended")


# ---------------------------------------------------------------- the counter


def test_numbers_are_never_used_twice_whatever_is_cut_off(tmp_path: Path) -> None:
    used: list[int] = []
    for _ in range(5):
        counter = NonceCounter(tmp_path / "nonce")  # a restart without a word of farewell
        used += [counter.take() for _ in range(NONCE_BLOCK // 2 + 300)]
    assert used == sorted(set(used))
    assert used[0] == 1


def test_the_counter_goes_above_what_the_server_has_seen(tmp_path: Path) -> None:
    counter = NonceCounter(tmp_path / "nonce")
    counter.take()
    counter.raise_above(123_456)
    assert counter.take() == 123_457
    assert NonceCounter(tmp_path / "nonce").take() > 123_457


@pytest.mark.parametrize(
    "content", [b"\0\0\0", b"", b"-5\n", b"9007199254740991\n", b"9007199254740992\n", b"9" * 30, b"9" * 5000]
)
def test_a_lost_counter_starts_over(tmp_path: Path, content: bytes) -> None:
    """Above 2^53 - 1 no server takes it, and none says where to go on."""
    (tmp_path / "nonce").write_bytes(content)
    assert NonceCounter(tmp_path / "nonce").take() == 1


def test_a_counter_that_is_too_far_above_comes_back(tmp_path: Path) -> None:
    (tmp_path / "nonce").write_bytes(b"5000000000\n")
    counter = NonceCounter(tmp_path / "nonce")
    assert counter.take() == 5_000_000_001
    counter.raise_above(123)
    assert counter.take() == 124
    assert 124 < NonceCounter(tmp_path / "nonce").take() < 10_000


@pytest.mark.parametrize("nonce", [-1, 2**53 - 1, 2**60])
def test_a_highest_number_that_none_can_be_changes_nothing(tmp_path: Path, nonce: int) -> None:
    counter = NonceCounter(tmp_path / "nonce")
    counter.take()
    counter.raise_above(nonce)
    assert counter.take() == 2


def test_the_disk_is_asked_once_a_block(tmp_path: Path) -> None:
    counter = NonceCounter(tmp_path / "nonce")
    counter.take()
    written = (tmp_path / "nonce").stat().st_mtime_ns, (tmp_path / "nonce").stat().st_ino
    for _ in range(NONCE_BLOCK - 1):
        counter.take()
    assert ((tmp_path / "nonce").stat().st_mtime_ns, (tmp_path / "nonce").stat().st_ino) == written


def test_a_restart_goes_on_above(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    first, second = request(), request()
    Identity.load(tmp_path / "identity").sign(first)
    Identity.load(tmp_path / "identity").sign(second)
    assert nonce_of(second) > nonce_of(first)


# ---------------------------------------------------------------- rotation


def signed_by(identity: Identity) -> bytes:
    """The public key that the identity signs with now."""
    return identity.public_key


def test_the_new_key_proves_that_it_is_held(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    identity = Identity.load(tmp_path / "identity")
    rotation = identity.begin_rotation()
    new = wire.from_b64url(str(rotation["public_key"]))
    public(new).verify(wire.from_b64url(str(rotation["proof"])), str(identity.device_id).encode())
    assert signed_by(identity) != new
    assert identity.rotating
    identity.rotated()
    assert signed_by(identity) == new
    assert not identity.rotating
    assert signed_by(Identity.load(tmp_path / "identity")) == new


def test_the_same_new_key_is_offered_until_it_is_taken(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    first = Identity.load(tmp_path / "identity").begin_rotation()
    assert Identity.load(tmp_path / "identity").begin_rotation()["public_key"] == first["public_key"]


def test_a_rotation_asked_for_by_another_process_is_seen(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    running = Identity.load(tmp_path / "identity")
    assert not running.rotating
    Identity.load(tmp_path / "identity").begin_rotation()
    assert running.rotating


def test_when_the_answer_was_lost_either_key_can_be_tried(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    old = signed_by(Identity.load(tmp_path / "identity"))
    new = wire.from_b64url(str(Identity.load(tmp_path / "identity").begin_rotation()["public_key"]))

    identity = Identity.load(tmp_path / "identity")  # restarted: it does not know what the server knows
    assert signed_by(identity) == old
    identity.confirm_key()
    assert identity.rotating  # the old key still worked: nothing is decided
    assert identity.try_other_key()
    assert signed_by(identity) == new
    assert identity.try_other_key()
    assert signed_by(identity) == old
    assert signed_by(Identity.load(tmp_path / "identity")) == old  # trying writes nothing

    identity.try_other_key()
    identity.confirm_key()
    assert not identity.rotating
    assert signed_by(Identity.load(tmp_path / "identity")) == new
    assert not identity.try_other_key()


def test_revoked_stays_revoked_over_a_restart(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    Identity.load(tmp_path / "identity").revoke()
    assert Identity.load(tmp_path / "identity").revoked


def test_no_secret_is_in_an_error(tmp_path: Path) -> None:
    provision(tmp_path / "identity")
    (tmp_path / "identity" / "storage.key").write_bytes(b"tooshortsecret")
    with pytest.raises(IdentityError) as caught:
        _ = Identity.load(tmp_path / "identity").storage_key
    assert "tooshortsecret" not in str(caught.value)
