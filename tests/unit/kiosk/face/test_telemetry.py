"""No part of the terminal reports to anybody but its e-TPP server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_network_runtime_keeps_no_device_id_and_no_log_of_uses(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environ |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    code = "import kiosk.face.descriptor"
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, timeout=120)
    assert not [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name]
