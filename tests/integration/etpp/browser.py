"""A browser without scripts, as far as the console needs one."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.contract.etpp.running import Member, Running


@dataclass
class Browser:
    """Keeps cookies, follows redirects, submits the forms that a page has."""

    etpp: Running
    http: requests.Session = field(default_factory=requests.Session)
    page: str = ""
    status: int = 0
    url: str = ""
    headers: Any = None

    def visit(self, path: str) -> str:
        return self._took(self.http.get(f"{self.etpp.url}/console{path}", timeout=30))

    def log_in(self, member: Member | None = None, password: str | None = None) -> str:
        """In both steps, or as far as it is let; by default BKPP's first administrator."""
        who = member or self.etpp.bkpp
        self.visit("/login")
        text = self.submit("/login", user=who.login, password=who.password if password is None else password)
        if "/login/second" in self.url:
            text = self.submit("/login/second", code=who.code(self.etpp.clock.now))
        return text

    def submit(self, action: str, **values: str) -> str:
        """Fill in the form whose action ends so ("": the page's own address); its hidden fields go with it."""
        for attributes, inner in re.findall(r"<form([^>]*)>(.*?)</form>", self.page, re.DOTALL):
            where = html.unescape(re.findall(r'action="([^"]*)"', attributes)[0]) if "action" in attributes else ""
            if where.endswith(action) if action else not where:
                hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', inner))
                target = self.etpp.url + where if where else self.url
                return self._took(self.http.post(target, data=hidden | values, timeout=30))
        return pytest.fail(f"no form {action} on {self.url}")

    def _took(self, answer: requests.Response) -> str:
        self.page, self.status, self.url, self.headers = answer.text, answer.status_code, answer.url, answer.headers
        return self.text

    @property
    def text(self) -> str:
        """What is to be read on the page, in one line."""
        body = self.page.split("<main>")[-1]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
