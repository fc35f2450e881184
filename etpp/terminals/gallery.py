"""The gallery of an office as its terminals download it: payload and signed manifest, the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from etpp.base.encoding import Json, canonical, format_time
from etpp.base.errors import NotFound, Problem
from etpp.base.texts import shown
from etpp.db import Transaction
from etpp.faces import renewal
from etpp.faces.choice import counting
from etpp.faces.model import Template
from etpp.faces.recognisers import DLIB_RESNET_V1
from etpp.faces.store import Templates
from etpp.roster.hours import HoursBroken, hours
from etpp.roster.model import Person
from etpp.roster.plans import own_hours
from etpp.roster.store import Offices, People
from etpp.terminals.model import Device
from etpp.terminals.signing import GallerySigner

CACHED = 8
"""Payloads kept ready: after a push, all terminals of an office ask for the same one. 500 people make about 1 MB."""

Telling = Callable[[Transaction, str], tuple[int, Json] | None]
"""What an office's terminals are told besides, and the version that brought it last; handed in (decision 40)."""

RETRY_S = 60
"""When a terminal asks again for a gallery that BKPP must first put right."""


@dataclass(frozen=True)
class Payload:
    """One answer but for the device: canonical bytes of the payload, and what the manifest says about it."""

    office_id: str
    version: int
    base_version: int | None
    issued_utc: str
    data: bytes
    sha256: str


class GalleryMaker:
    """Thread-safe. `signer` gives the key that signs now, `told` the bulletin."""

    def __init__(self, signer: Callable[[], GallerySigner], told: Telling) -> None:
        self._signer = signer
        self._told = told
        self._cache: OrderedDict[tuple[str, int, int], Payload] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, tx: Transaction, device: Device, since: int) -> tuple[bytes, str] | None:
        """(body, ETag) for the device's office, or None when nothing is newer than `since`.

        Raises NotFound, and Problem `unavailable` for an office whose calendar no terminal could take.
        """
        office = Offices(tx).get(device.office_id)
        if office is None:
            raise NotFound(f"there is no office {device.office_id}", key="office_unknown", office=device.office_id)
        if office.gallery_version == since:
            return None
        payload = self._payload(tx, office.office_id, office.gallery_version, since)
        signer = self._signer()
        manifest: dict[str, Any] = {
            "version": payload.version,
            "base_version": payload.base_version,
            "device_id": device.device_id,
            "office_id": payload.office_id,
            "issued_utc": payload.issued_utc,
            "payload_sha256": payload.sha256,
            "key_id": signer.key_id,
        }
        manifest["signature"] = signer.sign(manifest)
        body = b'{"manifest":' + canonical(manifest) + b',"payload":' + payload.data + b"}"
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'

    def _payload(self, tx: Transaction, office_id: str, version: int, since: int) -> Payload:
        key = (office_id, version, since)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        made = _make(tx, office_id, version, since, self._told(tx, office_id))
        with self._lock:
            self._cache[key] = made
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return made


def _make(tx: Transaction, office_id: str, version: int, since: int, told: tuple[int, Json] | None) -> Payload:
    office = Offices(tx).get(office_id)
    issued = Offices(tx).issued_utc(office_id, version)
    if office is None or issued is None:
        raise NotFound(f"the office {office_id} has no gallery version {version}", key="cannot")
    try:
        hours(office)
    except HoursBroken as error:
        raise Problem("unavailable", str(error), retry_after_s=RETRY_S) from error
    # A version that was never issued here (0, or from before a backup was played back) cannot be the base of a delta.
    base = since if Offices(tx).issued_utc(office_id, since) is not None else None
    people, erased = People(tx).changed(office_id, base or 0)
    of_roster = own_hours(tx, office_id, sorted({person.employee_id for person in people}), issued)
    of_person = _templates_of(people, Templates(tx).all(office_id, base or 0))
    due = renewal.due(tx, office_id)
    payload: dict[str, Any] = {
        "office": {"office_id": office.office_id, "name": shown(office.name), "calendar": dict(office.calendar)},
        "people": [
            {
                "person_id": person.person_id,
                "nip": person.nip,
                "name": shown(person.name or ""),  # an earlier release took what no terminal takes
                **_side_by_side(of_person[person.person_id]),
                **({"renewal": renewal.asked_json(due[person.person_id])} if person.person_id in due else {}),
                **({"roster": of_roster[person.employee_id]} if person.employee_id in of_roster else {}),
            }
            for person in people
        ],
    }
    recogniser = counting(tx, office_id)
    if recogniser != DLIB_RESNET_V1:
        payload["office"]["recogniser"] = recogniser
    if base is not None:
        payload["removed"] = erased
    if told is not None and (base is None or told[0] > base):
        payload["bulletin"] = told[1]
    data = canonical(payload)
    return Payload(office_id, version, base, format_time(issued), data, hashlib.sha256(data).hexdigest())


def _side_by_side(templates: Sequence[Template]) -> dict[str, list[dict[str, Any]]]:
    """dlib's, which every terminal can use, and apart from them the others', which some pass over."""
    more = [_template(each) for each in templates if each.model_id != DLIB_RESNET_V1]
    found = {"templates": [_template(each) for each in templates if each.model_id == DLIB_RESNET_V1]}
    return found | ({"more_templates": more} if more else {})


def _template(template: Template) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "model_id": template.model_id,
        "descriptor": base64.b64encode(template.descriptor).decode("ascii"),
        "cohort_mean": template.cohort_mean,
        "cohort_sd": template.cohort_sd,
    }


def _templates_of(people: Sequence[Person], templates: Sequence[Template]) -> dict[str, list[Template]]:
    """person_id -> templates, for the people given."""
    found: dict[str, list[Template]] = {person.person_id: [] for person in people}
    for template in templates:
        if template.person_id in found:
            found[template.person_id].append(template)
    return found
