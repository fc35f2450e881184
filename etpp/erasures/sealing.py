"""A proof as a signed file, and whether such a file holds."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from etpp.base.encoding import canonical, decode_signature, encode_key, format_time
from etpp.bundle.model import NotABundle
from etpp.bundle.sealing import trusted_keys
from etpp.erasures.model import FORMAT, VERSION, Checked, Proof
from etpp.terminals.keyring import Ring
from etpp.terminals.signing import verify_text

MAX_BYTES = 4 << 20


def sealed(proof: Proof, ring: Ring, now: dt.datetime, made_by: str, software: str) -> dict[str, Any]:
    """The file's content, with the server's signature. `made_by`: who took it out."""
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "office_id": proof.office_id,
        "office": proof.office,
        "person_id": proof.person_id,
        "name": proof.name,
        "nip": proof.nip,
        "complete": proof.complete,
        "gallery_version": proof.version,
        "erasures": [
            {
                "erased_utc": format_time(each.erased_utc),
                "asked_by": each.asked_by,
                "done_by": each.done_by,
                "templates": each.templates,
                "name_and_nip": each.forgotten,
            }
            for each in proof.erasures
        ],
        "left_on_server": {"templates": proof.templates, "enrolments": proof.enrolments},
        "terminals": [
            {
                "device_id": each.device_id,
                "state": each.state,
                "said_utc": None if each.said_utc is None else format_time(each.said_utc),
            }
            for each in proof.terminals
        ],
        "remains": dict(proof.remains),
        "made_utc": format_time(now),
        "made_by": made_by,
        "software": software,
        "keys": ring.public,
        "key_statements": [dict(each) for each in ring.statements],
        "key_id": ring.signer.key_id,
    }
    return whole | {"signature": encode_key(ring.signer.sign_bytes(_signed_text(whole)))}


def is_proof(file: Path) -> bool:
    """Whether it begins as one does; a bundle, which is an archive, does not. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(1) == b"{"


def check_file(file: Path, roots: Sequence[str]) -> Checked:
    """As `check`. Raises OSError, too."""
    with file.open("rb") as opened:
        return check(opened.read(MAX_BYTES + 1), roots)


def check(text: bytes, roots: Sequence[str]) -> Checked:
    """`roots`: ids of keys that the asker knows to be the server's. Raises NotABundle for what is no such file."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT or document["version"] != VERSION or len(text) > MAX_BYTES:
            raise NotABundle("it says of itself that it is something else, or of another release")
        keys, statements = tuple(document["keys"]), tuple(document["key_statements"])
        _look(document)
        found = Checked(str(document["key_id"]), keys, statements, document)
        signature = decode_signature(document["signature"])
        root, trusted = trusted_keys(found, roots)
        signed_text = _signed_text(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotABundle("it cannot be read") from error
    key = trusted.get(found.key_id)
    return replace(found, root=root, signed=key is not None and verify_text(key, signature, signed_text))


def _look(document: Mapping[str, Any]) -> None:
    """Raises KeyError and TypeError where what one reads is not there."""
    _ = [document[name] for name in ("office_id", "person_id", "complete", "made_utc", "made_by", "software")]
    for each in document["erasures"]:
        _ = each["erased_utc"], each["asked_by"], each["done_by"]
    for each in document["terminals"]:
        _ = each["device_id"], each["state"], each["said_utc"]


def _signed_text(document: Mapping[str, Any]) -> bytes:
    """As a bundle's: a text that begins as nothing else does which the key signs, with the hash over the RFC 8785 form
    without the signature."""
    form = canonical({name: value for name, value in document.items() if name != "signature"})
    return f"{FORMAT} {hashlib.sha256(form).hexdigest()}".encode("ascii")
