"""The program's files: their texts in both languages, what they load, what they weigh."""

from __future__ import annotations

import gzip
import re
from importlib import resources
from typing import Any, get_args

import pytest

from etpp.activities.model import EntryFault, Verdict
from etpp.console.catalogue import whole
from etpp.console.texts import Language
from etpp.phone.shell import HEADERS, files
from etpp.phone.unusual import Unusual
from etpp.presence.model import Part

STATIC = resources.files("etpp.phone").joinpath("static")
SCRIPTS = {each.name: each.read_text(encoding="utf-8") for each in STATIC.iterdir() if each.name.endswith(".js")}
FILLED = {
    "title": ("today", "enter", "month", "pay", "verify", "file", "more"),
    "tab": ("today", "month", "pay", "file", "verify"),
    "fault": (*get_args(EntryFault), "late", "unreadable"),
    "verdict": get_args(Verdict),
    "part": get_args(Part),
    "unusual": get_args(Unusual),
    "state": ("proposed", "approved", "refused", "submitted", "revoked", "waiting", "upheld", "dismissed"),
}
"""The tables whose keys the program puts together: each with what it can ask for."""


def keys(table: dict[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        found |= keys(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
    return found


def test_both_languages_say_the_same_things() -> None:
    indonesian, english = keys(whole("phone", "id")), keys(whole("phone", "en"))
    assert indonesian.keys() == english.keys()
    for key, text in indonesian.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key])), key


@pytest.mark.parametrize("language", get_args(Language))
def test_each_text_that_the_program_asks_for_is_there_and_no_other(language: Language) -> None:
    program = "\n".join(SCRIPTS.values())
    known = keys(whole("phone", language))
    asked = set(re.findall(r'\bt\("([\w.]+)"', program)) | {f"{t}.{k}" for t, ks in FILLED.items() for k in ks}
    quoted = {key for key in known if f'"{key}"' in program}
    loose = {key for key in known if re.search(r"`" + key.rpartition("_")[0] + r"_\$\{", program)}
    listed = {f"file.{name}{more}" for name in ("correction", "letter", "objection") for more in ("", "_what")}
    assert asked - known.keys() == set()
    assert known.keys() - asked - quoted - loose - listed == set()


def test_each_module_that_is_imported_is_there_and_nothing_is_of_elsewhere() -> None:
    for name, script in SCRIPTS.items():
        assert set(re.findall(r'from "\./([\w.]+)"', script)) <= set(SCRIPTS), name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", script), name
        assert "innerHTML" not in script
        assert ".style." not in script


def test_nothing_inline_is_allowed_and_nothing_of_another_origin() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)
    page = files()["index.html"].content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_the_worker_keeps_every_file_and_its_version_changes_with_any() -> None:
    held = files()
    worker = held["sw.js"].content.decode()
    (version,) = re.findall(r'^const VERSION = "([0-9a-f]{16})";', worker)
    assert all(f'"{name}"' in worker for name in held if name not in ("index.html", "sw.js"))
    assert version == re.findall(r'^const VERSION = "([0-9a-f]{16})";', files()["sw.js"].content.decode())[0]


def test_the_whole_program_is_small() -> None:
    """All files, packed: less than half of what the first load may have, the server's answers come on top."""
    assert sum(len(each.packed) for each in files().values()) < 75_000
    assert all(gzip.decompress(each.packed) == each.content for each in files().values())
