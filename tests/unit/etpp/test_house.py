"""What the rooms of the server promise each other beside the order of their imports (decision 40)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

# Their tables are part of the metadata.
from etpp.db import account_tables, bulletin_tables, face_tables, objection_tables, pay_tables, phone_tables  # noqa: F401
from etpp.db.tables import metadata

ROOT = Path(__file__).parents[3]
ETPP = ROOT / "etpp"


def test_each_table_is_written_by_one_room() -> None:
    writers: dict[str, set[str]] = {}
    for store in (*ETPP.glob("*/store.py"), ETPP / "books" / "staging.py"):
        text = store.read_text(encoding="utf-8")
        written = re.findall(r"\b(?:insert|update|delete)\((?:\w+_tables\.)?(\w+)\)", text)
        for table in written + re.findall(r"\bFacts\(\w+, \w+_tables\.(\w+)", text):
            writers.setdefault(table, set()).add(store.parent.name)
    assert writers.keys() == set(metadata.tables)
    assert {table: rooms for table, rooms in writers.items() if len(rooms) > 1} == {}


def test_a_rooms_pages_are_its_own() -> None:
    placed = {
        (path.parent.name, room, file)
        for path in ETPP.glob("*/*.py")
        for room, file in re.findall(r'"(\w+)/(\w+\.html)"', path.read_text(encoding="utf-8"))
    }
    assert {(asking, room) for asking, room, _ in placed if asking != room} == set()
    included = {
        (path.parents[1].name, room, file)
        for path in ETPP.glob("*/templates/*.html")
        for room, file in re.findall(r'(?:include|from) "(\w+)/(\w+\.html)"', path.read_text(encoding="utf-8"))
    }
    assert {(asking, room) for asking, room, _ in included if room not in (asking, "console")} == set()
    shown = {(room, file) for _, room, file in placed | included} | {("console", "base.html")}
    assert shown == {(path.parents[1].name, path.name) for path in ETPP.glob("*/templates/*.html")}


def test_the_document_draws_the_rooms_in_the_order_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (contract,) = [each for each in contracts if each.get("containers") == ["etpp"]]
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    house = document.split("## The house of the server")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in house.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`(\w+)(?:\.py|/)`", row)] == contract["layers"]
