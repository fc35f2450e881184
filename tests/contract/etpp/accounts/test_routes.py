"""Every route over HTTP: who may, at the own office and another, with no token, no log-in, by a wrong method."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from etpp.accounts.rules import Rule
from etpp.accounts.table import TABLE
from etpp.ledger.store import Ledger
from etpp.roster.store import People
from etpp.serving.acting import Grant, Role
from tests.contract.etpp import decided_routes
from tests.contract.etpp.running import OFFICE, Member, Running, csrf_of, running_on

pytestmark = pytest.mark.long_on_postgresql

ELSEWHERE = "dinas-lain"
REGENCY: frozenset[Role] = frozenset({"bkpp", "inspector"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


ENDS_A_JOB = ("DELETE /v1/admin/reports/{job_id}", "POST /console/reports/{job_id}/end")


def makes_one(key: str) -> bool:
    """Whether asking makes a thing first, which is recorded."""
    return "{entry_id}" in key or key in ENDS_A_JOB


@dataclass
class Site:
    """One office with a thing of each kind."""

    etpp: Running
    office_id: str
    nip: str
    named: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def fill(self) -> None:
        etpp = self.etpp
        face = etpp.person(self.nip, "Budi", self.office_id)
        with etpp.database.read() as tx:
            person = People(tx).get(self.office_id, face)
        assert person is not None
        self.named = {
            "office_id": self.office_id,
            "person_id": person.employee_id,
            "person": person.employee_id,
            "device_id": str(etpp.terminal(self.office_id).device_id),
            "letter_id": self.made("letters", decided_routes.new_letter, "letter_id"),
            "correction_id": self.made("corrections", decided_routes.new_correction, "correction_id"),
            "job_id": self.job(),
            "account_id": etpp.member(f"akun-{self.office_id}", Grant("operator", self.office_id)).account_id,
            "event_id": "018f2c5e-0000-7000-8000-0000000000ff",
            "sanction_id": "none",
            "objection_id": "none",
            "officer_id": "none",
            "notice_id": "none",
            "session_id": "none",
            "phone_id": "none",
            "sha256": "0" * 64,
            "bundle_id": "018f2c5e-0000-7000-8000-0000000000fe",
            "trial_id": "018f2c5e-0000-7000-8000-0000000000fc",
            "import_id": "018f2c5e-0000-7000-8000-0000000000fd",
            "kind": "letter",
            "fact_id": "none",
            "key": "by_hand",
            "month": "2026-10",
        }

    def employee(self) -> str:
        return self.named["person_id"]

    def made(self, kind: str, new: Callable[[Any], dict[str, Any]], name: str) -> str:
        with self.etpp.database.read() as tx:
            person = next(each for each in People(tx).everyone(self.office_id))
        self.named["person_id"] = person.employee_id
        document = new(self) | ({"office_id": self.office_id} if kind != "corrections" else {})
        return str(self.etpp.admin("POST", kind, document)[name])

    def job(self) -> str:
        """Asked for once no other is being made: a few at a time are refused, however slow the machine is."""
        for lock in (self.etpp.state.folder / "reports").glob("*.lock"):
            with lock.open("rb+") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
        job = {"kind": "recap", "office_id": self.office_id, "month": "2026-10", "format": "xlsx"}
        return str(self.etpp.admin("POST", "reports", job, expect=202)["job_id"])

    def value(self, name: str, key: str) -> str:
        """What is gone afterwards is nobody's: such a thing is made anew each time."""
        if name == "job_id":
            if not (self.etpp.state.folder / "reports" / f"{self.named[name]}.json").exists():
                self.named[name] = self.job()
            return self.named[name]
        if name == "entry_id":
            return self.made("manual-entries", decided_routes.new_entry, "entry_id")
        return self.named[name]


@dataclass
class Scene:
    etpp: Running
    sites: dict[str, Site]
    members: dict[Role, tuple[requests.Session, str, Member]]

    def ask(self, key: str, role: Role, where: str, csrf: str | None = None, **more: Any) -> requests.Response:
        """As a page of that role's would, about a thing of that office."""
        browser, right, _ = self.members[role]
        return self.send(browser, key, self.sites[where], right if csrf is None else csrf, **more)

    def send(self, browser: Any, key: str, site: Site, csrf: str, **more: Any) -> requests.Response:
        method, template = key.split(" ", 1)
        rule = TABLE.rules[key]
        path = re.sub(r"{(\w+)}", lambda found: site.value(found[1], key), template)
        said: dict[str, dict[str, str]] = {"query": {}, "body": {}, "form": {}}
        for place in (rule.of, rule.own):
            if place is not None and place.part != "path":
                said[place.part][place.name] = site.value(place.name, key)
        sent: dict[str, Any] = {"params": said["query"], "timeout": 60, "allow_redirects": False}
        if template.startswith("/console"):
            sent["data"] = {"csrf": csrf, **said["form"]} if method == "POST" else None
        elif method != "GET":
            sent |= {"json": said["body"], "headers": {"X-CSRF-Token": csrf}}
        return requests.Session.request(browser, method, self.etpp.url + path, **(sent | more))

    def head(self) -> int:
        with self.etpp.database.read() as tx:
            return Ledger(tx).head()[0]


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("routes")
    with running_on(database, folder) as etpp:
        yield _filled(etpp)


def _filled(etpp: Running) -> Scene:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    sites = {"own": Site(etpp, OFFICE, "198503152010011007"), "other": Site(etpp, ELSEWHERE, "198503152010011008")}
    for site in sites.values():
        site.fill()
    me = sites["own"].employee()
    grants: dict[Role, tuple[Grant, str | None]] = {
        "bkpp": (Grant("bkpp"), None),
        "inspector": (Grant("inspector"), None),
        "operator": (Grant("operator", OFFICE), None),
        "head": (Grant("head", OFFICE), None),
        "technician": (Grant("technician", OFFICE), None),
        "superior": (Grant("superior"), me),
        "employee": (Grant("employee"), me),
    }
    members: dict[Role, tuple[requests.Session, str, Member]] = {}
    for role, (grant, person_id) in grants.items():
        member = etpp.member(f"m-{role}", grant, person_id=person_id)
        browser = etpp.log_in(member)
        members[role] = browser, csrf_of(browser.get(f"{etpp.url}/console/account", timeout=60).text), member
    return Scene(etpp, sites, members)


def expected(rule: Rule, role: Role, where: str) -> bool:
    """What the roles are for, said once more and otherwise than the table's own rule."""
    if role not in rule.roles:
        return False
    if role in REGENCY or rule.listed:
        return True
    if role in ("superior", "employee"):
        return rule.acts is not None or where == "own"
    return rule.of is not None and where == "own"


GUARDED = sorted(key for key, rule in TABLE.rules.items() if rule.open == "roles")


@pytest.mark.parametrize("where", ["own", "other"])
@pytest.mark.parametrize("role", ["inspector", "operator", "head", "technician", "superior", "employee", "bkpp"])
def test_each_route_for_each_role_of_the_own_and_of_another_office(scene: Scene, role: Role, where: str) -> None:
    wrong = []
    for key in GUARDED:
        before = scene.head()
        answer = scene.ask(key, role, where)
        home = key == "GET /console/" and answer.status_code == 303  # the start of who has no overview is elsewhere
        refused = answer.status_code == 403 or home
        if refused == expected(TABLE.rules[key], role, where) or answer.status_code in (401, 500, 503):
            wrong.append(f"{key}: {answer.status_code} {answer.text[-160:]}")
        if refused and key.split(" ")[0] != "GET" and scene.head() > before + makes_one(key):
            wrong.append(f"{key}: refused, and something was written")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_changed_without_the_sessions_token(scene: Scene) -> None:
    """CSRF: another site's form comes with the cookie and without the token."""
    wrong = []
    for key in GUARDED + [key for key, rule in TABLE.rules.items() if rule.open == "member"]:
        if key.startswith("GET "):
            continue
        for csrf in ("", "wrong"):
            before = scene.head()
            answer = scene.ask(key, "bkpp", "own", csrf=csrf)
            if answer.status_code not in (400, 403) or scene.head() > before + makes_one(key):
                wrong.append(f"{key}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_anything_without_a_log_in(scene: Scene) -> None:
    wrong = []
    for key in GUARDED + [key for key, rule in TABLE.rules.items() if rule.open == "member"]:
        for cookie in ("", "made-up"):
            stranger = requests.Session()
            if cookie:
                stranger.cookies.set("etpp_session", cookie)
            answer = scene.send(stranger, key, scene.sites["own"], "x")
            sent_away = answer.status_code == 303 and answer.headers["Location"].startswith("/console/login")
            if not (sent_away if "/console" in key else answer.status_code == 401):
                wrong.append(f"{key}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_wrong_method_is_refused_on_every_path(scene: Scene) -> None:
    wrong = []
    browser, csrf, _ = scene.members["bkpp"]
    for template in sorted({key.split(" ")[1] for key in TABLE.rules}):
        path = re.sub(r"{(\w+)}", lambda found: scene.sites["own"].named.get(found[1], "x"), template)
        for method in METHODS:
            if method in TABLE.methods(path):
                continue
            answer = browser.request(
                method, scene.etpp.url + path, headers={"X-CSRF-Token": csrf}, timeout=60, allow_redirects=False
            )
            if answer.status_code not in (404, 405):
                wrong.append(f"{method} {template}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_nobody_acts_as_somebody_else(scene: Scene) -> None:
    """Where a call names who acts, an account may name itself or nobody."""
    wrong = []
    for key, rule in TABLE.rules.items():
        if rule.acts is None:
            continue
        browser, csrf, _ = scene.members["bkpp" if "bkpp" in rule.roles else "employee"]
        other = {rule.acts.name: scene.sites["other"].employee()}
        more = {"params": other} if rule.acts.part == "query" else {"json": other}
        answer = scene.send(browser, key, scene.sites["own"], csrf, **more)
        if answer.status_code != 403 or "nobody acts as somebody else" not in answer.text:
            wrong.append(f"{key}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_what_an_account_does_is_recorded_as_the_accounts_own_employee(scene: Scene) -> None:
    me = scene.sites["own"].employee()
    entries = [{"entry_id": "mine", "date": "2026-11-23", "item_id": "letter", "quantity": 1}]
    scene.ask("POST /v1/admin/activities/entries", "employee", "own", json={"entries": entries})
    with scene.etpp.database.read() as tx:
        (newest,) = Ledger(tx).search(limit=1)
    assert (newest.said.actor, newest.said.person_id) == ("m-employee", me)
    assert newest.said.action == "POST /v1/admin/activities/entries"
    assert newest.said.after["by"] == me


def test_a_body_that_hides_who_acts_from_the_door_is_refused(scene: Scene) -> None:
    browser, csrf, _ = scene.members["employee"]
    path = f"{scene.etpp.url}/v1/admin/activities/entries"
    other = scene.sites["other"].employee()
    for headers, content in (
        ({"Content-Type": "application/problem+json"}, f'{{"by": "{other}"}}'),
        ({}, f'{{"by": "{other}"}}'),
        ({"Content-Type": "application/json"}, f'["{other}"]'),
        ({"Content-Type": "application/json"}, f'{{"by": "x", "by": "{other}"}}'),
    ):
        answer = browser.post(path, data=content, headers={"X-CSRF-Token": csrf, **headers}, timeout=60)
        assert answer.status_code in (400, 403), content


def test_an_office_that_is_named_twice_is_refused(scene: Scene) -> None:
    browser, _, _ = scene.members["operator"]
    url = f"{scene.etpp.url}/v1/admin/presence?office_id={OFFICE}&office_id={ELSEWHERE}"
    assert browser.get(url, timeout=60).status_code == 400


def test_passing_over_what_is_open_takes_two_people_and_a_log_in_is_one(scene: Scene) -> None:
    key = "POST /v1/admin/offices/{office_id}/months/{month}/close"
    answer = scene.ask(key, "bkpp", "own", json={"despite": ["x"], "second": "somebody"})
    assert answer.status_code == 403
    assert "speaks for one person" in answer.text


def test_lists_show_each_role_its_own_offices(scene: Scene) -> None:
    for role, path in (("operator", "/console/"), ("technician", "/console/terminals")):
        page = scene.members[role][0].get(scene.etpp.url + path, timeout=60).text
        assert "Informatika" in page
        assert "Dinas Lain" not in page
    page = scene.members["inspector"][0].get(f"{scene.etpp.url}/console/", timeout=60).text
    assert "Dinas Lain" in page


def test_the_token_that_names_somebody_is_believed_and_recorded(scene: Scene) -> None:
    scene.etpp.admin("PUT", "kinds", decided_routes.MODELS["PUT /v1/admin/kinds"](scene))  # type: ignore[arg-type]
    with scene.etpp.database.read() as tx:
        (newest,) = Ledger(tx).search(limit=1)
    assert (newest.said.actor, newest.said.action) == ("token", "PUT /v1/admin/kinds")
    assert newest.said.after["by"] == "bkpp"
    assert set(newest.said.after["text"]) == {"sha256", "characters"}


def test_a_route_that_nobody_declared_is_refused(scene: Scene, tmp_path: Path) -> None:
    token = {"Authorization": f"Bearer {scene.etpp.state.secrets.admin_token}"}
    answer = requests.get(f"{scene.etpp.url}/v1/admin/undeclared", headers=token, timeout=60)
    assert answer.status_code == 404
