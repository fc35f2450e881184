"""The rooms of the house, as docs/architecture.md draws them."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[3]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def rooms(package: str) -> set[str]:
    """What lies at the top of a package: folders and files."""
    top = ROOT / package
    folders = {path.name for path in top.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    return folders | {path.stem for path in top.glob("*.py")} - {"__init__"}


def test_no_more_than_140_imports_between_the_terminals_rooms() -> None:
    graph = grimp.build_graph("kiosk")
    pairs = {
        (importer.split(".")[1], imported.split(".")[1])
        for importer in graph.modules - {"kiosk"}
        for imported in graph.find_modules_directly_imported_by(importer) - {"kiosk"}
    }
    assert len({(a, b) for a, b in pairs if a != b}) <= 140


@pytest.mark.parametrize("package", ["kiosk", "enrollment", "etpp"])
def test_every_room_says_what_it_is_for(package: str) -> None:
    for folder in (ROOT / package).rglob("__init__.py"):
        if "versions" not in folder.parts:
            assert folder.read_text(encoding="utf-8").startswith('"""'), folder


def test_the_document_draws_every_room_of_the_terminal() -> None:
    drawn = set(re.findall(r"`(?:kiosk/)?(\w+)(?:/|\.py)`", ARCHITECTURE))
    assert rooms("kiosk") - {"__main__"} <= drawn
