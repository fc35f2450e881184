"""The manifest: what the server signs of a bundle, and which keys were the server's. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from etpp.base.encoding import canonical, decode_key, decode_signature, encode_key, parse_time
from etpp.bundle.model import FORMAT, VERSION, Manifest, Member, NotABundle
from etpp.terminals.signing import GallerySigner, key_id_of, verify_statement, verify_text

_MEMBERS = frozenset(
    {
        "format",
        "version",
        "office_id",
        "month",
        "closed_hash",
        "made_utc",
        "made_by",
        "software",
        "keys",
        "key_statements",
        "files",
        "key_id",
        "signature",
    }
)


def sealed_manifest(document: Mapping[str, Any], signer: GallerySigner) -> dict[str, Any]:
    """The manifest with the server's signature."""
    whole = {"format": FORMAT, "version": VERSION, **document, "key_id": signer.key_id}
    return whole | {"signature": encode_key(signer.sign_bytes(signed_text(whole)))}


def signed_text(document: Mapping[str, Any]) -> bytes:
    """What is signed: a text that begins as nothing else does which the key signs, with the hash over the RFC 8785 form
    of the manifest without its signature."""
    form = canonical({name: value for name, value in document.items() if name != "signature"})
    return f"presensi-audit-bundle {hashlib.sha256(form).hexdigest()}".encode("ascii")


def manifest_of(document: Mapping[str, Any]) -> Manifest:
    """Raises NotABundle for what is no manifest of this format."""
    if document.get("format") != FORMAT:
        raise NotABundle("it says of itself that it is something else")
    if document.get("version") != VERSION:
        raise NotABundle(f"its format has another version than {VERSION}: use the release that made it, or a newer one")
    if document.keys() != _MEMBERS:
        odd = ", ".join(sorted(document.keys() ^ _MEMBERS)[:5])
        raise NotABundle(f"the manifest has not the members that it should have: {odd}")
    try:
        files = tuple(Member(**each) for each in document["files"])
        if not all(_is_sound(each) for each in files):
            raise ValueError
        texts = ("office_id", "month", "closed_hash", "made_by", "software", "key_id")
        if not all(isinstance(document[name], str) for name in texts):
            raise ValueError
        for key in document["keys"]:
            decode_key(key["public_key"])
        return Manifest(
            document["office_id"],
            document["month"],
            document["closed_hash"],
            parse_time(document["made_utc"]),
            document["made_by"],
            document["software"],
            tuple(document["keys"]),
            tuple(document["key_statements"]),
            files,
            document["key_id"],
            decode_signature(document["signature"]),
            document,
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise NotABundle("the manifest cannot be read") from error


class Sealed(Protocol):
    """What says which keys are the server's, and which of them signed it."""

    @property
    def key_id(self) -> str: ...
    @property
    def keys(self) -> tuple[Mapping[str, str], ...]: ...
    @property
    def key_statements(self) -> tuple[Mapping[str, Any], ...]: ...


def trusted_keys(manifest: Sealed, roots: Sequence[str]) -> tuple[str, dict[str, bytes]]:
    """The key on which all rests, and every key that follows from it: id -> public key.

    `roots`: ids of keys that the asker knows to be the server's; none: the first that the file names. A key follows
    when a statement names it that is signed by a key which followed before: so a terminal trusts them, too
    (docs/protocol.md, "The server's keys").
    """
    named: dict[str, bytes] = {}
    for key in (*(key for each in manifest.key_statements for key in _keys(each)), *manifest.keys):
        try:
            public = decode_key(str(key["public_key"]))
        except (ValueError, KeyError, TypeError):
            continue
        if key_id_of(public) == key.get("key_id"):
            named[str(key["key_id"])] = public
    first = manifest.key_statements[0].get("key_id") if manifest.key_statements else manifest.key_id
    asked = [root for root in (roots or (str(first),)) if root in named]
    found = {root: named[root] for root in asked}
    for each in manifest.key_statements:
        said = {name: value for name, value in each.items() if name != "signature"}
        by = found.get(str(each.get("key_id")))
        if by is not None and verify_statement(by, str(each.get("signature")), said):
            found |= {str(k["key_id"]): named[k["key_id"]] for k in _keys(each) if k.get("key_id") in named}
    return (asked[0] if asked else str((roots or (first,))[0])), found


def is_signed(manifest: Manifest, keys: Mapping[str, bytes]) -> bool:
    """Whether a key of the server's, one of `keys`, signed this manifest."""
    key = keys.get(manifest.key_id)
    return key is not None and verify_text(key, manifest.signature, signed_text(manifest.document))


def _keys(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    keys = statement.get("keys")
    return [each for each in keys if isinstance(each, dict)] if isinstance(keys, list) else []


def _is_sound(member: Member) -> bool:
    numbers = [member.bytes] if member.rows is None else [member.bytes, member.rows]
    return (
        isinstance(member.name, str)
        and isinstance(member.sha256, str)
        and all(type(each) is int and each >= 0 for each in numbers)
    )
