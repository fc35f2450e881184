"""Frame -> faces -> descriptors. `open_engine` is the stable way in."""

from kiosk.face.engine import ENGINES, open_detector, open_engine

__all__ = ["ENGINES", "open_detector", "open_engine"]
