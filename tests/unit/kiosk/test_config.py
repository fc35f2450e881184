"""The settings: every key has its default and its comment, and what is wrong is named without repeating its value."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kiosk.config import Config, default_text, load, load_usable
from kiosk.errors import ConfigError

KEYS = [
    (table, key)
    for table, section in Config.model_fields.items()
    for key in section.annotation.model_fields  # type: ignore[union-attr]
]


def test_the_defaults_are_the_keys_and_nothing_else() -> None:
    found = [(table, key) for table, values in tomllib.loads(default_text()).items() for key in values]
    assert sorted(found) == sorted(KEYS)


def test_every_key_is_explained() -> None:
    """In each table a comment stands above the first key, and again above whatever is about something else."""
    explained = False
    for line in default_text().splitlines():
        if line.startswith("["):
            explained = False
        elif line.startswith("#"):
            explained = True
        elif "=" in line:
            assert explained, line


def test_defaults_hold_without_a_file() -> None:
    assert load().recognition.fpir == 0.003


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(text)
    return path


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    config = load(_file(tmp_path, "[camera]\nfps = 10\n"))
    assert config.camera.fps == 10
    assert config.camera.width == load().camera.width


def test_the_command_line_wins(tmp_path: Path) -> None:
    config = load(_file(tmp_path, "[camera]\nfps = 10\n"), {"camera": {"fps": 5}})
    assert config.camera.fps == 5


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[camera]\nfsp = 1\n", "camera.fsp: there is no such setting"),
        ("[cameras]\nfps = 1\n", "cameras: there is no such setting"),
        ("fps = 1\n", "fps: must stand in a table"),
        ('[camera]\nsource = "usb"\n', "camera.source"),
        ("[camera]\nfps = 0\n", "camera.fps"),
        ("[recognition]\nmin_frames = 20\n", "max_frames must not be below min_frames"),
        ('[server]\nurl = "ftp://somewhere"\n', "server.url"),
        ("[camera\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=r"kiosk\.toml") as caught:
        load(_file(tmp_path, text))
    assert named in str(caught.value)


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert load(_file(tmp_path, "\ufeff[camera]\nfps = 5\n")).camera.fps == 5


def test_a_value_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_file(tmp_path, '[server]\nurl = "ftp://user:secret@host"\n'))
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("/nowhere/kiosk.toml"))


@pytest.mark.parametrize(
    ("text", "fullscreen"),
    [
        ("[display]\nfullscreen = true\n[camera]\nfsp = 15\n", True),
        ('[display]\nfullscreen = 3.5\n[terminal]\nlanguage = "en"\n', False),
        ("camera = 15\n[display]\nfullscreen = true\n", True),
        ("[display\n", False),
    ],
)
def test_what_is_right_in_a_wrong_file_is_used_to_say_so(tmp_path: Path, text: str, fullscreen: bool) -> None:
    usable = load_usable(_file(tmp_path, text), {"display": {"mode": "offscreen"}, "camera": {"fps": -1.0}})
    assert usable.display.fullscreen is fullscreen
    assert usable.display.mode == "offscreen"
    assert usable.camera == load().camera
    assert usable.terminal.language == ("en" if "language" in text else "id")
