"""docs/openapi.json against the real server: calls made from it, right and wrong ones, are answered as it lists."""

from __future__ import annotations

import contextlib
import copy
import gzip
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup, ServerError
from schemathesis.specs.openapi.checks import (
    UndefinedContentType,
    UndefinedStatusCode,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.etpp.running import Running, running
from tests.contract.etpp.test_broken_statement import FAILURES, Breaker
from tests.contract.protocol_client.canonical import sha256
from tests.contract.protocol_client.chain import ZEROS, known
from tests.contract.protocol_client.link import Json, Link, sign
from tests.contract.protocol_client.terminal import Terminal, signed_head

pytestmark = pytest.mark.long_on_postgresql

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8"))
MAX_INTEGER = 2**53 - 1
EXAMPLES = 60
"""Of right data, and as many of wrong data, for each call."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PAYLOADS = ("presence", "enrolment", "attack")
WAYS = ("own", "own", "own", "cut", "cut", "another's", "unknown", "revoked", "unsigned")
"""Who calls: a terminal, for itself; the same after the line broke; for whomever the path names; one that nobody knows;
one that was revoked; nobody."""
MET = {
    "POST /v1/provision": {201, 400, 401, 403},
    "POST /v1/devices/{device_id}/events": {200, 400, 401, 403, 404, 409},
    "GET /v1/devices/{device_id}/gallery": {200, 204, 206, 304, 400, 401, 403, 404, 416},
    "POST /v1/devices/{device_id}/heartbeat": {200, 400, 401, 403, 404},
}
"""What the examples lead to at the least: calls whose signature or chain is never right would show nothing."""


def operations(document: Json) -> dict[str, Any]:
    return {found.ok().label: found.ok() for found in openapi.from_dict(document).get_all_operations()}


@dataclass
class World:
    """A server and the terminals that call it."""

    etpp: Running
    link: Link
    revoked: Link
    person_id: str
    chain_id: str = "chain-1"
    head: Json = field(default_factory=lambda: {"seq": 0, "hash": ZEROS})
    version: int = 0
    etag: str = ""

    def send(self, case: Case, way: str) -> requests.Response:
        """The answer to what was generated, in so far as the way does not say otherwise."""
        link = self.revoked if way == "revoked" else self.link
        key_id = "nobody" if way == "unknown" else link.key_id
        if way in ("own", "cut"):
            self.put_right(case, cut=way == "cut")
        if "provision" in case.path:
            link = Link(self.etpp.url)  # a new terminal signs with the key that it brings
            key_id = link.public_key()
            if way != "another's" and isinstance(case.body, dict) and isinstance(case.body.get("public_key"), str):
                case.body["public_key"] = key_id
        elif way in ("own", "cut", "unknown", "revoked"):
            case.path_parameters["device_id"] = key_id
        request = requests.Request(**case.as_transport_kwargs(base_url=self.etpp.url)).prepare()
        if way != "unsigned":
            body = request.body.encode() if isinstance(request.body, str) else request.body
            packed = request.headers.pop("Content-Encoding", None) == "gzip" and body is not None
            request.body = gzip.compress(body, mtime=0) if packed else body
            if body is not None:
                request.headers["Content-Length"] = str(len(request.body))
            link.nonce += 1
            request.headers.update(
                sign(
                    link.key,
                    key_id,
                    str(link.nonce),
                    int(time.time()),
                    case.method.upper(),
                    link.authority,
                    request.path_url,
                    request.body,
                    packed,
                )
            )
        with requests.Session() as session:
            session.trust_env = False
            answer = session.send(request, timeout=60, allow_redirects=False)
        self.remember(answer)
        return answer

    def put_right(self, case: Case, cut: bool) -> None:
        """What no generator can know: the code, the chain and its hashes, who works here, what was fetched before.

        `cut`: the last event was lost on the way, and the last download's first bytes came.
        """
        if case.method.upper() == "GET":
            if cut:
                case.query.clear()
                case.headers.pop("If-None-Match", None)
                case.headers.update({"Range": case.headers.get("Range", "bytes=9-"), "If-Range": self.etag})
                return
            if "since" in case.query:
                case.query["since"] = self.version
            if "If-None-Match" in case.headers:
                case.headers["If-None-Match"] = self.etag
            return
        if not isinstance(case.body, dict):
            return
        if case.meta.generation.mode is GenerationMode.POSITIVE:
            case.body = exact(case.body)
        if cut:
            case.body.pop("carried", None)  # these events are its own
        if isinstance(case.body.get("code"), str):
            case.body["code"] = self.etpp.admin("POST", "offices/dinas-kominfo/codes")["code"]
        events = case.body.get("events")
        seq, last = self.head["seq"] + 1 + cut, self.head["hash"]
        for item in events if isinstance(events, list) else ():
            place = {"chain_id": self.chain_id, "prev_hash": last}
            if isinstance(item, dict) and isinstance(event := item.get("event"), dict):
                event |= place | {"device_id": self.link.key_id, "seq": seq}
                kinds = [kind for kind in PAYLOADS if isinstance(event.get(kind), dict)]
                for kind in kinds[1:]:
                    del event[kind]
                if kinds:
                    event["kind"] = kinds[0]
                if isinstance(event.get("presence"), dict):
                    event["presence"]["person_id"] = self.person_id
                with contextlib.suppress(ValueError):  # wrong data may have no canonical form
                    event["hash"] = sha256({name: value for name, value in event.items() if name != "hash"})
                item["time"] = known(self.etpp.clock.now)
                seq, last = seq + 1, event.get("hash")
            elif isinstance(item, dict) and isinstance(gap := item.get("link"), dict):
                gap |= place | {"first_seq": seq, "last_seq": seq + 1}
                seq, last = seq + 2, gap.get("hash")
        through = case.body.get("reported_through")
        if isinstance(through, dict):
            through["chain_id"] = self.chain_id
        link = {"device_id": self.link.key_id, "chain_id": self.chain_id, "seq": seq - 1, "hash": last}
        heads = case.body.get("heads")
        for head in heads if isinstance(heads, list) else ():
            if isinstance(head, dict) and isinstance(last, str) and last.isascii():
                head.update(signed_head(self.link.key, link))

    def remember(self, answer: requests.Response) -> None:
        if answer.status_code != 200:
            return
        value = answer.json()
        if "results" in value:
            self.head = value["head"] if value["head"]["chain_id"] == self.chain_id else self.head
        elif value.get("manifest", {}).get("base_version", 0) is None:  # the whole, to a `since` of nought
            self.version, self.etag = value["manifest"]["version"], answer.headers["ETag"]


def exact(value: Any) -> Any:
    """The JSON as a terminal writes it, where JSON Schema allows more: 1.0 as 1, no integer beyond RFC 8785's."""
    if isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    whole = value.is_integer() if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)
    return max(-MAX_INTEGER, min(int(value), MAX_INTEGER)) if whole else value


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    # Its clock takes a minute from one look to the next: no call waits for a gallery, no code is one guess too many.
    minutes = partial(next, itertools.count(0.0, 60.0))
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state", poll_s=3600.0, monotonic_s=minutes) as etpp:
        links = []
        for _ in range(2):
            terminal = Terminal(Link(etpp.url))
            terminal.provision(etpp.admin("POST", "offices/dinas-kominfo/codes")["code"])
            links.append(terminal.link)
        etpp.admin("POST", f"devices/{links[1].key_id}/revoke")
        yield World(etpp, links[0], links[1], etpp.person())


@pytest.mark.parametrize("label", MET)
def test_every_answer_is_one_that_the_document_lists(world: World, label: str) -> None:
    operation = operations(DOCUMENT)[label]
    met: set[int] = set()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(10)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            phases=[Phase.generate],  # the server remembers: the same example again is another one
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode), st.sampled_from(WAYS))
        def calls(case: Case, way: str) -> None:
            answer = world.send(case, way)
            met.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        calls()
    assert met >= MET[label], sorted(met)


def test_every_operation_is_called() -> None:
    assert set(MET) == set(operations(DOCUMENT))


def unlisted(document: Json) -> None:
    """A gallery's 401 no longer stands in the document."""
    del document["paths"]["/v1/devices/{device_id}/gallery"]["get"]["responses"]["401"]


def other_type(document: Json) -> None:
    """It does, as a page."""
    answer = document["paths"]["/v1/devices/{device_id}/gallery"]["get"]["responses"]["401"]
    answer["content"] = {"text/html": {}}


@pytest.mark.parametrize(
    ("change", "way", "status", "failure"),
    [
        (unlisted, "unsigned", 401, UndefinedStatusCode),
        (other_type, "unsigned", 401, UndefinedContentType),
        (dict, "own", 503, ServerError),
    ],
    ids=["a status", "a media type", "a server that fails"],
)
def test_what_no_answer_may_be_is_noticed(
    world: World, change: Callable[[Json], Any], way: str, status: int, failure: type[Failure]
) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    case = operations(document)["GET /v1/devices/{device_id}/gallery"].Case(
        path_parameters={"device_id": world.link.key_id}, headers={"Presensi-Protocol": "1"}
    )
    breaker = Breaker(world.etpp.database.engine)
    breaker.install()
    with breaker.at(1 if status == 503 else 0, FAILURES["sqlite"]["locked"]):
        answer = world.send(case, way)
    assert answer.status_code == status
    with pytest.raises(FailureGroup) as raised:
        case.validate_response(answer, checks=CHECKS)
    assert [type(each) for each in raised.value.exceptions] == [failure]
