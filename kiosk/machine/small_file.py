"""Small JSON files of the state folder, which a failing card, or a hand, may have changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_ILLEGIBLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading one may raise."""


def read(path: Path, made: Callable[[Any], T], otherwise: T) -> T:
    """What `made` makes of the file's content; `otherwise` of a file that is missing, torn or holds other values."""
    try:
        return made(json.loads(path.read_bytes()))
    except _ILLEGIBLE:
        return otherwise
