"""The server's keys over real HTTP: who is told what, who signs, and what `etpp keys` refuses."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from etpp.__main__ import main
from tests.contract.etpp.client import Terminal, check_gallery
from tests.contract.etpp.running import OFFICE, Running, running


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        yield server


def keys(etpp: Running, *words: str, expect: int = 0) -> Any:
    """`etpp keys …` beside the running server: its JSON, or its message."""
    output, errors = io.StringIO(), io.StringIO()
    where = ["--state", str(etpp.state.folder), "--db", str(etpp.database.engine.url)]
    asked = [*where, "keys", *words, *(["--json"] if expect == 0 else [])]
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main(asked)
    assert ended.value.code == expect, errors.getvalue()
    return errors.getvalue() if expect else json.loads(output.getvalue())


def beat(terminal: Terminal, serial: int | None = 0) -> Any:
    """The statement that a heartbeat brings to a terminal which holds what this serial stands for."""
    answer = terminal.heartbeat(**({} if serial is None else {"server_keys_serial": serial}))
    assert answer.status_code == 200
    return answer.json().get("server_keys")


def key_of_gallery(terminal: Terminal) -> str:
    answer = terminal.gallery().json()
    check_gallery(answer, terminal)
    return str(answer["manifest"]["key_id"])


def key_ids(statement: Any) -> list[str]:
    return [each["key_id"] for each in statement["keys"]]


def test_a_server_whose_keys_never_changed_says_nothing(etpp: Running) -> None:
    terminal = etpp.terminal()
    assert beat(terminal) is None
    assert beat(terminal, None) is None
    assert terminal.server_keys.keys() == {etpp.state.keys.now().signer.key_id}


def test_a_key_is_replaced_under_a_running_server(etpp: Running) -> None:
    terminal = etpp.terminal()
    (old,) = terminal.server_keys
    assert beat(terminal) is None
    new = keys(etpp, "rotate")["key_id"]

    both = beat(terminal)
    assert key_ids(both) == [old, new]
    assert both["key_id"] == old
    assert key_of_gallery(terminal) == old, "the old key signs until it is retired"
    listed = keys(etpp, "list")
    assert [(each["key_id"], each["signs"], each["held_by"]) for each in listed["keys"]] == [
        (old, True, 1),
        (new, False, 0),
    ]
    assert [(each["device_id"], each["lacks"]) for each in listed["behind"]] == [(terminal.device_id, [new])]

    assert beat(terminal, both["serial"]) is None
    assert keys(etpp, "list")["behind"] == []
    assert keys(etpp, "retire", old)["behind"] == []
    terminal.server_keys = {each["key_id"]: each["public_key"] for each in both["keys"]}
    assert key_of_gallery(terminal) == new
    alone = beat(terminal, both["serial"])
    assert (key_ids(alone), alone["key_id"]) == ([new], new)
    assert beat(terminal, alone["serial"]) is None


def test_a_new_terminal_gets_the_keys_as_they_are(etpp: Running) -> None:
    keys(etpp, "rotate")
    terminal = Terminal(etpp.url)
    answer = terminal.provision(etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]).json()
    assert len(answer["server_keys"]) == 2
    assert answer["server_keys_serial"] == keys(etpp, "list")["serial"] > 0
    assert beat(terminal, answer["server_keys_serial"]) is None
    assert keys(etpp, "list")["behind"] == []


def test_a_key_is_not_retired_before_every_terminal_holds_the_next(etpp: Running) -> None:
    first, silent, mute, gone = (etpp.terminal() for _ in range(4))
    (old,) = first.server_keys
    keys(etpp, "rotate")
    serial = beat(first)["serial"]
    for terminal, named in ((first, serial), (mute, None), (gone, 0)):
        beat(terminal, named)
    etpp.admin("POST", f"devices/{gone.device_id}/revoke")
    assert "2 terminals" in keys(etpp, "retire", old, expect=65), "one never seen, one that names nothing"
    assert {each["device_id"] for each in keys(etpp, "list")["behind"]} == {silent.device_id, mute.device_id}
    beat(silent, serial)
    beat(mute, serial)
    assert keys(etpp, "retire", old)["behind"] == []


@pytest.mark.parametrize("serial", [1, 2**53 - 1])
def test_a_serial_that_was_never_given_counts_for_nothing(etpp: Running, serial: int) -> None:
    terminal = etpp.terminal()
    (old,) = terminal.server_keys
    keys(etpp, "rotate")
    beat(terminal, serial)
    assert "1 terminals" in keys(etpp, "retire", old, expect=65)


def test_a_stolen_key_is_given_up_at_once_and_who_missed_it_follows(etpp: Running) -> None:
    terminal = etpp.terminal()
    (old,) = terminal.server_keys
    beat(terminal)
    new = keys(etpp, "rotate")["key_id"]
    assert keys(etpp, "retire", old, "--force")["behind"] == [terminal.device_id]
    assert terminal.gallery().json()["manifest"]["key_id"] == new
    both = beat(terminal)
    assert (both["key_id"], key_ids(both)) == (old, [old, new]), "a statement that the terminal can check"
    alone = beat(terminal, both["serial"])
    assert (alone["key_id"], key_ids(alone)) == (new, [new])
    beat(terminal, alone["serial"])
    assert keys(etpp, "list")["behind"] == []


def test_what_cannot_be_retired(etpp: Running) -> None:
    (old,) = etpp.terminal().server_keys
    assert "only key" in keys(etpp, "retire", old, "--force", expect=65)
    keys(etpp, "retire", "unknown", expect=66)
    keys(etpp, "rotate")
    keys(etpp, "retire", "unknown", "--force", expect=66)


@pytest.mark.parametrize("serial", [-1, "5", 1.5, 2**53, True, [], {}])
def test_a_serial_that_is_none_is_malformed(etpp: Running, serial: object) -> None:
    assert etpp.terminal().heartbeat(server_keys_serial=serial).status_code == 400
