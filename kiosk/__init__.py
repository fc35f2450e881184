"""The face attendance terminal: `kiosk run` (camera, faces, screen) and `kiosk sync` (network)."""

__version__ = "0.1.0"
