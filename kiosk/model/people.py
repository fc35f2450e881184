"""Who a person is to the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from kiosk.model.hours import BY_THE_OFFICE, Roster

PersonId = NewType("PersonId", str)
"""The server's opaque id of a person (a UUID). The only personal reference that events and logs carry."""

Nip = NewType("Nip", str)
"""Nomor Induk Pegawai, of `NIP_DIGITS`. Shown masked, never logged."""

NIP_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Person:
    """`roster`: the person's own hours, where the server has said that there are any."""

    person_id: PersonId
    nip: Nip
    name: str
    roster: Roster = BY_THE_OFFICE
