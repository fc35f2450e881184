"""The server behind a real nginx, with the configuration of docs/etpp.md as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from tests.contract.etpp.client import Terminal
from tests.integration.etpp.test_process import OFFICE, ROOT, Served, certificate, etpp, served
from tests.integration.office import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt install nginx-light)")

TEMPORARY = "client_body proxy fastcgi uwsgi scgi"
GUESSES = 30


@dataclass
class Proxied:
    server: Served
    url: str
    authority: Path

    def log_in(self, client: str, password: str, url: str = "", **headers: str) -> int:
        """As somebody with the address `client`, which may be any of loopback's."""
        pool = urllib3.PoolManager(source_address=(client, 0), ca_certs=str(self.authority))
        form = {"user": "bkpp", "password": password}
        where = f"{url or self.url}/console/login"
        return pool.request("POST", where, fields=form, encode_multipart=False, headers=headers, redirect=False).status


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Proxied]:
    chain, key = certificate(tmp_path)
    state = tmp_path / "state"
    etpp(state, "init")
    with served(state) as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        text = (ROOT / "docs" / "etpp.md").read_text(encoding="utf-8")
        (block,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
        port = free_port()
        for documented, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("/etc/ssl/etpp.pem", str(chain)),
            ("/etc/ssl/etpp.key", str(key)),
            ("http://127.0.0.1:8765", server.url),
        ):
            assert documented in block
            block = block.replace(documented, here)
        folders = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in TEMPORARY.split())
        head = f"pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}}"
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(f"{head} http {{ access_log off; {folders} {block} }}", encoding="utf-8")
        command = [str(NGINX), "-e", f"{tmp_path}/error.log", "-c", str(configuration)]
        subprocess.run(command, check=True)  # it listens when this has ended
        try:
            yield Proxied(server, f"https://127.0.0.1:{port}", chain)
        finally:
            subprocess.run([*command, "-s", "stop"], check=True)


def test_a_terminals_signatures_hold_through_it(proxied: Proxied) -> None:
    terminal = Terminal(proxied.url, verify=str(proxied.authority))
    code = proxied.server.admin("POST", f"offices/{OFFICE}/codes")["code"]
    assert terminal.provision(code).status_code == 201
    assert terminal.heartbeat().status_code == 200
    answer = terminal.post("events", terminal.batch([terminal.attack() for _ in range(300)]), gzipped=True)
    assert [result["status"] for result in answer.json()["results"]] == ["accepted"] * 300
    assert terminal.gallery().status_code == 200


def test_a_guesser_is_stopped_whatever_he_claims_and_nobody_else_is(proxied: Proxied) -> None:
    password = (proxied.server.state / "console-password").read_text(encoding="ascii").strip()
    forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(GUESSES)]
    told = [proxied.log_in("127.0.0.2", "wrong", **headers) for headers in forged]
    assert set(told) == {403, 429}
    assert told.count(403) < GUESSES
    assert proxied.log_in("127.0.0.2", password) == 429  # even when he has guessed it
    assert proxied.log_in("127.0.0.3", password) == 303


def test_who_comes_past_the_proxy_may_claim_nothing(proxied: Proxied) -> None:
    forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(GUESSES)]
    told = [proxied.log_in("127.0.0.4", "wrong", proxied.server.url, **headers) for headers in forged]
    assert set(told) == {403, 429}
    assert told.count(403) < GUESSES
