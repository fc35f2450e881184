"""Everything that a page can say of what was refused stands in the catalogues, in both languages."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest

import etpp
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.console.texts import LANGUAGES, texts
from tests.unit.etpp.console.catalogues import entries

HOUSE = Path(etpp.__file__).parent
SHOWN = ("Conflict", "NotFound")
"""Whoever raises one of these below a page is heard on the page."""


READS = "etpp.insight."
"""A room whose pages change nothing: what contradicts itself below them they show as that, whatever it was (its own
tests hold it); of them only what they raise themselves is looked at."""


FILES = "etpp.phone.filing"
"""No page, and heard on the phone in the same words; what it asks of other rooms their pages ask as well."""


def _tables() -> dict[str, dict[str, str]]:
    return {
        language: {key: forms[-1] for (table, key), forms in entries("console", language).items() if table == "refused"}
        for language in LANGUAGES
    }


def _below_pages() -> list[str]:
    """The modules that a page's route can reach, the pages' own included."""
    graph = grimp.build_graph("etpp", cache_dir=None)
    pages = {name for name in graph.modules if name.endswith(("pages", ".guard")) or name.startswith("etpp.console")}
    if len(pages) < 8:
        pytest.fail(f"the pages are not found: {pages}")
    doing = {page for page in pages if not page.startswith(READS)}
    return sorted(pages.union({FILES}, *(graph.find_upstream_modules(page) for page in doing)))


def _file(module: str) -> Path:
    path = HOUSE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _errors(module: str) -> Iterator[tuple[str, str, ast.Call]]:
    """(kind, where, call) of each error that a module makes, and of each subclass's own."""
    tree = ast.parse(_file(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in (*SHOWN, "Problem"):
            yield node.func.id, f"{module}:{node.lineno}", node
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in SHOWN for b in node.bases):
            own = [call for call in ast.walk(node) if isinstance(call, ast.Call) and _is_super_init(call)]
            if len(own) != 1:
                pytest.fail(f"{module}.{node.name} does not say what it is")
            yield node.name, f"{module}:{node.lineno}", own[0]


def _is_super_init(call: ast.Call) -> bool:
    made = call.func
    return isinstance(made, ast.Attribute) and made.attr == "__init__" and ast.unparse(made.value) == "super()"


def _named(call: ast.Call) -> dict[str, Any]:
    return {str(each.arg): each.value.value if isinstance(each.value, ast.Constant) else None for each in call.keywords}


def test_what_a_page_can_refuse_is_said_in_the_readers_language() -> None:
    tables = _tables()
    said: set[str] = {"cannot"}
    lacking = []
    for module in _below_pages():
        for kind, where, call in _errors(module):
            named = _named(call)
            key = named.pop("key", None)
            # A Problem of the terminals' protocol is no page's; what has no key is said in general.
            if kind == "Problem" and key is None and not module.endswith(".pages") and ".console" not in module:
                continue
            for language, table in tables.items():
                blanks = {field for _, field, _, _ in string.Formatter().parse(table.get(key, "")) if field}
                if key not in table or not blanks <= set(named):
                    lacking.append(f"{where} {kind} {key!r} in {language}")
            said.add(str(key))
    assert lacking == []
    assert said == set(tables["id"]) == set(tables["en"])


@pytest.mark.parametrize("kind", [Conflict, NotFound, lambda text: Problem("malformed", text)])
def test_english_without_a_key_is_never_shown(kind: Any) -> None:
    error = kind("an English text")
    assert texts("id").refusal(error) == "Permintaan ini tidak dapat dipenuhi. Kembali, lalu coba lagi."
    assert texts("en").refusal(error) == "This cannot be done. Go back and try again."
