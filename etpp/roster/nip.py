"""How a NIP is written."""

from __future__ import annotations


def masked(nip: str | None) -> str:
    """The birth date hidden, the rest in the groups in which a NIP is written."""
    return "" if nip is None else f"••••••••  {nip[8:14]} {nip[14]} {nip[15:]}"


def grouped(nip: str | None) -> str:
    return "" if nip is None else f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
