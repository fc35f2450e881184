"""Whatever text a stranger puts into whatever member of whatever call: it is refused, or stored and shown again. No
answer is a fault of the server's, and no page of BKPP's is lost by it."""

from __future__ import annotations

import contextlib
import copy
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import rfc8785
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.calendars import GOOD
from tests.contract.etpp.client import Terminal, b64url, hash_of, heartbeat, problem_of, public_bytes
from tests.contract.etpp.running import NIP, OFFICE, Running, fresh_database, running

STRANGE = tuple("\ud800\udfff\x00\x1b\x7f\x85\x9b\u202e\u2028\ufeff\uffff\U0001f600'")
texts = st.lists(st.sampled_from(STRANGE) | st.characters(exclude_categories=()), min_size=1, max_size=6).map("".join)

Path_ = tuple[str | int, ...]


@dataclass
class Scene:
    etpp: Running
    terminal: Terminal
    person: str
    browser: requests.Session


@pytest.fixture(scope="module")
def module_url(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if database is None:
        yield f"sqlite:///{tmp_path_factory.mktemp('texts')}/etpp.db"
        return
    with fresh_database(database) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def scene(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One server for all examples: what one of them leaves behind the next ones must bear."""
    with running(module_url, tmp_path_factory.mktemp("state") / "state") as etpp:
        browser = etpp.log_in(etpp.bkpp)
        terminal = etpp.terminal()
        yield Scene(etpp, terminal, etpp.person(), browser)


def members(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Where a text stands in a body, and where an object could have one more member, which "" stands for."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        yield (*at, "")
        for name, each in value.items():
            yield from members(each, (*at, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from members(each, (*at, index))


def changed(value: Any, at: Path_, text: str) -> Any:
    """The body with the text at that place; "" at its end: as the name and the value of a member that nobody knows."""
    changed_ = copy.deepcopy(value)
    holder = changed_
    for step in at[:-1]:
        holder = holder[step]
    if at[-1] == "":
        holder[text] = text
    else:
        holder[at[-1]] = text
    return changed_


def encoded(value: Any) -> bytes:
    """JSON can say a lone surrogate, by its number."""
    return json.dumps(value).encode()


def beat() -> Any:
    problem = {"type": "urn:presensi:problem:event-invalid", "title": "t", "status": 422, "detail": "d"}
    return heartbeat() | {"faults": ["camera"], "parked": [{"event_id": "a", "problem": problem}]}


def provisioning(scene: Scene) -> Any:
    code = scene.etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    hardware = {"model": "Raspberry Pi 5", "parts": ["camera"]}
    return {"code": code, "public_key": "", "hardware": hardware, "software": "test"}


def provision(scene: Scene, body: Any) -> requests.Response:
    key = Ed25519PrivateKey.generate()
    own = b64url(public_bytes(key))
    body = body | ({"public_key": own} if body["public_key"] == "" else {})
    return Terminal(scene.etpp.url, key).send("POST", "/v1/provision", encoded(body), key_id=own)


def events(scene: Scene, kind: str, at: Path_, text: str) -> requests.Response:
    """One event with the text in it, in a chain of its own, and its hash made as well as it can be."""
    old = scene.terminal
    terminal = Terminal(old.url, old.key, old.device_id, old.office_id, nonces=old.nonces)
    made = {
        "presence": lambda: terminal.presence(scene.person),
        "attack": terminal.attack,
        "enrolment": lambda: terminal.enrolment(NIP, "Sri Lestari"),
    }[kind]()
    batch = terminal.batch([changed(made, at[1:], text)] if at[0] == "event" else [made])
    if at[0] == "batch":
        batch = changed(batch, at[1:], text)
    if at[0] == "carried":
        batch["carried"] = changed(terminal.carried_for(terminal, [made]), at[1:], text)
    for sent in batch["events"]:
        if at[-1] != "hash" and isinstance(sent, dict) and isinstance(sent.get("event"), dict):
            with contextlib.suppress(UnicodeEncodeError, rfc8785.CanonicalizationError):  # then it has none
                sent["event"]["hash"] = hash_of(sent["event"])
    return terminal.send("POST", f"/v1/devices/{terminal.device_id}/events", encoded(batch))


def post(scene: Scene, method: str, path: str, body: Any) -> requests.Response:
    headers = {
        "Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}",
        "Content-Type": "application/json",
    }
    url = f"{scene.etpp.url}/v1/admin/{path}"
    return requests.request(method, url, data=encoded(body), headers=headers, timeout=60)


def all_is_shown(scene: Scene) -> None:
    for page in ("", "terminals", "events", "enrolments", f"offices/{OFFICE}", f"offices/{OFFICE}/people"):
        answer = scene.browser.get(f"{scene.etpp.url}/console/{page}", timeout=60)
        assert (page, answer.status_code) == (page, 200)
        assert not set(answer.content.decode()) & {"\u202e", "\x9b", "\x00", "\x1b"}
    for path in ("offices", f"offices/{OFFICE}/people", "devices", "enrolments", "events?limit=5"):
        scene.etpp.admin("GET", path)
    gallery = scene.terminal.gallery()
    assert gallery.status_code == 200
    rfc8785.dumps(gallery.json())


def check(scene: Scene, answer: requests.Response) -> None:
    assert answer.status_code < 500, answer.text
    answer.content.decode()
    all_is_shown(scene)


moderate = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value: Any, prefix: Sequence[str | int] = ()) -> st.SearchStrategy[Path_]:
    return st.sampled_from([(*prefix, *at) for at in members(value)])


@moderate
@given(data=st.data(), text=texts)
def test_in_a_heartbeat(scene: Scene, data: st.DataObject, text: str) -> None:
    at = data.draw(places(beat()))
    path = f"/v1/devices/{scene.terminal.device_id}/heartbeat"
    answer = scene.terminal.send("POST", path, encoded(changed(beat(), at, text)))
    check(scene, answer)


@moderate
@given(data=st.data(), text=texts)
def test_in_a_provisioning(scene: Scene, data: st.DataObject, text: str) -> None:
    body = provisioning(scene)
    check(scene, provision(scene, changed(body, data.draw(places(body)), text)))


@moderate
@given(data=st.data(), kind=st.sampled_from(["presence", "attack", "enrolment"]), text=texts)
def test_in_an_event(scene: Scene, data: st.DataObject, kind: str, text: str) -> None:
    shape = Terminal("http://127.0.0.1", device_id="d", office_id=OFFICE)
    made = {
        "presence": lambda: shape.presence("p"),
        "attack": shape.attack,
        "enrolment": lambda: shape.enrolment(NIP, "Sri Lestari"),
    }[kind]()
    batch = shape.batch([made])
    carried = shape.carried_for(shape, [made])
    at = data.draw(places(made, ["event"]) | places(batch, ["batch"]) | places(carried, ["carried"]))
    check(scene, events(scene, kind, at, text))


@moderate
@given(data=st.data(), text=texts)
def test_in_an_administrators_call(scene: Scene, data: st.DataObject, text: str) -> None:
    office = {"office_id": f"office-{uuid.uuid4()}", "name": "Dinas", "calendar": GOOD}
    calls = {
        ("POST", "offices"): office,
        ("PUT", f"offices/{OFFICE}"): {"name": "Dinas", "calendar": GOOD},
        ("POST", f"offices/{OFFICE}/people"): {"nip": "198503152010011004", "name": "Ani"},
        ("PUT", f"offices/{OFFICE}/people/{scene.person}"): {"name": "Sri Lestari"},
    }
    (method, path), body = data.draw(st.sampled_from(sorted(calls.items(), key=str)))
    check(scene, post(scene, method, path, changed(body, data.draw(places(body)), text)))


@settings(moderate, max_examples=6)
@given(text=texts)
def test_in_a_query_a_path_and_a_form(scene: Scene, text: str) -> None:
    quoted = requests.utils.quote(text.encode("utf-8", "surrogatepass"), safe="")
    headers = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    for path in (f"events?office_id={quoted}", f"presence?office_id={quoted}", f"offices/{quoted}/people"):
        answer = requests.get(f"{scene.etpp.url}/v1/admin/{path}", headers=headers, timeout=60)
        assert answer.status_code < 500, path
    for path in (f"offices/{quoted}", f"offices/{quoted}/people", f"?date={quoted}", f"language?to=id&back={quoted}"):
        answer = scene.browser.get(f"{scene.etpp.url}/console/{path}", timeout=60, allow_redirects=False)
        assert answer.status_code < 500, path
    form = f"user={quoted}&password={quoted}"
    answer = requests.post(f"{scene.etpp.url}/console/login", data=form, timeout=60)
    assert answer.status_code in (403, 429)
    all_is_shown(scene)


def test_a_user_name_that_no_database_keeps_is_wrong_like_any_other(etpp: Running) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for text in ("nobody", "%00", "bkpp%00", "a%00b", "%ED%A0%80", "%F3%A0%81%81"):
        answer = requests.post(f"{etpp.url}/console/login", data=f"user={text}&password=x", headers=form, timeout=60)
        assert answer.status_code == 403, text


@pytest.mark.parametrize("value", ["\ud800", 2**60], ids=ascii)
def test_what_has_no_canonical_form_is_malformed_in_a_body_that_is_kept(scene: Scene, value: object) -> None:
    path = f"/v1/devices/{scene.terminal.device_id}/heartbeat"
    answers = [
        scene.terminal.send("POST", path, encoded(beat() | {"remark": value})),
        provision(scene, provisioning(scene) | {"remark": value}),
    ]
    assert [problem_of(answer) for answer in answers] == ["malformed", "malformed"]


def test_a_heartbeat_of_an_earlier_release_is_shown(scene: Scene) -> None:
    """It stored whatever was JSON, and each of these closed the page of the terminals for good."""
    sent = json.dumps(
        beat() | {"received_utc": "2026-11-24T00:00:00.000Z", "faults": ["\ud800", "\u202e"], "\udfff": "\ud83d\ude00"}
    )
    like = "CAST(:sent AS JSON)" if scene.etpp.database.engine.dialect.name == "postgresql" else ":sent"
    with scene.etpp.database.begin() as tx:
        tx.execute(sa.text(f"UPDATE devices SET heartbeat = {like}, hardware = {like}"), {"sent": sent})
    all_is_shown(scene)
    devices = scene.etpp.admin("GET", "devices")["devices"]
    assert "\ufffd" in str(devices)
    assert "😀" in str(devices)
