"""The links of its chain that a terminal has signed: verified when they come, and kept for the audit.

What its request was signed for is gone with the request. A link's signature stays, and by the hashes it covers all that
is before it. One that does not hold costs nobody an event: it is not kept, and the answer says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from etpp.base import shapes
from etpp.base.encoding import Json, decode_signature
from etpp.base.problems import document
from etpp.books import wire
from etpp.books.model import ChainHead
from etpp.books.proof import Word
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.terminals.model import Device, SignedLink
from etpp.terminals.signing import GallerySigner, head_text, key_id_of, verify_text
from etpp.terminals.store import SignedLinks
from etpp.terminals.vouching import keys_ever, vouch


def keep(
    tx: Transaction, signer: GallerySigner, device: Device, head: ChainHead, sent: object, now: dt.datetime
) -> Json | None:
    """Keep what holds of a batch's `heads`; the problem of the first that does not. `head`: of its chain, after it."""
    if sent is None:
        return None
    if not isinstance(sent, list) or len(sent) > wire.MAX_EVENTS:
        return document("head-invalid", f"heads: must be a list of at most {wire.MAX_EVENTS}")
    read = [_read(item) for item in sent]
    seqs = [each.seq for each in read if isinstance(each, wire.SignedHead)]
    links = SignedLinks(tx, device.office_id, device.device_id, head.chain_id)
    held = {head.seq: head.hash}  # nearly always the one that is asked for
    if not held.keys() >= {*seqs}:
        held |= Books(tx).hashes(device.office_id, device.device_id, head.chain_id, seqs)
    keys = {key_id_of(key): key for key in keys_ever(tx, device)}
    problem: Json | None = None
    vouched: set[str] = set()
    for index, said in enumerate(read):
        fault = said if isinstance(said, str) else _fault(said, device, head.chain_id, held, keys)
        if fault is not None:
            problem = problem or document("head-invalid", f"heads.{index}.{fault}")
        elif isinstance(said, wire.SignedHead):
            if said.key_id not in vouched:
                vouch(tx, signer, device, keys[said.key_id], "head", now)
                vouched.add(said.key_id)
            links.add(SignedLink(said.seq, said.hash, said.key_id, decode_signature(said.signature)), now)
    return problem


def _read(item: object) -> wire.SignedHead | str:
    """Or what is wrong with it."""
    try:
        said = wire.SignedHead.model_validate(item)
        decode_signature(said.signature)
    except ValidationError as error:
        return shapes.explain(error)
    except ValueError as error:
        return f"signature: {error}"
    return said


def _fault(
    said: wire.SignedHead, device: Device, chain_id: str, held: Mapping[int, str], keys: Mapping[str, bytes]
) -> str | None:
    if said.chain_id != chain_id:
        return "chain_id: is not the batch's"
    if held.get(said.seq) != said.hash:
        return "hash: is not that of a link which the books hold at this number"
    if said.key_id not in keys:
        return "key_id: is no key of this terminal"
    text = head_text(device.device_id, said.chain_id, said.seq, said.hash)
    if not verify_text(keys[said.key_id], decode_signature(said.signature), text):
        return "signature: was not made by this key over this link"
    return None


def keep_word(tx: Transaction, signer: GallerySigner, word: Word, sent: Mapping[str, Any], now: dt.datetime) -> None:
    """Keep the statement under which events were carried, once they are in the books. `sent`: `carried` as it came."""
    recorder, carried = word.recorder, word.carried
    links = SignedLinks(tx, recorder.office_id, recorder.device_id, carried.chain_id)
    held = Books(tx).hashes(recorder.office_id, recorder.device_id, carried.chain_id, [carried.last_seq])
    if held.get(carried.last_seq) != carried.hash:
        return
    vouch(tx, signer, recorder, word.key, "carried", now)
    statement = {name: value for name, value in sent.items() if name != "signature"}
    signature = decode_signature(carried.signature)
    links.add(SignedLink(carried.last_seq, carried.hash, key_id_of(word.key), signature, statement), now)
