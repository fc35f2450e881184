"""Every section that a link or a text names is there: `[…](etpp.md#who-may)`, `docs/protocol.md, "Call 3"`.

docs/decisions is left out: it is history and names what was.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "systemd/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
SOURCES = [
    path
    for house in ("kiosk", "enrollment", "etpp", "demo", "scripts", "systemd", "tests")
    for path in sorted((ROOT / house).rglob("*"))
    if path.suffix in (".py", ".toml", ".js", ".sh", ".service") and path.parent != Path(__file__).parent
]
ANCHOR = re.compile(r"\]\((?P<file>[\w./-]*)#(?P<anchor>[\w-]+)\)")
# A name may go on in the next line, behind the marks of a comment.
QUOTED = re.compile(r'(?P<file>[\w./-]+\.md)\)?,\s+(?:#\s+)?"(?P<name>[A-Z][^"]{2,80})"')


@cache
def sections(document: Path) -> dict[str, str]:
    """Heading by its anchor, as GitHub makes it."""
    if not document.exists():
        return {}
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-"): each.replace("`", "") for each in headings}


@cache
def paragraphs(document: Path) -> list[str]:
    """What begins a paragraph in bold or italics: it is named like a section."""
    if not document.exists():
        return []
    return re.findall(r"^\*{1,2}([^*]+)\*", document.read_text(encoding="utf-8"), re.MULTILINE)


def place_of(file: str, path: Path) -> Path:
    """From the naming document's folder, or from the root."""
    beside = (path.parent / file).resolve() if file else path
    return beside if beside.exists() else ROOT / file


def wrong_in(text: str, path: Path) -> list[str]:
    """What a text, which stands in `path`, names and no document has."""
    anchors = [(each["file"], each["anchor"]) for each in ANCHOR.finditer(text)]
    quoted = [(each["file"], re.sub(r"\s+(?:#\s+)?", " ", each["name"])) for each in QUOTED.finditer(text)]
    return [
        *(f"{file}#{anchor}" for file, anchor in anchors if anchor not in sections(place_of(file, path))),
        *(f"{file}, {name}" for file, name in quoted if not is_named(name, place_of(file, path))),
    ]


def is_named(name: str, document: Path) -> bool:
    return any(each.startswith(name) for each in (*sections(document).values(), *paragraphs(document)))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_points_at_is_there(path: Path) -> None:
    assert wrong_in(path.read_text(encoding="utf-8"), path) == []


def test_what_the_code_points_at_is_there() -> None:
    wrong = {path.relative_to(ROOT): wrong_in(path.read_text(encoding="utf-8"), path) for path in SOURCES}
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[a](docs/etpp.md#nowhere)", ["docs/etpp.md#nowhere"]),
        ("[a](docs/etpp.md#who-may)", []),
        ("[a](#nowhere)", ["#nowhere"]),
        ('(docs/protocol.md, "Call 9")', ["docs/protocol.md, Call 9"]),
        ('(docs/protocol.md, "Call 3")', []),
        ('# see docs/protocol.md, "The\n# server\'s keys"', []),
        ('[a](docs/protocol.md), "The servant\'s keys"', ["docs/protocol.md, The servant's keys"]),
    ],
)
def test_a_section_that_is_missing_is_found(text: str, wrong: list[str]) -> None:
    assert wrong_in(text, ROOT / "README.md") == wrong
