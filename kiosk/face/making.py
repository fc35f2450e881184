"""The networks' fast forms, made of the files as they are.

It takes the ONNX package and several copies of the weights: 21 MB that a terminal would hold for as long as it runs. So
where the form is kept for later starts, a process of its own makes it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from kiosk.errors import ModelError
from kiosk.face.dlib_model import read_layers
from kiosk.face.onnx_rewriter import rewritten
from kiosk.face.onnx_writer import to_onnx

_log = logging.getLogger(__name__)

Form = Literal["dlib", "aligned"]

_MADE_BY: dict[str, Callable[[bytes], bytes]] = {
    "dlib": lambda content: to_onnx(read_layers(content)),
    "aligned": rewritten,
}

WITHIN_S = 120.0
"""A process that takes longer is ended: a terminal without a describer recognises nobody."""

_UNUSABLE = 3
"""Exit code where the file is at fault: made here it would be refused as well."""


def made(form: Form, file: Path, cache_dir: Path | None) -> bytes:
    """The fast form of the network in `file`, by a process of its own where there is a `cache_dir`, in which it leaves
    nothing. Raises ModelError for a file that is no such network."""
    if cache_dir is not None:
        try:
            return _apart(form, file, cache_dir)
        except (OSError, subprocess.SubprocessError) as error:
            _log.warning("a network's fast form is made here, which holds memory: %s", type(error).__name__)
    return _MADE_BY[form](content_of(file))


def _apart(form: Form, file: Path, folder: Path) -> bytes:
    """Raises OSError and SubprocessError where that fails for other reasons than the file."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as into:
        run = subprocess.run(
            [sys.executable, "-c", f"from {__name__} import write; write()", form, str(file)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.DEVNULL,
            stdout=into,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        if run.returncode == _UNUSABLE:
            raise ModelError(run.stderr.splitlines()[-1])
        run.check_returncode()
        into.seek(0)
        return into.read()


def content_of(file: Path) -> bytes:
    """Of an installed model. Raises ModelError when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file.name} cannot be read ({error.strerror}). Install it again.") from error


def write() -> None:
    """What the process of its own does, with FORM and FILE as arguments: the form goes to standard output."""
    _, form, file = sys.argv
    try:
        sys.stdout.buffer.write(_MADE_BY[form](content_of(Path(file))))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_UNUSABLE)
