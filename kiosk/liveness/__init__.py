"""Presentation attack detection: is a living person at the camera, or a picture or a recording of one?"""

from kiosk.liveness.verdict import POLICIES, Liveness

__all__ = ["POLICIES", "Liveness"]
