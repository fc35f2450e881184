"""How people, times and consequences are put into words. Pure."""

from __future__ import annotations

import math

from kiosk.model import NIP_DIGITS, Assessment, Direction, Fault, Person
from kiosk.ui import letters
from kiosk.ui.catalogue import Catalogue

_BULLET = "•"
_PLACE = "_"
_HIDDEN = 8  # the birth date: Perka BKN 22/2007 begins every NIP with it
_SEX = 14

FAULT_NUMBERS = {
    Fault.CAMERA_LOST: 1,
    Fault.CAMERA_ABSENT: 2,
    Fault.GALLERY_EMPTY: 3,
    Fault.GALLERY_STALE: 4,
    Fault.DISK_FULL: 5,
    Fault.DISK_READ_ONLY: 6,
    Fault.DISK_ERROR: 7,
    Fault.STATE_FOREIGN: 8,
    Fault.DEVICE_REVOKED: 9,
    Fault.RECOGNISER_FAILED: 10,
    Fault.NOT_PROVISIONED: 11,
    Fault.IDENTITY_DAMAGED: 12,
    Fault.SETTINGS_WRONG: 13,
    Fault.PROGRAM_FAILED: 14,
}
"""By which a technician is told on the telephone what the screen says (docs/operations.md). A number never changes its
meaning: it stands on paper in offices."""


def who(person: Person) -> tuple[str, str]:
    """Name and masked NIP as they are shown; the NIP in the name's place when the name cannot be drawn."""
    name, nip = letters.legible(person.name), masked_nip(person.nip)
    return (name, nip) if name else (nip, "")


def masked_nip(nip: str) -> str:
    """The NIP for public view: the birth date hidden, the rest in its groups: "•••••••• 201001 1 002"."""
    hidden, shown = _BULLET * min(_HIDDEN, len(nip)), nip[_HIDDEN:]
    if len(nip) != NIP_DIGITS:
        return f"{hidden} {shown}".strip()
    return grouped_nip(hidden + shown)


def grouped_nip(digits: str) -> str:
    """A NIP, or the beginning of one, in the groups that a card has: "19850315 201001 1 004"."""
    return " ".join(part for part in (digits[:8], digits[8:14], digits[14:15], digits[15:]) if part)


def nip_places(typed: str) -> tuple[str, str]:
    """A whole NIP that is being typed, in its groups on two lines, a line for each digit that is to come: nobody has to
    count to eighteen to see where they are."""
    first, sex, sequence = grouped_nip(typed.ljust(NIP_DIGITS, _PLACE)).rsplit(" ", 2)
    return first, f"{sex} {sequence}"


def pin_places(typed: str, wanted: int) -> str:
    """A PIN that is being typed: nobody reads it over a shoulder."""
    return _BULLET * len(typed) + _PLACE * (wanted - len(typed))


def spoken_name(name: str) -> str:
    """The name without the titles that a voice stumbles over: "Drs. H. Bagas Wirayuda, M.Si." is "Bagas Wirayuda".
    Empty for a name in another alphabet, which it would spell."""
    words = letters.legible(name).split(",", maxsplit=1)[0].split()
    while len(words) > 1 and words[0].endswith("."):
        words.pop(0)
    return " ".join(words)


def addressed(person: Person, catalogue: Catalogue) -> str:
    """The spoken name as the person is addressed: "Bapak Raden Bagaswara". The NIP's 15th digit says which (Perka BKN
    22/2007); empty as `spoken_name`."""
    name = spoken_name(person.name)
    sex = person.nip[_SEX : _SEX + 1]
    if not name or sex not in ("1", "2"):
        return name
    return catalogue.text("speech.sir" if sex == "1" else "speech.madam", name=name)


def consequence(assessment: Assessment, catalogue: Catalogue) -> str:
    """What recording means: on time, or how late or early and what that takes off the points."""
    if assessment.elsewhere:
        return catalogue.text("consequence.elsewhere")
    if not assessment.working_day:
        return catalogue.text("consequence.day_off")
    arrival = assessment.direction is Direction.ARRIVAL
    if assessment.minutes_off <= 0:
        return catalogue.text("consequence.arrival_on_time" if arrival else "consequence.departure_on_time")
    how_long = duration(assessment.minutes_off, catalogue)
    if attends(assessment):
        return catalogue.text("consequence.if_leaving", how_long=how_long.replace(" ", "\u00a0"))
    what = catalogue.text("consequence.late" if arrival else "consequence.early", how_long=how_long)
    if assessment.points_percent <= 0:
        return what
    return catalogue.text("consequence.deduction", what=what, percent=catalogue.decimal(assessment.points_percent))


def occasions(assessment: Assessment) -> str:
    """What the presence is seen at, beside the day's work."""
    return ", ".join(filter(None, (letters.legible(name) for name in assessment.occasions)))


def attends(assessment: Assessment) -> bool:
    """Whether somebody who has arrived comes for an occasion, as it seems, and is not going home: who leaves so early
    is told what that would mean, and is not told that it has happened."""
    early = assessment.direction is Direction.DEPARTURE and assessment.working_day and assessment.minutes_off > 0
    return assessment.again and early and bool(occasions(assessment))


def only_present(assessment: Assessment) -> bool:
    """Whether it is shown as a presence, neither an arrival nor a departure: at an occasion, or of somebody whose hours
    are not known here."""
    return assessment.elsewhere or attends(assessment)


def direction(assessment: Assessment, catalogue: Catalogue) -> str:
    return catalogue.text(
        "direction.present" if only_present(assessment) else f"direction.{assessment.direction.value}"
    )


def duration(minutes: int, catalogue: Catalogue) -> str:
    """Whole minutes as people say them: 12 minutes, 2 hours, 1 hour 5 minutes."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return catalogue.text("consequence.minutes", minutes=rest)
    return catalogue.text("consequence.hours_minutes" if rest else "consequence.hours", hours=hours, minutes=rest)


def wait(seconds: float, catalogue: Catalogue) -> str:
    """How long a pause still lasts: whole minutes, the last two of them in seconds."""
    whole_s = math.ceil(seconds)
    if whole_s < 120:
        return catalogue.text("pause.seconds", seconds=whole_s)
    return duration(math.ceil(whole_s / 60), catalogue)


def costs_points(assessment: Assessment) -> bool:
    if attends(assessment):
        return False
    return assessment.working_day and assessment.minutes_off > 0 and assessment.points_percent > 0
