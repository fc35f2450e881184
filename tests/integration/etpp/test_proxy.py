"""The server behind a real nginx and a real Caddy, with the configurations of docs/etpp.md as they stand there."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from tests.contract.etpp.client import Terminal
from tests.contract.protocol_client import chain
from tests.contract.protocol_client.link import Link
from tests.contract.protocol_client.terminal import Terminal as Stranger
from tests.integration.etpp.test_process import OFFICE, ROOT, Served, certificate, etpp, served
from tests.ports import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")

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


def _documented(language: str, changes: dict[str, str]) -> str:
    text = (ROOT / "docs" / "etpp.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    for documented, here in changes.items():
        assert documented in block
        block = block.replace(documented, here)
    return str(block)


@contextmanager
def _nginx(folder: Path, server: Served, chain: Path, key: Path) -> Iterator[str]:
    if NGINX is None:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    port = free_port()
    block = _documented(
        "nginx",
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "/etc/ssl/etpp.pem": str(chain),
            "/etc/ssl/etpp.key": str(key),
            "http://127.0.0.1:8765": server.url,
        },
    )
    folders = "".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY.split())
    head = f"pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}"
    configuration = folder / "nginx.conf"
    configuration.write_text(f"{head} http {{ access_log off; {folders} {block} }}", encoding="utf-8")
    command = [NGINX, "-e", f"{folder}/error.log", "-c", str(configuration)]
    subprocess.run(command, check=True)  # it listens when this has ended
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        subprocess.run([*command, "-s", "stop"], check=True)


@contextmanager
def _caddy(folder: Path, server: Served, chain: Path, key: Path) -> Iterator[str]:
    if CADDY is None:
        pytest.skip("Caddy is not installed (apt install caddy)")
    url = f"https://127.0.0.1:{free_port()}"
    block = _documented(
        "caddy",
        {
            "etpp.example.go.id": url,
            "/etc/ssl/etpp.pem": str(chain),
            "/etc/ssl/etpp.key": str(key),
            "127.0.0.1:8765": server.url.removeprefix("http://"),
        },
    )
    configuration = folder / "Caddyfile"
    configuration.write_text(f"{{\nadmin unix/{folder}/admin\nauto_https off\n}}\n{block}", encoding="utf-8")
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    options = ["--config", str(configuration), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("w") as log:
        # It listens when this has ended.
        pid = folder / "caddy.pid"
        start = [CADDY, "start", *options, "--pidfile", str(pid)]
        subprocess.run(start, check=True, env=home, stdout=log, stderr=log)
        try:
            yield url
        finally:
            stop = [CADDY, "stop", "--address", f"unix/{folder}/admin"]
            subprocess.run(stop, check=True, env=home, stdout=log, stderr=log)


@pytest.fixture(params=[_nginx, _caddy], ids=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Proxied]:
    chain, key = certificate(tmp_path)
    state = tmp_path / "state"
    etpp(state, "init")
    with served(state) as server, request.param(tmp_path, server, chain, key) as url:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        yield Proxied(server, url, chain)


def test_a_terminals_signatures_hold_through_it(proxied: Proxied) -> None:
    terminal = Terminal(proxied.url, verify=str(proxied.authority))
    code = proxied.server.admin("POST", f"offices/{OFFICE}/codes")["code"]
    assert terminal.provision(code).status_code == 201
    assert terminal.heartbeat().status_code == 200
    answer = terminal.post("events", terminal.batch([terminal.attack() for _ in range(300)]), gzipped=True)
    assert [result["status"] for result in answer.json()["results"]] == ["accepted"] * 300
    assert terminal.gallery().status_code == 200


def test_so_do_those_of_a_client_that_was_written_from_the_document_alone(proxied: Proxied) -> None:
    terminal = Stranger(Link(proxied.url, ca=str(proxied.authority)))
    terminal.provision(proxied.server.admin("POST", f"offices/{OFFICE}/codes")["code"])
    now = dt.datetime.now(dt.UTC)
    assert terminal.fetch(cut_after=100)  # and the rest by Range
    assert terminal.is_unchanged(since=0)
    for _ in range(600):
        terminal.chain.add("attack", chain.attack(), now)
    terminal.send(now)
    terminal.send(now, packed=False)
    assert (terminal.acknowledged, terminal.parked) == (600, {})
    assert terminal.heartbeat(now)["head"]["seq"] == 600


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
