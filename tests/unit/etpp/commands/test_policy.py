"""`etpp policy`, as an operator calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.allowance.policy import DELIVERED, delivered, delivered_text


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["policy", *words])
    return done.exit_code, done.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(delivered_text("bands-2012"), encoding="utf-8")
    return path


def test_a_good_policy_is_named_with_its_hash(file: Path) -> None:
    code, output = run("check", str(file), "--json")
    assert code == 0
    assert json.loads(output) == {
        "policy_id": "bands-2012",
        "title": "Potongan per 30 menit (Permentan 68/2012)",
        "first": "2012-01-01",
        "last": None,
        "sha256": delivered("bands-2012").sha256,
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id = 1", "policy.toml"),
        (delivered_text("bands-2012").replace("share = 100", "share = 90").encode(), "sum to 90, not to 100"),
        (b"\xff\xfe", "no UTF-8"),
        (b"#" * 1_000_001, "more than 1000000 bytes"),
    ],
)
def test_a_bad_one_is_refused_with_the_reason(file: Path, content: bytes, says: str) -> None:
    file.write_bytes(content)
    for command in ("check", "explain"):
        code, output = run(command, str(file))
        assert code == 65
        assert says in output


@pytest.mark.parametrize("name", DELIVERED)
def test_a_delivered_one_is_explained_by_its_name(name: str) -> None:
    code, output = run("explain", name)
    assert code == 0
    assert f"({name})" in output.splitlines()[0]


def test_without_a_name_the_default_is_explained(file: Path) -> None:
    assert run("explain")[1] == run("explain", "kulon-progo-2019")[1]
    code, output = run("explain", str(file), "--json")
    assert code == 0
    assert json.loads(output)["sentences"][0].startswith("Potongan")


def test_neither_a_file_nor_a_name() -> None:
    code, output = run("explain", "kulon-progo-1919")
    assert code == 65
    assert "delivered policies are kulon-progo-2019" in output
    assert run("check", "nowhere.toml")[0] == 2
