"""The table of the administrator's calls in docs/etpp.md names every call of docs/openapi-admin.json, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
METHODS = "(?:GET|POST|PUT|DELETE)"
CALL = re.compile(rf"(?:(?P<methods>{METHODS}(?:, {METHODS})*) )?(?P<path>[^?]+)(?:\?(?P<query>.*))?")

Call = tuple[str, str]
"""Method, and path without its beginning and without the names of what it leaves open."""


def described() -> dict[Call, set[str]]:
    """Each call of the OpenAPI document, with what its query may say."""
    document = json.loads((ROOT / "docs/openapi-admin.json").read_text(encoding="utf-8"))
    return {
        (method.upper(), _plain(path.removeprefix("/v1/admin/"))): {
            each["name"] for each in operation.get("parameters", []) if each["in"] == "query"
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def written(text: str) -> Iterator[tuple[str, str, set[str]]]:
    """(method, path, names of its query) of each call in the table's first column.

    `…/end` is the end of a path; of a row's later calls the method may be missing.
    """
    table = text[text.index("| call | |") :].partition("\n\n")[0]
    for row in table.splitlines()[2:]:
        methods = ""
        for span in re.findall(r"`([^`]+)`", row.split("|")[1]):
            call = CALL.fullmatch(span)
            assert call is not None, span
            methods = call["methods"] or methods
            names = {name.removesuffix("=") for name in (call["query"] or "").split("&") if name}
            for method in methods.split(", "):
                yield method, _plain(call["path"]), names


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def is_it(method: str, path: str, call: Call) -> bool:
    return method == call[0] and (call[1].endswith(path[1:]) if path.startswith("…") else call[1] == path)


def test_the_table_has_every_call_and_no_other() -> None:
    calls = described()
    named = list(written((ROOT / "docs/etpp.md").read_text(encoding="utf-8")))
    assert [row for row in named if not any(is_it(*row[:2], call) for call in calls)] == []
    assert [call for call in calls if not any(is_it(*row[:2], call) for row in named)] == []


def test_what_a_query_may_say_is_there() -> None:
    calls = described()
    said: dict[str, set[str]] = {}
    may: dict[str, set[str]] = {}
    for method, path, names in written((ROOT / "docs/etpp.md").read_text(encoding="utf-8")):
        said.setdefault(path, set()).update(names)
        may.setdefault(path, set()).update(*(query for call, query in calls.items() if is_it(method, path, call)))
    assert {path: names - may[path] for path, names in said.items() if names - may[path]} == {}
