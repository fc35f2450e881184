"""What is asked in CONFIRM: in which direction, and for how long before silence counts as yes. Pure."""

from __future__ import annotations

from kiosk.model import Direction
from kiosk.model.recognisers import is_sure
from kiosk.terminal.encounter.values import Encounter, Phase, Prospect, Settings


def confirm_s(encounter: Encounter, settings: Settings) -> float:
    """The whole countdown in seconds: short for whoever is recognised beyond doubt and loses nothing by a yes."""
    quick = settings.quick_confirm_s
    return quick if quick and _beyond_doubt(encounter) and _costs_nothing(encounter) else settings.confirm_s


def seconds_left(encounter: Encounter, now_s: float, settings: Settings) -> float:
    """What is left of the visible countdown of CONFIRM; 0 in other phases."""
    if encounter.phase is not Phase.CONFIRM:
        return 0.0
    return max(0.0, encounter.since_s + confirm_s(encounter, settings) - now_s)


def correctable(prospect: Prospect) -> bool:
    """Whether the person may say that the presence is in the other direction.

    The books take a day's first presence for the arrival and its last for the departure, whatever a terminal says: so
    there is a choice only for whoever comes again before work is over, and is not necessarily going home.
    """
    meant = prospect.assessment
    early = meant.direction is Direction.DEPARTURE and meant.working_day and meant.minutes_off > 0
    known = prospect.clock_trusted and prospect.arrived is not None
    return known and meant.again and early and not meant.elsewhere and not meant.occasions


def direction(encounter: Encounter) -> Direction:
    """What the event will say: the schedule's, or what the person has corrected it to. There has to be a prospect."""
    if encounter.corrected or encounter.prospect is None:
        return Direction.ARRIVAL
    return encounter.prospect.assessment.direction


def _beyond_doubt(encounter: Encounter) -> bool:
    """Whether it is beyond doubt who it is, by the face alone."""
    match, prospect = encounter.match, encounter.prospect
    if prospect is None or prospect.claimed is not None:
        return False  # of somebody known by a PIN the match is what the face gave, and perhaps another's
    return match is not None and is_sure(match)


def _costs_nothing(encounter: Encounter) -> bool:
    """Whether the presence takes nothing off, as far as that is certain."""
    prospect = encounter.prospect
    if prospect is None or not prospect.clock_trusted or prospect.assessment.elsewhere or encounter.corrected:
        return False
    if prospect.waiting:  # it costs all of it if BKPP refuses the face
        return False
    return not prospect.assessment.working_day or prospect.assessment.minutes_off <= 0
