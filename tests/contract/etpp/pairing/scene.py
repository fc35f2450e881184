"""An office with a terminal and somebody before it, and the phone that reads its screen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import requests

from etpp.roster.store import People
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.running import NIP, OFFICE, Running, csrf_of

PIN = "482915"


@dataclass
class Handset:
    """A phone's browser."""

    etpp: Running
    browser: requests.Session = field(default_factory=requests.Session)

    def opens(self, code: str, way: str = "") -> requests.Response:
        """Hands in a code; the page that comes of it."""
        values = {"code": code, "way": way}
        return self.browser.post(f"{self.etpp.url}/console/m/code", data=values, timeout=60)

    def page(self, path: str = "/m") -> requests.Response:
        return self.browser.get(f"{self.etpp.url}/console{path}", timeout=60)

    def sends(self, path: str, page: str, **values: str) -> requests.Response:
        """A form with the token of the page that it stands on."""
        form = {"csrf": csrf_of(page), **values}
        return self.browser.post(f"{self.etpp.url}/console{path}", data=form, timeout=60)

    def connects(self, code: str, pin: str = PIN, **values: str) -> requests.Response:
        page = self.opens(code)
        return self.sends("/m/connect/pin", page.text, pin=pin, repeated=pin, **values)

    def logs_in(self, pin: str = PIN) -> requests.Response:
        self.browser.cookies.pop("etpp_session", None)
        return self.sends("/m/login/pin", self.page().text, pin=pin)

    @property
    def is_in(self) -> bool:
        return self.page("/phones").url.endswith("/console/phones")


@dataclass
class Scene:
    etpp: Running
    terminal: Terminal
    face: str
    """The person as the office's terminals know them."""
    person_id: str
    """And as the roster does."""

    def code(self, seconds_ago: float = 0, **options: object) -> str:
        made = self.etpp.clock.now - dt.timedelta(seconds=seconds_ago)
        return self.terminal.phone_code(self.face, made, **options)  # type: ignore[arg-type]

    def handset(self) -> Handset:
        return Handset(self.etpp)


def scene_of(etpp: Running, nip: str = NIP, office_id: str = OFFICE) -> Scene:
    face = etpp.person(nip, office_id=office_id)
    with etpp.database.read() as tx:
        person = People(tx).get(office_id, face)
    assert person is not None
    return Scene(etpp, etpp.terminal(office_id), face, person.employee_id)
