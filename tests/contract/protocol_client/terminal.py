"""A terminal by docs/protocol.md: it records, sends, carries, fetches, reports and changes its key."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.contract.protocol_client.canonical import b64url, canonical, from_b64url, sha256
from tests.contract.protocol_client.chain import Chain, time_text
from tests.contract.protocol_client.link import Json, Link, NoAnswer, Problem

MAX_EVENTS = 500


class Untrusted(Exception):
    """A gallery, or a statement of keys, that must not be applied."""


@dataclass
class Terminal:
    """One device. `parked` are the problems of rejected events by their ids."""

    link: Link
    chain: Chain = field(default_factory=lambda: Chain(""))
    acknowledged: int = 0
    """Of the chain, up to this number."""
    office: Json = field(default_factory=dict)
    server_keys: dict[str, str] = field(default_factory=dict)
    server_keys_serial: int = 0
    version: int = 0
    people: dict[str, Json] = field(default_factory=dict)
    etag: str = ""
    """Of the last whole gallery."""
    parked: dict[str, Json] = field(default_factory=dict)
    old_chains: list[Chain] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    """Chains of others that the server refused."""
    signs: bool = True
    """Whether it signs the links of its chain; the protocol does not ask for it."""
    refused_heads: list[Json] = field(default_factory=list)
    stopped: bool = False
    """Revoked: it records and sends no more, and keeps what it has."""

    @property
    def device_id(self) -> str:
        return self.link.key_id

    # ---------------------------------------------------------------- call 1

    def provision(self, code: str) -> None:
        self.link.key_id = public = self.link.public_key()
        hardware = {"model": "another maker's", "serial": "1"}
        request = {"code": code, "public_key": public, "hardware": hardware, "software": "protocol-client 1"}
        answer = self.link.post("/v1/provision", request).json()
        self.link.key_id = answer["device_id"]
        self.office = answer["office"]
        self.server_keys = {key["key_id"]: key["public_key"] for key in answer["server_keys"]}
        self.server_keys_serial = answer.get("server_keys_serial", 0)
        self.chain = Chain(self.device_id)

    # ---------------------------------------------------------------- call 2

    def send(self, now: dt.datetime, *, packed: bool = True, at_once: int = MAX_EVENTS) -> None:
        """Everything that was recorded, in as many batches as the server asks for."""
        while True:
            last = min(self.acknowledged + at_once, self.chain.seq)
            try:
                answer = self._send(self.chain.items(self.acknowledged + 1, last), now, packed)
            except Problem as problem:
                if problem.name == "sequence-gap":
                    self.acknowledged = int(problem.members["expected_seq"]) - 1
                elif problem.name == "too-large" and at_once > 1:
                    at_once //= 2
                elif problem.name == "chain-broken":
                    self.old_chains.append(self.chain)
                    self.chain, self.acknowledged = self.chain.again(self.acknowledged), 0
                else:
                    raise self._noticed(problem) from None
                continue
            self._take(answer["results"])
            self.refused_heads += [answer["head_problem"]] if "head_problem" in answer else []
            self.acknowledged = max(last, int(answer["head"]["seq"]))
            if self.acknowledged >= self.chain.seq:
                return

    def _send(self, items: list[Json], now: dt.datetime, packed: bool) -> Json:
        through = {"chain_id": self.chain.chain_id, "seq": self.chain.seq, "utc": time_text(now)}
        request: Json = {"events": items, "reported_through": through}
        if self.signs and items:
            request["heads"] = self.heads(items)
        return self._post("events", request, packed)

    def heads(self, items: list[Json]) -> list[Json]:
        """The last link, signed, and the last one before an enrolment."""
        events = [item["event"] for item in items]
        kinds = [event["kind"] for event in events]
        ends = [
            event
            for event, kind, after in zip(events, kinds, [*kinds[1:], None], strict=True)
            if after is None or (after == "enrolment" != kind)
        ]
        return [signed_head(self.link.key, event) for event in ends]

    def _take(self, results: list[Json]) -> None:
        for result in results:
            if result["status"] == "rejected":
                name = result["problem"]["type"].removeprefix("urn:presensi:problem:")
                if name != "event-id-reused" or not result["problem"].get("reissued"):
                    self.parked[result["event_id"]] = result["problem"]

    def export(self, first_seq: int, last_seq: int) -> tuple[Json, list[Json]]:
        """The statement and the items that another terminal carries: every event of the stretch, with its time."""
        chain, items = self.chain, self.chain.items(first_seq, last_seq)
        end = {"first_seq": first_seq, "last_seq": last_seq, "hash": chain.events[last_seq - 1]["hash"]}
        run = {**end, "times_hash": sha256([item["time"] for item in items])}
        statement = {"device_id": self.device_id, "chain_id": chain.chain_id, **end, "runs": [run]}
        return {**statement, "signature": b64url(self.link.key.sign(canonical(statement)))}, items

    def carry(self, statement: Json, items: list[Json], now: dt.datetime, *, at_once: int = MAX_EVENTS) -> None:
        """Bring what another terminal recorded; a refused stretch is set aside."""
        last = items[-1]["event"]["seq"]
        through = {"chain_id": statement["chain_id"], "seq": last, "utc": time_text(now)}
        sent = 0
        while sent < len(items):
            request = {"events": items[sent : sent + at_once], "reported_through": through, "carried": statement}
            try:
                answer = self._post("events", request, packed=True)
            except Problem as problem:
                if problem.name == "sequence-gap":
                    sent = int(problem.members["expected_seq"]) - int(items[0]["event"]["seq"])
                    continue
                if problem.name in ("carried-refused", "chain-broken"):
                    self.set_aside.append(statement["chain_id"])
                raise
            self._take(answer["results"])
            sent += at_once

    # ---------------------------------------------------------------- call 3

    def fetch(self, *, wait_s: int = 0, since: int | None = None, cut_after: int | None = None) -> bool:
        """Whether something newer came and was applied. `cut_after`: the line breaks once after so many bytes."""
        base = self.version if since is None else since
        path = f"/v1/devices/{self.device_id}/gallery?since={base}&wait_s={wait_s}"
        answer = self.link.call("GET", path, cut_after=cut_after)
        if answer.status == 204:
            return False
        etag, body = answer.headers["ETag"], answer.body
        if cut_after is not None:
            more = {"Range": f"bytes={len(body)}-", "If-Range": etag}
            rest = self.link.call("GET", path, headers=more)
            body = body + rest.body if rest.status == 206 else rest.body
            etag = rest.headers["ETag"]
        self._apply(json.loads(body), base)
        self.etag = etag
        return True

    def is_unchanged(self, since: int) -> bool:
        """Whether the server has the very bytes of the last gallery still for the same `since`."""
        path = f"/v1/devices/{self.device_id}/gallery?since={since}&wait_s=0"
        return self.link.call("GET", path, headers={"If-None-Match": self.etag}).status == 304

    def _apply(self, gallery: Json, since: int) -> None:
        manifest, payload = dict(gallery["manifest"]), gallery["payload"]
        _verify(self.server_keys.get(manifest["key_id"]), manifest)
        if sha256(payload) != manifest["payload_sha256"] or manifest["device_id"] != self.device_id:
            raise Untrusted("another gallery than the manifest's, or another terminal's")
        if manifest["version"] <= since or manifest["base_version"] not in (None, since):
            raise Untrusted("a version that does not follow")
        kept = {} if manifest["base_version"] is None else dict(self.people)
        kept |= {person["person_id"]: person for person in payload["people"]}
        for person_id in payload.get("removed") or ():
            kept.pop(person_id, None)
        self.people, self.version = kept, manifest["version"]

    # ---------------------------------------------------------------- call 4

    def heartbeat(self, now: dt.datetime, new_key: Ed25519PrivateKey | None = None) -> Json:
        parked = [{"event_id": event_id, "problem": problem} for event_id, problem in self.parked.items()]
        report: Json = {
            "software": "protocol-client 1",
            "wall_utc": time_text(now),
            "boot_id": self.chain.boot_id,
            "monotonic_ms": 1000,
            "clock_state": "synchronised",
            "queue": {"waiting": self.chain.seq - self.acknowledged, "parked": len(parked)},
            "gallery_version": self.version,
            "erased_through": self.version,
            "camera": "ok",
            "temperature_c": None,
            "disk_free_bytes": 1_000_000,
            "faults": [],
            "counters": {"unknown": 0},
            "parked": parked,
            "server_keys_serial": self.server_keys_serial,
        }
        if new_key is not None:
            public = b64url(new_key.public_key().public_bytes_raw())
            report["rotate_key"] = {"public_key": public, "proof": b64url(new_key.sign(self.device_id.encode()))}
        answer = self._post("heartbeat", report)
        if new_key is not None and answer["key_rotated"]:
            self.link.key = new_key
        if answer.get("server_keys") is not None:
            self.learn(answer["server_keys"])
        return answer

    def learn(self, statement: Json) -> None:
        """Trust the keys of the statement and no others. Raises Untrusted and goes on with those it has."""
        _verify(self.server_keys.get(statement["key_id"]), statement)
        if statement["serial"] < self.server_keys_serial:
            raise Untrusted("an older statement")
        keys = {key["key_id"]: key["public_key"] for key in statement["keys"]}
        if not 1 <= len(statement["keys"]) <= 16 or len(keys) != len(statement["keys"]):
            raise Untrusted("no usable list of keys")
        if any(self.server_keys.get(key_id, key) != key for key_id, key in keys.items()):
            raise Untrusted("a key id means one key for ever")
        self.server_keys, self.server_keys_serial = keys, statement["serial"]

    # ---------------------------------------------------------------- all of them

    def _post(self, call: str, document: Json, packed: bool = False) -> Json:
        if self.stopped:
            raise NoAnswer("a revoked terminal sends no more")
        try:
            return self.link.post(f"/v1/devices/{self.device_id}/{call}", document, packed=packed).json()
        except Problem as problem:
            raise self._noticed(problem) from None

    def _noticed(self, problem: Problem) -> Problem:
        if problem.name in ("device-revoked", "device-unknown"):
            self.stopped = True
        return problem


def signed_head(key: Ed25519PrivateKey, event: Json) -> Json:
    """A link as `heads` has it."""
    text = f"presensi-chain-head {event['device_id']} {event['chain_id']} {event['seq']} {event['hash']}"
    return {
        "chain_id": event["chain_id"],
        "seq": event["seq"],
        "hash": event["hash"],
        "key_id": hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16],
        "signature": b64url(key.sign(text.encode("ascii"))),
    }


def _verify(public_key: str | None, signed: dict[str, Any]) -> None:
    """The signature over the RFC 8785 form of the other members; raises Untrusted. `signed` stays as it is."""
    if public_key is None:
        raise Untrusted("signed by a key that is not known here")
    rest = {name: value for name, value in signed.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(from_b64url(public_key))
        key.verify(from_b64url(signed["signature"]), canonical(rest))
    except (InvalidSignature, ValueError) as error:
        raise Untrusted("the signature does not hold") from error
