"""How people, times and consequences are put into words. Pure."""

from __future__ import annotations

from kiosk.model import Assessment, Direction
from kiosk.ui.catalogue import Catalogue

_BULLET = "•"
_HIDDEN = 8  # the birth date: Perka BKN 22/2007 begins every NIP with it
_NIP_DIGITS = 18


def masked_nip(nip: str) -> str:
    """The NIP for public view: the birth date hidden, the rest in its groups: "•••••••• 201001 1 002"."""
    hidden, shown = _BULLET * min(_HIDDEN, len(nip)), nip[_HIDDEN:]
    if len(nip) != _NIP_DIGITS:
        return f"{hidden} {shown}".strip()
    return f"{hidden} {nip[8:14]} {nip[14]} {nip[15:]}"


def spoken_name(name: str) -> str:
    """The name without the titles that a voice stumbles over: "Drs. H. Bagas Wirayuda, M.Si." is "Bagas Wirayuda"."""
    words = name.split(",", maxsplit=1)[0].split()
    while len(words) > 1 and words[0].endswith("."):
        words.pop(0)
    return " ".join(words)


def consequence(assessment: Assessment, catalogue: Catalogue) -> str:
    """What recording means: on time, or how late or early and what that takes off the points."""
    if not assessment.working_day:
        return catalogue.text("consequence.day_off")
    arrival = assessment.direction is Direction.ARRIVAL
    if assessment.minutes_off <= 0:
        return catalogue.text("consequence.arrival_on_time" if arrival else "consequence.departure_on_time")
    how_long = duration(assessment.minutes_off, catalogue)
    what = catalogue.text("consequence.late" if arrival else "consequence.early", how_long=how_long)
    if assessment.points_percent <= 0:
        return what
    return catalogue.text("consequence.deduction", what=what, percent=catalogue.decimal(assessment.points_percent))


def duration(minutes: int, catalogue: Catalogue) -> str:
    """Whole minutes as people say them: 12 minutes, 2 hours, 1 hour 5 minutes."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return catalogue.text("consequence.minutes", minutes=rest)
    return catalogue.text("consequence.hours_minutes" if rest else "consequence.hours", hours=hours, minutes=rest)


def costs_points(assessment: Assessment) -> bool:
    return assessment.working_day and assessment.minutes_off > 0 and assessment.points_percent > 0
