"""The face attendance terminal: `kiosk run` (camera, faces, screen) and `kiosk sync` (network)."""

import os

__version__ = "0.1.0"

# onnxruntime 1.32's wheel keeps a device id and a log of uses in the home folder, to be sent to its maker. It looks at
# this variable while it is imported; `disable_telemetry_events()` comes too late (docs/decisions/0009).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
