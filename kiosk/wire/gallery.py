"""The answer of call 3: its manifest, checked before anything else is looked at, and its payload. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from kiosk import wire
from kiosk.model import (
    BY_THE_OFFICE,
    DLIB_RESNET_V1,
    DeviceId,
    ModelId,
    Nip,
    Office,
    Person,
    PersonId,
    Renewal,
    Template,
)
from kiosk.model.recognisers import RECOGNISERS, Recogniser
from kiosk.wire import Json, WireError, items, member
from kiosk.wire.bulletin import HIDDEN
from kiosk.wire.hours import parse_calendar, parse_roster
from kiosk.wire.keys import VerifyServer

_NIP = re.compile(r"[0-9]{18}")


class NotNewer(WireError):
    """In good order, and no newer than what the terminal has: replayed, or fetched whole without need."""


@dataclass(frozen=True, slots=True)
class Manifest:
    version: int
    base_version: int | None
    office_id: str
    issued_utc: dt.datetime


def open_gallery(
    answer: Json, *, device_id: DeviceId, current_version: int, verify: VerifyServer
) -> tuple[Manifest, Json]:
    """The manifest and payload of an answer, once all that protects them holds. Raises WireError.

    Checked: the server's signature, the payload's hash, that it is for this terminal, that it is newer than what the
    terminal has, and that a delta's base is what the terminal has.
    """
    manifest, payload = member(answer, "manifest", dict), member(answer, "payload", dict)
    signature = wire.from_b64url(member(manifest, "signature", str))
    signed = wire.canonical({name: value for name, value in manifest.items() if name != "signature"})
    if not verify(member(manifest, "key_id", str), signature, signed):
        raise WireError("the gallery's manifest is not signed by a key of this terminal's server")
    if wire.digest(payload) != member(manifest, "payload_sha256", str):
        raise WireError("the gallery's content is not what its manifest says")
    if member(manifest, "device_id", str) != device_id:
        raise WireError("the gallery was made for another terminal")
    version, base = member(manifest, "version", int), manifest.get("base_version")
    if version <= current_version:
        raise NotNewer("the gallery is not newer than the one in use")
    if base is not None and base != current_version:
        raise WireError("the gallery's delta does not build on the one in use")
    return (
        Manifest(version, base, member(manifest, "office_id", str), wire.parse_utc(manifest.get("issued_utc"))),
        payload,
    )


def check_shown(payload: Json) -> None:
    """That every name and NIP of an answer is one that a screen shows as it is. Raises WireError.

    Asked of what is fetched, not of a cache: people whom an earlier release let in go on being known.
    """
    office = member(payload, "office", dict)
    names = [member(office, "name", str)]
    calendar = member(office, "calendar", dict)
    names += [member(each, "name", str) for each in items(calendar, "occasions")] if "occasions" in calendar else []
    for person in items(payload, "people"):
        names.append(member(person, "name", str))
        if not _NIP.fullmatch(member(person, "nip", str)):
            raise WireError(f"person {member(person, 'person_id', str)}: a NIP has 18 digits")
    if any(unicodedata.category(character) in HIDDEN for name in names for character in name):
        raise WireError("a name holds characters that cannot be shown")


def parse_person(data: Json) -> tuple[Person, tuple[Template, ...]]:
    """A person of the payload. Raises WireError, which names the person by id only."""
    person_id = PersonId(member(data, "person_id", str))
    try:
        roster = parse_roster(member(data, "roster", dict)) if "roster" in data else BY_THE_OFFICE
        person = Person(person_id, Nip(member(data, "nip", str)), member(data, "name", str), roster)
        return person, (*_templates(person_id, data), *_more_templates(person_id, data))
    except WireError as error:
        raise WireError(f"person {person_id}: {error}") from error


def parse_renewal(data: Json) -> Renewal | None:
    """What the payload asks of a person; None where it asks nothing, or for what this program does not know."""
    if "renewal" not in data:
        return None
    asked = member(data, "renewal", dict)
    consent = member(asked, "consent", dict)
    model_id = ModelId(member(asked, "model_id", str))
    given = wire.parse_utc(consent.get("given_utc"))
    said = Renewal(model_id, given, member(consent, "text_id", str), member(consent, "officer", str))
    return said if model_id in RECOGNISERS and model_id != DLIB_RESNET_V1 else None


def parse_office(data: Json) -> Office:
    """The office of the payload. Raises WireError for a calendar that `schedule` could not read on every day."""
    return Office(
        office_id=member(data, "office_id", str),
        name=member(data, "name", str),
        calendar=parse_calendar(member(data, "calendar", dict)),
        recogniser=ModelId(member(data, "recogniser", str)) if "recogniser" in data else DLIB_RESNET_V1,
    )


def _templates(person_id: PersonId, data: Json) -> list[Template]:
    """Those that every terminal knows: dlib's."""
    templates = items(data, "templates")
    if any(member(template, "model_id", str) != DLIB_RESNET_V1 for template in templates):
        raise WireError("a template's model is not the one that this terminal uses")
    return [_template(person_id, template, RECOGNISERS[DLIB_RESNET_V1]) for template in templates]


def _more_templates(person_id: PersonId, data: Json) -> list[Template]:
    """Those of further recognisers; what this program does not know is left out, a newer terminal reads it."""
    given = items(data, "more_templates") if "more_templates" in data else []
    known = [(RECOGNISERS.get(ModelId(member(template, "model_id", str))), template) for template in given]
    return [_template(person_id, template, recogniser) for recogniser, template in known if recogniser is not None]


def _template(person_id: PersonId, data: Json, recogniser: Recogniser) -> Template:
    return Template(
        template_id=member(data, "template_id", str),
        person_id=person_id,
        descriptor=wire.decode_descriptor(data.get("descriptor"), recogniser.length),
        model_id=recogniser.model_id,
        cohort_mean=_number_or_none(data, "cohort_mean"),
        cohort_sd=_number_or_none(data, "cohort_sd"),
    )


def _number_or_none(data: Json, name: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"member `{name}` is not a number")
    return float(value)
