"""A file from a stranger: whatever it is, it is refused in plain words, in bounded memory, and nothing is unpacked."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etpp.bundle import reading
from etpp.bundle.check import check
from etpp.bundle.model import MANIFEST, NotABundle
from etpp.commands import audit as audit_command
from etpp.commands.audit_bundle import BROKEN, NO_FILE
from etpp.commands.place import Place
from etpp.ledger.store import Ledger
from etpp.terminals.signing import key_id_of
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.allowance.test_month import check as check_list
from tests.contract.etpp.allowance.test_month import close
from tests.contract.etpp.bundle.kit import Parts, checked, made
from tests.contract.etpp.running import OFFICE, running


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, Path]]:
    folder = tmp_path_factory.mktemp("kept")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        scene = november(etpp, signs=True)
        check_list(scene)
        close(scene)
        yield scene, made(scene, folder / "b.zip")


def archive(*members: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", packed) as made_of:
        for name, data in members:
            made_of.writestr(name, data)
    return held.getvalue()


def doubled(data: bytes) -> bytes:
    """A name twice, as no library writes it."""
    return archive(("facts/entriex.jsonl", b""), (MANIFEST, b"{}"), ("facts/entries.jsonl", b"")).replace(
        b"entriex", b"entries"
    )


def overlapping(data: bytes) -> bytes:
    """Two entries of the list that point to the same bytes: the heart of a bomb of petabytes."""
    whole = archive((MANIFEST, b"{}"), ("facts/entries.jsonl", b"x" * 50))
    first = whole.find(b"PK\1\2")
    second = whole.find(b"PK\1\2", first + 4)
    return whole[: second + 42] + struct.pack("<I", 0) + whole[second + 46 :]


def encrypted(data: bytes) -> bytes:
    whole = bytearray(archive((MANIFEST, b"{}")))
    whole[whole.find(b"PK\1\2") + 8] |= 1
    return bytes(whole)


def lies_about_its_size(data: bytes) -> bytes:
    """The list says that a gigabyte of nothing is a kilobyte."""
    whole = bytearray(archive((MANIFEST, b"{}"), ("facts/entries.jsonl", b"\0" * (64 << 20))))
    place = whole.find(b"PK\1\2", whole.find(b"PK\1\2") + 4)
    whole[place + 24 : place + 28] = struct.pack("<I", 1024)
    return bytes(whole)


REFUSED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("nothing", lambda data: b"", "no ZIP file"),
    ("a text", lambda data: b"hello" * 100, "no ZIP file"),
    ("cut off", lambda data: data[:-300], "no ZIP file"),
    ("a ZIP of something else", lambda data: archive(("photo.jpg", b"x")), "a name that no bundle has"),
    ("no manifest", lambda data: archive(("README.txt", b"x")), "no manifest"),
    (
        "a path upwards",
        lambda data: archive((MANIFEST, b"{}"), ("../../etc/passwd", b"x")),
        "a name that no bundle has",
    ),
    ("an absolute path", lambda data: archive((MANIFEST, b"{}"), ("/etc/passwd", b"x")), "a name that no bundle has"),
    ("a path within", lambda data: archive((MANIFEST, b"{}"), ("facts/../x.jsonl", b"x")), "a name that no bundle has"),
    ("a folder", lambda data: archive((MANIFEST, b"{}"), ("facts/", b"")), "a name that no bundle has"),
    ("a name twice", doubled, "twice"),
    ("members that overlap", overlapping, "overlap"),
    ("encrypted", encrypted, "encrypted"),
    ("packed otherwise", lambda data: archive((MANIFEST, b"{}"), packed=zipfile.ZIP_LZMA), "packed in a way"),
    ("a bomb", lambda data: archive((MANIFEST, b"{}"), ("facts/events.jsonl", b"\n" * (300 << 20))), "far more"),
    (
        "a manifest of megabytes",
        lambda data: archive(
            (MANIFEST, b" " * (5 << 20)),
        ),
        "far more|of a size",
    ),
    ("something before", lambda data: b"#!/bin/sh\n" + data, "between|overlap"),
    ("something behind", lambda data: data + b"x" * 60_000, "no ZIP file|behind"),
    ("too many members", lambda data: archive(*((f"facts/{'a' * n}.jsonl", b"") for n in range(1, 70))), "members"),
    ("a manifest that is no JSON", lambda data: archive((MANIFEST, b"{")), "cannot be read"),
    ("a manifest with a member twice", lambda data: archive((MANIFEST, b'{"a": 1, "a": 2}')), "twice"),
    ("a manifest nested deeply", lambda data: archive((MANIFEST, b'{"a":' * 5000 + b"1" + b"}" * 5000)), "nested"),
    ("a manifest of another kind", lambda data: archive((MANIFEST, b'{"format": "x"}')), "something else"),
    (
        "a newer version",
        lambda data: archive((MANIFEST, json.dumps({"format": "presensi-audit-bundle", "version": 2}).encode())),
        "another version",
    ),
]


@pytest.mark.parametrize(("what", "change", "said"), REFUSED, ids=[what for what, _, _ in REFUSED])
def test_what_is_no_bundle_is_refused(
    kept: tuple[Scene, Path], tmp_path: Path, what: str, change: Callable[[bytes], bytes], said: str
) -> None:
    path = tmp_path / "stranger.zip"
    path.write_bytes(change(kept[1].read_bytes()))
    with pytest.raises(NotABundle, match=said):
        check(path)
    assert {each.name for each in tmp_path.iterdir()} == {"stranger.zip"}, what


def test_a_member_that_lies_about_its_size_is_named(tmp_path: Path, kept: tuple[Scene, Path]) -> None:
    parts = Parts.of(kept[1])
    name = "facts/entries.jsonl"
    whole = bytearray(parts.write(tmp_path / "b.zip").read_bytes())
    for sign, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        place = whole.find(sign)
        while whole[place + (46 if at == 24 else 30) :][: len(name)] != name.encode():
            place = whole.find(sign, place + 4)
        whole[place + at : place + at + 4] = struct.pack("<I", 7)
    (tmp_path / "lies.zip").write_bytes(bytes(whole))
    found = checked(tmp_path / "lies.zip")
    assert name in found
    assert "damaged" in found or "not the file that was signed" in found


def test_a_row_without_end_takes_bounded_memory(
    tmp_path: Path, kept: tuple[Scene, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 200_000)
    parts = Parts.of(kept[1])
    parts.files["facts/letters.jsonl"] = b"[" + bytes(zlib.crc32(str(n).encode()) & 0x3F | 0x40 for n in range(400_000))
    assert "a row has more than 200000 bytes" in checked(parts.write(tmp_path / "long.zip"))


def test_a_file_beside_those_of_the_manifest_is_named(tmp_path: Path, kept: tuple[Scene, Path]) -> None:
    parts = Parts.of(kept[1])
    parts.files["facts/accounts.jsonl"] = b"{}\n"
    assert "accounts.jsonl is in it, and the manifest does not name it" in checked(parts.write(tmp_path / "more.zip"))


# ---------------------------------------------------------------- whose key it is


def test_a_forgers_own_server_is_no_match_for_a_key_that_is_known(tmp_path: Path, kept: tuple[Scene, Path]) -> None:
    """Whoever makes a regency of their own can sign what they like; not under the key that BKPP has published."""
    scene, path = kept
    root = scene.etpp.state.keys.now().root
    assert check(path, [root]).faults == ()
    with running(f"sqlite:///{tmp_path}/other.db", tmp_path / "other", office=False) as other:
        (tmp_path / "other" / "gallery-key").write_text("07" * 32)
        forger = other.state.keys.now()
        assert forger.root != root
        parts = Parts.of(path)
        document = parts.manifest
        document["keys"] = [*forger.public, *document["keys"]]
        parts.put_manifest(document)
        parts.sealed_anew(forger)
        forged = parts.write(tmp_path / "forged.zip")
    said = {each.what for each in check(forged, [root]).faults}
    assert {"signature", "key"} <= said
    assert check(forged).root == forger.root, "without --key it is the first key of whoever made it, which is printed"


def test_a_key_follows_from_the_first_by_the_servers_own_statements(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as etpp:
        scene = november(etpp, signs=True)
        check_list(scene)
        close(scene)
        first = etpp.state.keys.now().root
        for step in ("rotate", "retire"):
            with etpp.state.keys.changing() as ring:
                now = etpp.clock.now
                etpp.state.keys.keep(ring.with_new_key(now) if step == "rotate" else ring.without(first, now))
        path = made(scene, tmp_path / "b.zip")
        found = check(path, [first])
        assert (found.faults, found.root) == ((), first)
        assert found.manifest.key_id != first
        # The statement by which the second key follows, left out: nothing signs for it any more.
        parts = Parts.of(path)
        document = parts.manifest
        document["key_statements"] = document["key_statements"][1:]
        parts.put_manifest(document)
        parts.sealed_anew(etpp.state.keys.now())
        assert {"signature"} <= {each.what for each in check(parts.write(tmp_path / "c.zip"), [first]).faults}


# ---------------------------------------------------------------- the commands


def test_the_commands_write_it_record_it_and_tell_it(tmp_path: Path, kept: tuple[Scene, Path]) -> None:
    scene, _ = kept
    place = Place(scene.etpp.database.url, scene.etpp.state.folder)
    out = tmp_path / "b.zip"
    run = CliRunner().invoke
    result = run(
        audit_command.command, ["bundle", "--office", OFFICE, "--month", str(NOVEMBER), "--out", str(out)], obj=place
    )
    assert result.exit_code == 0, result.output
    with scene.etpp.database.read() as tx:
        entry = Ledger(tx).search("", "command", None, 1)[0]
    assert entry.said.subject == {"office_id": OFFICE, "month": "2026-11"}
    # In a process of its own, in an empty folder, with no server's folder anywhere.
    checking = [sys.executable, "-m", "etpp", "audit", "check", str(out)]
    told = subprocess.run(checking, cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{OFFICE} 2026-11: HOLDS" in told.stdout
    assert "20 presences, 20 of them signed" in told.stdout
    assert scene.etpp.state.keys.now().root in told.stdout

    parts = Parts.of(out)
    parts.change("entries", lambda rows: rows[1:])
    broken = run(audit_command.command, ["check", str(parts.write(tmp_path / "c.zip")), "--json"])
    assert broken.exit_code == BROKEN
    values: dict[str, Any] = json.loads(broken.output)
    assert not values["holds"]
    assert {"file", "audit"} <= {each["what"] for each in values["faults"]}
    assert run(audit_command.command, ["check", str(tmp_path / "none.zip")]).exit_code == NO_FILE
    (tmp_path / "text.zip").write_text("hello")
    refused = run(audit_command.command, ["check", str(tmp_path / "text.zip")])
    assert refused.exit_code == BROKEN
    assert "is no bundle that can be checked" in refused.output


def test_an_open_month_is_no_bundle(tmp_path: Path, kept: tuple[Scene, Path]) -> None:
    scene, _ = kept
    place = Place(scene.etpp.database.url, scene.etpp.state.folder)
    out = tmp_path / "b.zip"
    asked = ["bundle", "--office", OFFICE, "--month", "2026-12", "--out", str(out)]
    result = CliRunner().invoke(audit_command.command, asked, obj=place)
    assert "is not closed" in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_no_private_key_and_no_face_is_in_it(kept: tuple[Scene, Path]) -> None:
    scene, path = kept
    ring = scene.etpp.state.keys.now()
    whole = b"".join(Parts.of(path).files.values())
    assert key_id_of(ring.signer.public_key).encode() in whole
    for secret in (ring.signer.seed.hex(), scene.etpp.state.secrets.admin_token, "descriptor", "password"):
        assert secret.encode() not in whole
