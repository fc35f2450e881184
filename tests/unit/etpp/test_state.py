"""The state folder: what it holds, for whom, and what is said when it cannot be used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from etpp.base.errors import StateError
from etpp.state import State


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first, second = State(tmp_path / "s"), State(tmp_path / "s")
    assert (first.keys.now().signer.key_id, first.secrets.admin_token) == (
        second.keys.now().signer.key_id,
        second.secrets.admin_token,
    )
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()}
    assert modes == {0o600}


def test_the_first_password_is_in_the_folder_until_another_is_chosen(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert not state.secrets.first_password.exists()
    state.secrets.keep_first_password("generated")
    assert stat.S_IMODE(state.secrets.first_password.stat().st_mode) == 0o600
    state.secrets.forget_first_password()
    state.secrets.forget_first_password()
    assert not (State(tmp_path).folder / "console-password").exists()


def test_the_administrators_token_is_the_one_in_the_folder(tmp_path: Path) -> None:
    secrets = State(tmp_path).secrets
    assert secrets.is_token((tmp_path / "admin-token").read_text(encoding="ascii").strip())
    assert not secrets.is_token("")
    assert not secrets.is_token(secrets.admin_token + "0")


def test_a_damaged_key_is_said_without_showing_it(tmp_path: Path) -> None:
    State(tmp_path)
    (tmp_path / "gallery-key").write_text("not hexadecimal")
    with pytest.raises(StateError, match="backup") as caught:
        State(tmp_path)
    assert "hexadecimal" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="owns"):
        State(tmp_path / "s")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(StateError):
        State(tmp_path / "s")
