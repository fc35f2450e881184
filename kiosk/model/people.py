"""Who a person is to the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

PersonId = NewType("PersonId", str)
"""The server's opaque id of a person (a UUID). The only personal reference that events and logs carry."""

Nip = NewType("Nip", str)
"""Nomor Induk Pegawai, 18 digits. Shown masked, never logged."""


@dataclass(frozen=True, slots=True)
class Person:
    person_id: PersonId
    nip: Nip
    name: str
