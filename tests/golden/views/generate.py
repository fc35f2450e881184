"""Writes the golden views: `python -m tests.golden.views.generate`. Read the difference before you commit it: each file
is what an employee sees, in Indonesian."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from kiosk.ui import catalogue, examples
from kiosk.ui.view import render

FOLDER = Path(__file__).parent


def plain(value: object) -> object:
    """The value in JSON's types, without what is empty."""
    if isinstance(value, enum.Enum):
        return value.value
    if is_dataclass(value):
        parts = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {name: part for name, part in parts.items() if part not in ("", None, [])}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value


def golden() -> Iterator[tuple[str, str]]:
    """Name and text of every golden view."""
    texts = catalogue.load("id")
    for example in examples.states():
        view = render(example.encounter, example.status, example.age_s, examples.SETTINGS, texts)
        yield example.name, json.dumps(plain(view), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in golden():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
