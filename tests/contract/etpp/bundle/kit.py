"""Bundles for tests: made of a real closed month, taken apart, changed, and put together again."""

from __future__ import annotations

import copy
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etpp.allowance.model import Month
from etpp.bundle.check import check
from etpp.bundle.making import Asked, make
from etpp.bundle.model import MANIFEST, Checked
from etpp.bundle.sealing import sealed_manifest
from etpp.terminals.keyring import Ring
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene
from tests.contract.etpp.running import OFFICE

Rows = list[dict[str, Any]]


def made(scene: Scene, path: Path, month: Month = NOVEMBER) -> Path:
    etpp = scene.etpp
    asked = Asked(OFFICE, month, "inspektur")
    make(etpp.database, etpp.state.keys.now(), asked, path, etpp.clock.now, lambda stage, done, of: None)
    return path


@dataclass
class Parts:
    """A bundle's content, to be changed. `files`: by name, as bytes."""

    files: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Parts:
        with zipfile.ZipFile(path) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    @property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads(self.files[MANIFEST]))

    def put_manifest(self, document: dict[str, Any]) -> None:
        self.files[MANIFEST] = json.dumps(document).encode()

    def rows(self, table: str) -> Rows:
        return [json.loads(line) for line in self.files[f"facts/{table}.jsonl"].splitlines()]

    def change(self, table: str, change: Callable[[Rows], Rows | None]) -> None:
        """`change` edits the rows in place, or gives others."""
        rows = self.rows(table)
        changed = change(rows)
        kept = rows if changed is None else changed
        self.files[f"facts/{table}.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in kept)

    def sealed_anew(self, ring: Ring) -> None:
        """As whoever holds the server's key could: every hash in the manifest fits."""
        document = copy.deepcopy(self.manifest)
        document["files"] = [each for each in document["files"] if each["name"] in self.files]
        for each in document["files"]:
            data = self.files[each["name"]]
            rows = None if each["rows"] is None else data.count(b"\n")
            each.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), rows=rows)
        self.put_manifest(sealed_manifest({k: v for k, v in document.items() if k != "signature"}, ring.signer))

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files.items():
                archive.writestr(name, data)
        return path


def said(found: Checked) -> str:
    return "\n".join(f"{each.what}: {each.said}" for each in found.faults)


def checked(path: Path) -> str:
    """What does not hold, a line each; empty when all does."""
    return said(check(path))
