"""`kiosk models`: terms are shown and asked for before a recogniser gets in, and its self-test follows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.commands.models import command
from kiosk.errors import ModelError
from kiosk.machine.model_files import RECOGNISER_FP_112, ModelStore
from kiosk.model import DLIB_RESNET_V1

MODELS = Path(os.environ.get("KIOSK_MODELS") or Path(__file__).parents[3] / "shared" / "models")
FILE = MODELS / RECOGNISER_FP_112.file_name
needs_file = pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE.name} is not there (KIOSK_MODELS)")


def _install(folder: Path, *words: str, answer: str = "") -> str:
    arguments = ["--model-dir", str(folder / "models"), "install", str(FILE), *words]
    return CliRunner().invoke(command, arguments, input=answer, catch_exceptions=False).output


@needs_file
def test_a_recogniser_gets_in_once_its_restrictions_are_accepted(tmp_path: Path) -> None:
    said = _install(tmp_path, answer="y\n")
    assert said.index(RECOGNISER_FP_112.restrictions) < said.index("Install it all the same?")
    assert "passed its self-test" in said
    assert ModelStore(tmp_path / "models").recognisers() == [DLIB_RESNET_V1, "fp-112"]
    (rewritten,) = (tmp_path / "cache").iterdir()
    assert rewritten.name.startswith("fp-112-")


@needs_file
def test_who_does_not_accept_them_has_installed_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not accepted"):
        _install(tmp_path, answer="\n")
    assert list((tmp_path / "models").iterdir()) == []


@needs_file
def test_a_script_accepts_them_by_a_word(tmp_path: Path) -> None:
    assert "Install it all the same?" not in _install(tmp_path, "--yes")


def test_the_list_names_a_file_that_cannot_be_read_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / RECOGNISER_FP_112.file_name).mkdir()
    listed = CliRunner().invoke(command, ["--model-dir", str(tmp_path), "list"], catch_exceptions=False).output
    as_json = CliRunner().invoke(command, ["--model-dir", str(tmp_path), "list", "--json"], catch_exceptions=False)
    assert "recogniser-fp-112: unreadable" in listed
    assert "recogniser-w600k-112: absent" in listed
    assert [row["status"] for row in json.loads(as_json.output)].count("unreadable") == 1


def test_the_list_says_licences_and_restrictions(tmp_path: Path) -> None:
    listed = CliRunner().invoke(command, ["--model-dir", str(tmp_path), "list"], catch_exceptions=False).output
    assert "InsightFace" in listed
    assert listed.count("restrictions") == 4  # two recognisers, two passive models
