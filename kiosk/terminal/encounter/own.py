"""What is for one person alone, after a presence: the code for the phone, and the month. Pure."""

from __future__ import annotations

from dataclasses import replace

from kiosk.model import Hint, Liveness, Sighting
from kiosk.terminal.encounter.claiming import offers_pin
from kiosk.terminal.encounter.values import Encounter, Phase, Settings

OFFER_S = 8.0
"""For how long the person who stays may touch "e-TPP di ponsel" or "Lihat bulan ini"; whoever comes next ends it at
once."""
PIN_OFFER_S = 5.0
"""The same for "NIP dan PIN"; whoever would rather try again with the face waits for so long, or touches."""
MONTH_S = 10.0
_PHONE_AWAY_S = 12.0
"""A phone that is held up hides the face behind it for a while."""
_APART_S = 4.0
"""Another face has so long to turn out to be the same person's."""


def offers_phone(encounter: Encounter, settings: Settings) -> bool:
    """Whether the person in sight, and nobody else, has just been recorded."""
    return settings.phone_s > 0 and _just_recorded(encounter)


def offers_month(encounter: Encounter) -> bool:
    """The same, of somebody of whom the server tells the month."""
    told = encounter.prospect is not None and encounter.prospect.month is not None
    return told and _just_recorded(encounter)


def tells_phone(encounter: Encounter) -> bool:
    """The same, of somebody whose e-TPP a phone was connected to lately."""
    told = encounter.prospect is not None and encounter.prospect.phone is not None
    return told and _just_recorded(encounter)


def offered_s(encounter: Encounter, settings: Settings) -> float:
    """For how long a result stays for the sake of what can be touched, or has to be read, on it."""
    if offers_phone(encounter, settings) or offers_month(encounter) or tells_phone(encounter):
        return OFFER_S
    return PIN_OFFER_S if offers_pin(encounter, settings) else 0.0


def _just_recorded(encounter: Encounter) -> bool:
    """By a face that BKPP has approved: a PIN can be lent or forced, a face enrolled under another's name, and what is
    one's own is shown to nobody for that."""
    mine = encounter.sighting.track != 0 and encounter.sighting.track == encounter.done_track
    if encounter.typed_for is not None and encounter.sighting.track != encounter.track:
        return False  # left alone as if it were theirs, but no face has said so
    prospect = encounter.prospect
    by_face = prospect is not None and prospect.claimed is None and not prospect.waiting
    return encounter.phase is Phase.RECORDED and by_face and mine


def is_anothers(encounter: Encounter, sighting: Sighting, settings: Settings) -> bool:
    """Whether the face before an own screen is not the person's: for the month any other one at once, for the code,
    that is hidden meanwhile, one that has turned out to be somebody else's. A face beside the person's, about as near,
    reads the month with them."""
    if encounter.phase is Phase.MONTH and sighting.hint is Hint.SEVERAL_FACES:
        return True
    if sighting.track in (0, encounter.done_track):
        return False
    match, prospect = sighting.match, encounter.prospect
    if encounter.phase is Phase.MONTH or prospect is None:
        return True
    known = match is not None and match.frames >= settings.min_frames and match.person_id is not None
    return known and match is not None and match.person_id != prospect.person.person_id


def watched(encounter: Encounter, sighting: Sighting, now_s: float, settings: Settings) -> Encounter:
    """The code is for one person: hidden before every other face, and while somebody else's is about as near, whose
    phone could read it too.

    A face that a phone had hidden comes back under another number, and is known by its match.
    """
    if sighting.track == 0:
        return encounter
    match, prospect = sighting.match, encounter.prospect
    known = match is not None and prospect is not None and match.frames >= settings.min_frames
    same = match is not None and prospect is not None and match.person_id == prospect.person.person_id
    back = known and same and sighting.liveness.state is Liveness.LIVE
    if (back or sighting.track == encounter.done_track) and sighting.hint is not Hint.SEVERAL_FACES:
        return replace(encounter, done_track=sighting.track, apart_s=None)
    return encounter if encounter.apart_s is not None else replace(encounter, apart_s=now_s)


def over(encounter: Encounter, now_s: float, settings: Settings) -> bool:
    """Whether an own screen has had its time, or its person has gone."""
    age_s, away_s = now_s - encounter.since_s, now_s - encounter.seen_s
    if encounter.phase is Phase.MONTH:
        return age_s >= MONTH_S or away_s >= settings.leave_s
    if encounter.link == "" and age_s >= OFFER_S:
        return True
    strange = encounter.apart_s is not None and now_s - encounter.apart_s >= _APART_S
    return strange or age_s >= settings.phone_s or away_s >= _PHONE_AWAY_S
