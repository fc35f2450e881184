"""The database fails at every statement of every route of the administrator's and of the console: each time it is
"later", nothing is half done, and later it works."""

from __future__ import annotations

import base64
import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyotp
import pytest
import requests
from fastapi.routing import APIRoute
from starlette.routing import Mount

from etpp.accounts import service
from etpp.accounts.session import csrf_of as csrf_of_token
from etpp.accounts.store import Sessions
from etpp.allowance.policy import DELIVERED, delivered_text
from etpp.app import create_app
from etpp.bulletin import service as bulletin
from etpp.bulletin.asked import NewNotice, NewOfficer
from etpp.db import Database
from etpp.ledger.store import Ledger
from etpp.roster.store import People
from etpp.serving.acting import Grant
from etpp.state import State
from tests.contract.etpp import decided_routes
from tests.contract.etpp.client import Terminal, problem_of
from tests.contract.etpp.running import OFFICE, Running, csrf_of, running
from tests.contract.etpp.test_broken_statement import FAILURES, Breaker
from tests.unit.etpp.absence.files import pdf

pytestmark = pytest.mark.long_on_postgresql

ELSEWHERE = "dinas-lain"
WHOLE, READING, CHANGING = 4, 40, 3
"""Every route is broken at its first statements; then a page that reads at every fortieth, and what changes
something at every third. On PostgreSQL (`make test-long`) at each."""
CALENDAR = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}


def sanction(it: World) -> dict[str, Any]:
    days = {"first": "2026-12-01", "last": "2026-12-31"}
    return {"by": "bkpp", "person_id": it.employee(), "percent": 25, "document": "SK 12/2026", **days}


def roster(it: World) -> bytes:
    """A new person, and one of an earlier enrolment under another name."""
    known = it.nip()
    it.etpp.person(known)
    rows = [f"{nip};{name};{OFFICE};Analis;7;2026-01-01" for nip, name in ((it.nip(), "Budi"), (known, "Sri"))]
    return "\n".join(["NIP;Nama;OPD;Jabatan;Kelas Jabatan;TMT", *rows]).encode()


def deputy(it: World) -> dict[str, Any]:
    return {"by": "bkpp", "superior": it.employee(), "deputy": it.employee(), "first": "2026-12-01"}


MODELS: dict[str, Callable[[World], dict[str, Any] | bytes]] = {
    "POST /v1/admin/roster/imports": roster,
    "POST /v1/admin/deputies": deputy,
    "PUT /v1/admin/offices/{office_id}/place": lambda it: {"by": "bkpp", "parent_id": ELSEWHERE, "kind": "uptd"},
    "PUT /v1/admin/offices/{office_id}/renewal": lambda it: {"by": "bkpp", "model_id": "fp-112"},
    "POST /v1/admin/offices/{office_id}/renewal/consents": lambda it: {
        "by": "bkpp",
        "model_id": "fp-112",
        "people": [it.etpp.person(it.nip())],
        "given_utc": "2026-11-20T01:00:00.000Z",
        "text_id": "consent-renewal-1",
        "officer": "Petugas Contoh",
    },
    "POST /v1/admin/offices/{office_id}/renewal/consents/withdraw": lambda it: {
        "by": "bkpp",
        "model_id": "fp-112",
        "people": [it.etpp.person(it.nip())],
    },
    "POST /v1/admin/offices/{office_id}/renewal/approve": lambda it: {"by": "bkpp"},
    "PUT /v1/admin/recogniser": lambda it: {"by": "bkpp", "model_id": "fp-112", "despite": True},
    "PUT /v1/admin/offices/{office_id}/recogniser": lambda it: {"by": "bkpp", "model_id": "fp-112", "despite": True},
    **decided_routes.MODELS,
    "POST /v1/admin/offices": lambda it: {"office_id": f"dinas-{it.next()}", "name": "Dinas"},
    "PUT /v1/admin/offices/{office_id}": lambda it: {"name": f"Dinas {it.next()}", "calendar": CALENDAR},
    "POST /v1/admin/offices/{office_id}/people": lambda it: {"nip": it.nip(), "name": "Budi"},
    "PUT /v1/admin/offices/{office_id}/people/{person_id}": lambda it: {"name": f"Sri Lestari {it.next()}"},
    "POST /v1/admin/offices/{office_id}/months/{month}/check": lambda it: {"by": "kepala"},
    "POST /v1/admin/offices/{office_id}/months/{month}/close": lambda it: {"by": "bkpp"},
    "POST /v1/admin/offices/{office_id}/months/{month}/pay": lambda it: {"by": "bendahara"},
    "POST /v1/admin/reports": lambda it: {"kind": "recap", "office_id": OFFICE, "month": "2026-10", "format": "xlsx"},
    "POST /v1/admin/scores": lambda it: {
        "by": "bkpp",
        "office_id": OFFICE,
        "month": "2026-09",
        "percent": "96.5",
    },
    "POST /v1/admin/sanctions": sanction,
    "POST /v1/admin/sanctions/{sanction_id}/withdraw": lambda it: {"by": "bkpp"},
    "POST /v1/admin/policies": lambda it: {"by": "bkpp", "text": delivered_text(DELIVERED[0]), "first": "2027-01-01"},
}
DAYS = {"first": "2026-11-01", "last": "2026-11-30"}
ACTIVITY = {"date": "2026-11-23", "item_id": "letter", "quantity": 1}
SPECIAL_DAY = {"date": "2026-12-25", "name": "Natal"}


def entry_step(it: World) -> dict[str, Any]:
    return {"by": it.employee(), "entry_ids": ["e"]}


MODELS |= {
    "POST /v1/admin/activities/entries": lambda it: {
        "by": it.employee(),
        "entries": [{"entry_id": f"e{it.next()}", **ACTIVITY}],
    },
    "POST /v1/admin/activities/entries/submit": entry_step,
    "POST /v1/admin/activities/entries/withdraw": entry_step,
    "POST /v1/admin/activities/entries/verify": entry_step,
    "POST /v1/admin/activities/entries/return": lambda it: {**entry_step(it), "reason": "kurang jelas"},
    "POST /v1/admin/activities/entries/verify-all": lambda it: {"by": it.employee(), **DAYS},
    "POST /v1/admin/activities/catalogue": lambda it: b"kode;nama;satuan;bobot;mulai\na;A;kali;1;2026-01-01\n",
    "POST /v1/admin/calendar/roster": lambda it: b"nip;2026-12-01\nnobody;off\n",
    "POST /v1/admin/calendar": lambda it: {"by": "bkpp", "special_days": [SPECIAL_DAY]},
}
OBJECTION = {"month": "2026-11", "about": "day:2026-11-23", "reason": "saya hadir"}
MODELS |= {
    "POST /v1/admin/objections": lambda it: {"by": it.employee(), **OBJECTION},
    "POST /v1/admin/objections/{objection_id}/answer": lambda it: {"by": "bkpp", "upheld": True, "answer": "benar"},
    "POST /phone/api/corrections": lambda it: {
        "by": it.employee(),
        "date": "2026-11-24",
        "part": "arrival",
        "at_utc": "2026-11-23T23:59:00.000Z",
        "reason": "terminal mati",
    },
    "POST /phone/api/letters": lambda it: {
        "by": it.employee(),
        "kind_id": "izin-terlambat",
        "number": "094/1",
        "date": "2026-11-24",
        "issuer": "Kepala Dinas",
        "first_utc": "2026-11-24T00:30:00.000Z",
        "until_utc": "2026-11-24T03:00:00.000Z",
    },
    "POST /phone/api/objections": lambda it: {"by": it.employee(), **OBJECTION},
    "POST /phone/api/documents": lambda it: pdf(str(it.next()).encode()),
}
ASKED: dict[str, Callable[[World], dict[str, str]]] = {
    "GET /v1/admin/activities/entries": lambda it: {"person": it.employee(), "month": "2026-11"},
    "GET /v1/admin/activities/waiting": lambda it: {"by": it.employee(), **DAYS},
    "GET /phone/api/today": lambda it: {"by": it.employee()},
    "GET /phone/api/catalogue": lambda it: {"by": it.employee()},
    "GET /phone/api/months/{month}": lambda it: {"by": it.employee()},
    "GET /phone/api/waiting": lambda it: {"by": it.employee()},
    "POST /phone/api/documents": lambda it: {"by": it.employee()},
    "GET /v1/admin/calendar": lambda it: {"year": "2026"},
    "GET /v1/admin/calendar/days": lambda it: DAYS,
    "GET /v1/admin/calendar/roster": lambda it: DAYS,
    "GET /v1/admin/calendar/proposals": lambda it: {"year": "2026"},
    "POST /v1/admin/activities/catalogue": lambda it: {"by": "bkpp"},
    "POST /v1/admin/roster/imports": lambda it: {"by": "bkpp"},
    "POST /v1/admin/calendar/roster": lambda it: {"by": "bkpp"},
}
"""What stands in the address, besides the office."""
OF_A_JOB = {
    "GET /v1/admin/reports/{job_id}",
    "GET /v1/admin/reports/{job_id}/file",
    "DELETE /v1/admin/reports/{job_id}",
}
WITHOUT_DATABASE = {
    "GET /console/style.css",
    "GET /console/passkeys.js",
    "GET /console/live.js",
    "GET /console/phone.js",
    "GET /v1/admin/calendar/proposals",
    *OF_A_JOB,
}
NOT_HERE = {
    "GET /console/inspection/events/{event_id}",
    "GET /console/inspection/facts/{kind}/{fact_id}",
    "GET /console/inspection/policies/{sha256}",
    "POST /console/inspection/bundles",
    "GET /console/inspection/bundles/{bundle_id}",
    "GET /console/inspection/bundles/{bundle_id}/file",
}
"""An inspector's pages of what this world has not: an event that counts, a policy that was kept, a closed month."""
REFUSED = {
    *NOT_HERE,
    "GET /console/policies/trials/{trial_id}",
    "POST /console/policies/trials/{trial_id}/end",
    "POST /console/imports",
    "GET /console/imports/templates/{kind}",
    "GET /console/imports/{import_id}",
    "POST /console/imports/{import_id}",
    "POST /console/imports/{import_id}/discard",
    "POST /console/login",
    "GET /v1/admin/offices/{office_id}/months/{month}/audit",
    "POST /console/account/passkey",
    "POST /console/account/passkeys/remove",
    "POST /console/m/login/pin",
    "POST /console/m/login/passkey",
    "POST /console/phones/{phone_id}/end",
    "POST /console/people/{person_id}/phones/{phone_id}/end",
    "GET /console/phone",
    *OF_A_JOB,
}
REFUSED |= {
    "POST /console/letters/{letter_id}/document",
    "POST /console/reviews/{office_id}/{event_id}",
    "GET /console/letters/{letter_id}/document",
    "GET /console/reports/{job_id}",
    "GET /console/reports/{job_id}/file",
    "POST /console/reports/{job_id}/end",
    "GET /console/reviews/{office_id}/{event_id}",
    "POST /console/offices/{office_id}/months/{month}/close",
    "POST /console/offices/{office_id}/months/{month}/pay",
}
"""In the end too: no password is given, no month is closed yet nor without two people, nobody has a passkey or a phone
yet, BKPP is no employee with a phone page, a letter has no file, no table was brought, no policy tried, and no job or
uncertain presence has this id."""
ANOTHER = "another good password"
FORMS: dict[str, Callable[[World], dict[str, str]]] = {
    "POST /console/offices/{office_id}/people/{person_id}/erase": lambda it: {"asked_by": "Sri Lestari, surat 12"},
    "POST /console/account/password": lambda it: {"current": it.password, "password": ANOTHER, "repeated": ANOTHER},
    "POST /console/account/totp": lambda it: {"current": it.password, "code": it.totp()},
    "POST /console/account/recovery": lambda it: {"current": it.password},
    "POST /console/account/passkey": lambda it: {"current": it.password, "answer": "{}"},
    "POST /console/account/passkeys/remove": lambda it: {"current": it.password, "passkey": "none"},
    "POST /console/letters": lambda it: {
        "kind_id": "izin-terlambat",
        "people": it.employee(),
        "number": "094/1",
        "date": "2026-11-20",
        "issuer": "Kepala Dinas",
        "first": "2026-11-24T07:30",
        "until": "2026-11-24T16:00",
    },
    "POST /console/letters/{letter_id}/document": lambda it: {},
    "POST /console/letters/{letter_id}/refuse": lambda it: {"reason": "tidak ada tanda tangan"},
    "POST /console/letters/{letter_id}/revoke": lambda it: {"reason": "batal"},
    "POST /console/corrections": lambda it: {
        "person": it.employee(),
        "date": "2026-11-24",
        "part": "arrival",
        "at": "06:59",
        "reason": "terminal mati",
    },
    "POST /console/reviews/{office_id}/{event_id}": lambda it: {"at": "2026-11-24T05:10"},
    "POST /console/manual-entries": lambda it: {
        "office_id": OFFICE,
        "person": it.employee(),
        "at": "2026-11-24T06:59",
        "reason": "terminal mati",
    },
    "POST /console/calendar": lambda it: {
        "what": "off",
        "office_id": OFFICE,
        "first": f"2027-03-{it.next() % 28 + 1:02d}",
        "name": "Libur",
        "closed": "",
    },
    "POST /console/scores": lambda it: {"office_id": OFFICE, "month": "2026-09", "percent": "96,5"},
    "POST /console/sanctions": lambda it: {
        "person": it.employee(),
        "percent": "25",
        "first": "2026-12-01",
        "last": "2026-12-31",
        "document": "SK 12/2026",
    },
    "POST /console/policies": lambda it: {"text": delivered_text(DELIVERED[0]), "first": "2027-01-01"},
    "POST /console/policies/trial": lambda it: {
        "text": delivered_text(DELIVERED[0]),
        "office_id": OFFICE,
        "month": "2026-10",
    },
    "POST /console/policies/trials": lambda it: {"text": delivered_text(DELIVERED[0]), "month": "2026-10"},
    "POST /console/reports": lambda it: {
        "kind": "recap",
        "office_id": OFFICE,
        "month": "2026-10",
        "format": "xlsx",
        "paper": "A4",
    },
    "POST /console/m/code": lambda it: {"code": it.terminal.phone_code(it.etpp.person(it.nip()), it.etpp.clock.now)},
    "POST /console/m/connect/pin": lambda it: {
        "csrf": csrf_of_token(it.member.cookies["etpp_session"]),
        "pin": "482915",
        "repeated": "482915",
    },
    "POST /console/accounts": lambda it: {
        "login": f"akun-{it.next()}",
        "office_id": OFFICE,
        "role": "operator",
        "unlisted": "yes",
    },
    "POST /console/accounts/{account_id}/roles": lambda it: {"office_id": OFFICE, "role": "head", "unlisted": "yes"},
    "POST /console/consents/{office_id}/{event_id}/otherwise": lambda it: {"reason": "surat 12/2026"},
    "POST /console/objections/{objection_id}/answer": lambda it: {"upheld": "yes", "answer": "akan dibetulkan"},
    "POST /console/inspection/bundles": lambda it: {"office_id": OFFICE, "month": "2026-10"},
    "POST /console/officers": lambda it: {"office_id": OFFICE, "name": f"Teknisi {it.next()}", "maintain": "1"},
    "POST /console/notices": lambda it: {
        "text_id": f"Upacara {it.next()}",
        "first": "2026-11-24T07:00",
        "until": "2026-11-25T07:00",
    },
    "POST /console/nip-pin": lambda it: {"office_id": OFFICE, "policy": "alone", "per_month": "3"},
    "POST /console/local-use": lambda it: {"local_office": OFFICE, "days": "3"},
    "POST /console/nip-pin/give": lambda it: {"person": it.employee()},
}
UNRECORDED = {
    "POST /console/login/second",
    "POST /console/login/passkey",
    "POST /console/m/connect/passkey",
    "DELETE /v1/admin/reports/{job_id}",
}
"""These lead to the log-in here, as the member is logged in; ending a report is no change of anything."""
LAST = ("/account/password", "/logout", "/m/code", "/m/connect/pin")
"""After these the log-in is another one, or over."""


@dataclass
class World:
    """Makes what a route is asked about, new for each."""

    etpp: Running
    terminal: Terminal
    member: requests.Session = field(default_factory=requests.Session)
    count: int = 10

    @property
    def password(self) -> str:
        return self.etpp.bkpp.password

    def next(self) -> int:
        self.count += 1
        return self.count

    def nip(self) -> str:
        return f"198503152010011{self.next():03d}"

    def path(self, path: str) -> str:
        made: dict[str, Callable[[], str]] = {
            "office_id": lambda: OFFICE,
            "person_id": lambda: self.etpp.person(self.nip()),
            "device_id": self.device,
            "event_id": self.waiting
            if "/enrolments" in path
            else self.withdrawn
            if "/consents" in path
            else self.rejected,
            "month": lambda: "2026-11" if "/statements/" in path or "/phone/" in path else "2026-10",
            "objection_id": self.objection,
            "sanction_id": self.sanction,
            "officer_id": self.officer,
            "notice_id": self.notice,
            "job_id": lambda: str(uuid.uuid4()),
            "bundle_id": lambda: str(uuid.uuid4()),
            "import_id": lambda: str(uuid.uuid4()),
            "trial_id": lambda: str(uuid.uuid4()),
            "kind": lambda: "letter",
            "fact_id": lambda: "none",
            "key": lambda: "by_hand",
            "account_id": partial(self.account, disabled=path.endswith("/enable")),
            "session_id": self.session,
            "phone_id": lambda: "none",
            **{name: partial(make, self) for name, make in decided_routes.MAKERS.items()},
        }
        if "/employees/" in path or "/inspection/" in path or path.startswith("/console/people/"):
            made["person_id"] = self.employee
        if "/erasures/" in path:
            made["person_id"] = self.erased
        if path.endswith("/write-off"):
            device = self.device()
            self.etpp.admin("POST", f"devices/{device}/revoke")
            made["device_id"] = lambda: device
        return re.sub(r"{(\w+)}", lambda name: made[name[1]](), path)

    def account(self, disabled: bool) -> str:
        account_id = self.etpp.member(f"akun-{self.next()}", Grant("operator", OFFICE)).account_id
        if disabled:
            with self.etpp.database.begin() as tx:
                service.set_disabled(tx, account_id, True, self.etpp.clock.now)
        return account_id

    def session(self) -> str:
        """Another log-in of the member's."""
        log_in(self.etpp)
        with self.etpp.database.read() as tx:
            return Sessions(tx).of(self.etpp.bkpp.account_id, self.etpp.clock.now)[-1].session_id

    def totp(self) -> str:
        """Of the secret that the page offers."""
        page = self.member.get(f"{self.etpp.url}/console/account/totp", timeout=60).text
        secret = re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")
        return str(pyotp.TOTP(secret).at(self.etpp.clock.now))

    def device(self) -> str:
        return str(self.etpp.terminal().device_id)

    def employee(self) -> str:
        with self.etpp.database.read() as tx:
            person = People(tx).get(OFFICE, self.etpp.person(self.nip()))
        assert person is not None
        return person.employee_id

    def erased(self) -> str:
        person = self.etpp.person(self.nip())
        self.etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
        return person

    def sanction(self) -> str:
        return str(self.etpp.admin("POST", "sanctions", sanction(self))["sanction_id"])

    def officer(self) -> str:
        new = NewOfficer(office_id=OFFICE, name=f"Petugas {self.next()}", may=frozenset({"enrol"}), by="bkpp")
        with self.etpp.database.begin() as tx:
            return bulletin.add_officer(tx, new, "$argon2id$of-nobody", self.etpp.clock.now).officer_id

    def notice(self) -> str:
        now = self.etpp.clock.now
        until = now + dt.timedelta(days=1)
        new = NewNotice(office_id=OFFICE, text_id=f"Rapat {self.next()}", from_utc=now, until_utc=until, by="bkpp")
        with self.etpp.database.begin() as tx:
            return bulletin.add_notice(tx, new, now).notice_id

    def objection(self) -> str:
        filed = self.etpp.admin("POST", "objections", {"by": self.employee(), **OBJECTION})
        return str(filed["objection_id"])

    def waiting(self) -> str:
        """An enrolment with a face of its own, however many there were: no other is like it."""
        numbers = np.random.default_rng(self.next()).normal(size=128)
        face = base64.b64encode((numbers / np.linalg.norm(numbers)).astype("<f4").tobytes()).decode()
        return self.sent(self.terminal.enrolment(self.nip(), "Siti", templates=[face]))

    def rejected(self) -> str:
        """An event of somebody who was not of this office then, and is now."""
        person = self.etpp.person(self.nip(), office_id=ELSEWHERE)
        event_id = self.sent(self.terminal.presence(person))
        with self.etpp.database.begin() as tx:
            known = People(tx).get(ELSEWHERE, person)
            assert known is not None
            People(tx).add(replace(known, office_id=OFFICE))
        return event_id

    def withdrawn(self) -> str:
        """Of the consent of somebody with a face."""
        nip = self.nip()
        person, number = self.etpp.person(nip), int(nip[-3:])
        event_id = self.sent(self.terminal.enrolment(nip, "Sri Lestari", 5000 + number))
        self.etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event_id}/approve")
        said = {"what": "officer-did", "detail": "consent-withdrawn", "person_ids": [person]}
        return self.sent(self.terminal.event("occurrence", said))

    def sent(self, event: dict[str, Any]) -> str:
        self.terminal.send_events([event])
        return str(event["event_id"])


def walk(found: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, of routers and of applications that are mounted."""
    for each in found:
        if isinstance(each, APIRoute):
            yield from ((method, prefix + each.path) for method in each.methods)
        elif isinstance(each, Mount):
            yield from walk(list(each.routes), prefix + each.path)
        elif hasattr(each, "original_router"):  # what FastAPI keeps of `include_router`
            yield from walk(list(each.original_router.routes), prefix)


@pytest.fixture
def etpp(url: str, tmp_path: Path) -> Iterator[Running]:
    with running(url, tmp_path / "state", poll_s=3600.0) as server:
        yield server


def log_in(etpp: Running) -> tuple[requests.Session, str]:
    """A member's cookies and the token of its forms."""
    member = etpp.log_in(etpp.bkpp)
    return member, csrf_of(member.get(f"{etpp.url}/console/account", timeout=60).text)


def newest(etpp: Running) -> int:
    with etpp.database.read() as tx:
        return Ledger(tx).head()[0]


def test_every_route_at_every_statement(etpp: Running, tmp_path: Path) -> None:
    app = create_app(Database("sqlite://"), State(tmp_path / "other"))
    found = sorted({f"{method} {path}" for method, path in walk(list(app.routes))})
    routes = [each for each in found if "/v1/admin/" in each or "/console/" in each or "/phone/api/" in each]
    assert len(routes) > 40
    routes.sort(key=lambda route: next((n for n, last in enumerate(LAST, 1) if route.endswith(last)), 0))
    breaker = Breaker(etpp.database.engine)
    breaker.install()
    error = FAILURES[etpp.database.engine.dialect.name]["locked"]
    it = World(etpp, etpp.terminal())
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    token = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}"}
    member, csrf = log_in(etpp)
    it.member = member
    wrong: list[str] = []
    whole = etpp.database.engine.dialect.name == "postgresql"  # by `make test-long`
    for route in routes:
        method, _, path = route.partition(" ")
        console = path.startswith("/console")
        query = {"office_id": OFFICE, "to": "id"} | decided_routes.QUERIES.get(route, {})
        sent: dict[str, Any] = {"params": query, "timeout": 60, "allow_redirects": False}
        if console and method == "POST":
            form = FORMS[route](it) if route in FORMS else {"office_id": OFFICE}
            sent["data"] = {"csrf": csrf, "name": "Siti Aminah", **form}
        elif not console:
            sent["params"] |= ASKED[route](it) if route in ASKED else {}
            model = MODELS[route](it) if route in MODELS else {}
            sent |= {"headers": token, "data" if isinstance(model, bytes) else "json": model}
        where, number = etpp.url + it.path(path), 1
        while True:
            recorded = newest(etpp)
            with breaker.at(number, error):
                answer = (member if console else requests).request(method, where, **sent)
            if not breaker.hit:
                break
            good = answer.status_code == 503 and answer.headers.get("Retry-After") == "5"
            if not good or (not console and problem_of(answer) != "unavailable"):
                wrong.append(f"{route} at {number}: {answer.status_code} {answer.text[-200:]}")
            stride = READING if method == "GET" else CHANGING
            number += 1 if whole or number < WHOLE else stride
        if method != "GET" and answer.status_code < 400 and route not in UNRECORDED and newest(etpp) == recorded:
            wrong.append(f"{route}: nothing is in the audit log")
        if (number == 1) != (route in WITHOUT_DATABASE) or (answer.status_code >= 400) != (route in REFUSED):
            wrong.append(f"{route} at last, {number}: {answer.status_code} {answer.text[-200:]}")
    assert not wrong, "\n".join(wrong)
