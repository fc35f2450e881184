"""BKPP's desk: who sits at it, what they press, and an office's November to press it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.running import OFFICE, Running, csrf_of

ELSEWHERE = "dinas-lain"


@dataclass
class Desk:
    etpp: Running
    scene: Scene
    bkpp: requests.Session
    other: requests.Session
    """BKPP's second clerk: who decides on what the first has begun."""
    head: requests.Session
    stranger: requests.Session
    """The operator of another office."""

    def get(self, path: str, browser: requests.Session | None = None) -> requests.Response:
        return (browser or self.bkpp).get(f"{self.etpp.url}/console{path}", timeout=60)

    def post(self, path: str, browser: Any = None, file: Any = None, **values: str) -> requests.Response:
        """A form with the session's token; the page that it leads to."""
        browser = browser or self.bkpp
        token = csrf_of(browser.get(f"{self.etpp.url}/console/account", timeout=60).text)
        files = None if file is None else {"file": ("surat.pdf", file, "application/pdf")}
        url = f"{self.etpp.url}/console{path}"
        answer: requests.Response = browser.post(url, data={"csrf": token, **values}, files=files, timeout=60)
        return answer

    def letter(self, **more: str) -> dict[str, str]:
        return {
            "kind_id": "izin-terlambat",
            "people": "19900101 201503 1 001",
            "number": "094/1",
            "date": "2026-11-20",
            "issuer": "Kepala Dinas",
            "first": "2026-11-25T07:30",
            "until": "2026-11-25T16:00",
            "office_id": OFFICE,
            **more,
        }


def filled(etpp: Running) -> Desk:
    """The clock stands at 3 December, 08.00."""
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    scene = november(etpp)
    etpp.clock.local("2026-12-03 08:00")
    second = etpp.log_in(etpp.member("bkpp2", Grant("bkpp")))
    head = etpp.log_in(etpp.member("kepala", Grant("head", OFFICE)))
    stranger = etpp.log_in(etpp.member("operator-lain", Grant("operator", ELSEWHERE)))
    return Desk(etpp, scene, etpp.log_in(etpp.bkpp), second, head, stranger)
