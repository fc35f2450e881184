"""Photos of Labeled Faces in the Wild that show somebody else than their name says, and people with two names."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path


def is_wrong(photo: Path) -> bool:
    """Whether `photo`, DIR/<person>/<file>, is on the list. By names alone: nothing is read."""
    people, photos = _listed()
    return photo.parent.name in people or f"{photo.parent.name}/{photo.name}" in photos


@cache
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    text = resources.files("kiosk.measure.identification").joinpath("label_errors.toml").read_text(encoding="utf-8")
    errors = tomllib.loads(text)["error"]
    return (
        frozenset(error["person"] for error in errors if "person" in error),
        frozenset(error["photo"] for error in errors if "photo" in error),
    )
