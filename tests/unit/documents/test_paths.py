"""Every path that a document, the Makefile, a unit, a script or the CI names is there.

docs/decisions is left out: it is history and names what was.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMING = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "setup.py", ".ci/run")),
    *(ROOT / name for name in ("pyproject.toml", ".pre-commit-config.yaml")),
    *(path for pattern in ("docs/*.md", "systemd/*", "scripts/*") for path in sorted(ROOT.glob(pattern))),
]
HOUSES = ("kiosk", "enrollment", "etpp", "demo", "tests")
FOLDERS = "|".join((*HOUSES, "docs", "scripts", "systemd", "requirements", r"\.ci"))
# Not the rest of a longer path, such as that of /var/lib/etpp/…; the full stop that ends a sentence is no part of it.
PATH = re.compile(rf"(?<![\w./~$}}-])(?:{FOLDERS})/[\w*./-]*[\w*/]")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
MODULE = re.compile(rf"-m ((?:{'|'.join(HOUSES)})(?:\.\w+)*)")
BARE = re.compile(r"`([\w-]+\.(?:py|sh|kv))`")


NAMES = {path.name for folder in FOLDERS.replace("\\", "").split("|") for path in (ROOT / folder).rglob("*")}


def is_there(named: str) -> bool:
    """Whether a path from the root, or a bare name anywhere, is there.

    `*` and the words NAME, ROOM and PART stand for at least one name, a decision's number for the decision.
    """
    if "/" not in named:
        return named in NAMES or (ROOT / named).exists()
    pattern = re.sub(r"(?<=docs/decisions/)\d{4}$", r"\g<0>-*", re.sub("NAME|ROOM|PART", "*", named).rstrip("/"))
    return any(ROOT.glob(pattern)) if "*" in pattern else (ROOT / pattern).exists()


def named_in(text: str, folder: Path = ROOT) -> set[str]:
    """All that a text in `folder` names: paths from the root, and bare names."""
    modules = {name.replace(".", "/") for name in MODULE.findall(text)}
    return (
        set(PATH.findall(text))
        | {str((folder / link).resolve().relative_to(ROOT)) for link in LINK.findall(text)}
        | {f"{name}.py" if (ROOT / f"{name}.py").exists() else f"{name}/__main__.py" for name in modules}
        | set(BARE.findall(text))
    )


@pytest.mark.parametrize("path", NAMING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    folder = path.parent if path.suffix == ".md" else ROOT
    assert [named for named in sorted(named_in(text, folder)) if not is_there(named)] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("see kiosk/no_such.py.", "kiosk/no_such.py"),
        ("`kiosk/nowhere*.py`", "kiosk/nowhere*.py"),
        ("the folder tests/nowhere/", "tests/nowhere/"),
        ("docs/decisions/9999", "docs/decisions/9999"),
        ("[there](nowhere.md#part)", "nowhere.md"),
        ("python -m kiosk.nowhere --out x", "kiosk/nowhere/__main__.py"),
        ("`nowhere.py`", "nowhere.py"),
    ],
)
def test_what_is_missing_is_found(text: str, named: str) -> None:
    assert named_in(text) == {named}
    assert not is_there(named)


@pytest.mark.parametrize("text", ["/var/lib/etpp/console-password", "https://etpp/docs/x.md", "[a](https://x/docs/a)"])
def test_what_lies_elsewhere_is_not_looked_for(text: str) -> None:
    assert named_in(text) == set()
