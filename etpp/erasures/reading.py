"""A proof of erasure, read in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from etpp.base.errors import NotFound
from etpp.db import Transaction
from etpp.erasures import store
from etpp.erasures.model import Proof, TerminalState, TerminalWord
from etpp.faces.model import Erasure
from etpp.faces.store import Erasures
from etpp.roster import register
from etpp.roster.store import People
from etpp.terminals.model import Device
from etpp.terminals.store import Devices


def proof(tx: Transaction, office_id: str, person_id: str) -> Proof:
    """Raises NotFound for somebody who is not erased."""
    office, person = register.office(tx, office_id), People(tx).get(office_id, person_id)
    if person is None or person.erased_version is None:
        raise NotFound("nobody of this office with this id is erased", key="nobody_erased")
    made = Erasures(tx).of(office_id, person_id)
    said = Devices(tx).erased_since(office_id, person.erased_version)
    templates, enrolments = store.faces_left(tx, office_id, person_id)
    left = store.remains(tx, office_id, person_id, person.employee_id)
    return Proof(
        office_id,
        office.name,
        person_id,
        person.employee_id,
        person.name,
        person.nip,
        person.erased_version,
        tuple(made),
        templates,
        enrolments,
        _words(Devices(tx).all(office_id), person.erased_version, made, said),
        {"name": int(person.name is not None or person.nip is not None), **left},
    )


def _words(
    devices: list[Device], version: int, made: list[Erasure], said: Mapping[str, dt.datetime]
) -> tuple[TerminalWord, ...]:
    begun = made[0].erased_utc if made else None
    return tuple(
        TerminalWord(each.device_id, _state(each, version, begun), said.get(each.device_id)) for each in devices
    )


def _state(device: Device, version: int, begun: dt.datetime | None) -> TerminalState:
    if device.erased_through >= version:
        return "erased"
    if begun is not None and device.provisioned_utc > begun:
        return "never_had"
    if device.written_off_utc is not None:
        return "written_off"
    return "waiting" if device.revoked_utc is None else "revoked"
