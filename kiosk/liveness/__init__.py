"""Presentation attack detection: is a living person at the camera, or a picture or a recording of one?"""

from kiosk.liveness.infrared import InfraredWitness
from kiosk.liveness.models import PassiveModels, open_models
from kiosk.liveness.risk import Risk
from kiosk.liveness.verdict import POLICIES, Liveness

__all__ = ["POLICIES", "InfraredWitness", "Liveness", "PassiveModels", "Risk", "open_models"]
