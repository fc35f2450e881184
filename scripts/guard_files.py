"""Refuses files that must not be in the repository's history, from which nothing is ever really taken back.

Pictures of people (the program keeps none, so its history keeps none), weights, databases, whatever else no review can
read, and files past 200 KiB, but for what the program writes itself and a test compares. Arguments: paths relative to
the repository. Exit code 1 when one is refused, and why.
"""

from __future__ import annotations

import sys
from pathlib import Path

LARGEST_BYTES = 200 * 1024
WRITTEN = Path("docs/openapi-admin.json")  # by `etpp openapi --administration`; nobody reviews it line by line
DRAWN = Path("docs/images")  # the documents' own pictures: screens, pages and curves
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".mp4", ".mkv", ".avi", ".mov"}
WEIGHTS = {".onnx", ".dat", ".pt", ".pth", ".tflite", ".h5", ".npy", ".npz", ".pkl", ".safetensors"}
DATABASES = {".db", ".sqlite", ".sqlite3"}


def objection(path: Path) -> str | None:
    """Why `path` must stay out; None when it may come in."""
    kind = path.suffix.lower()
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES and path != WRITTEN:
        return f"{len(content) // 1024} KiB, more than {LARGEST_BYTES // 1024}: make it at set-up, or keep it elsewhere"
    if path.parent == DRAWN and kind == ".png":
        return None
    if kind in PICTURES:
        return f"a picture; only what the program itself has drawn is kept, as PNG in {DRAWN}"
    if kind in WEIGHTS:
        return "weights: a package brings them or `kiosk models install` does"
    if kind in DATABASES:
        return "a database: tests make theirs"
    if b"\0" in content:
        return "not a text: nobody can review it"
    return None


def main(names: list[str]) -> int:
    refused = [(name, why) for name in names if (why := objection(Path(name))) is not None]
    for name, why in refused:
        print(f"{name}: {why}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
