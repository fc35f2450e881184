"""NIP and PIN, for whoever's face fails: the own PIN or an officer's, as the server permits; typed one after the other,
and what is done with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kiosk.model import NIP_DIGITS
from kiosk.terminal.encounter.values import (
    LAST_DIGITS,
    PIN_DIGITS,
    Claim,
    Effect,
    Encounter,
    Phase,
    Settings,
)

TRIES = 3
"""One after the other. How often a NIP may be tried at all the clerk knows."""
_TYPING_S = 45.0
"""For a whole NIP, and for a PIN."""

FAILED = frozenset({Phase.UNKNOWN, Phase.NOT_IN_TIME})
"""Results after which the face has failed. Whoever held a picture up is not among them."""


def offers_pin(encounter: Encounter, settings: Settings) -> bool:
    return settings.nip_pin != "off" and encounter.phase in FAILED


def wanted(encounter: Encounter) -> int:
    """How many digits are typed now."""
    claimed = {Phase.CLAIM_NIP: NIP_DIGITS, Phase.CLAIM_PIN: PIN_DIGITS, Phase.CLAIM_OFFICER: PIN_DIGITS}
    return claimed.get(encounter.phase, encounter.digits)


def typing_s(encounter: Encounter, settings: Settings) -> float:
    """For how long nobody needs to have typed."""
    short = encounter.phase is Phase.NIP_PAD and encounter.digits == LAST_DIGITS
    return settings.nip_pad_s if short else _TYPING_S


def telling(nips: Iterable[str]) -> int:
    """How many last digits tell these NIPs apart: the usual number, or else all."""
    ends = [nip[-LAST_DIGITS:] for nip in nips]
    return LAST_DIGITS if len(set(ends)) == len(ends) else NIP_DIGITS


def typed(encounter: Encounter, digits: str, settings: Settings) -> tuple[Encounter, Phase, tuple[Effect, ...]]:
    """The encounter with the digits, the phase that it goes to, and the question when there is nothing more to type."""
    phase, claim = encounter.phase, encounter.claim
    if len(digits) != wanted(encounter) or not (digits.isascii() and digits.isdecimal()):
        return encounter, phase, ()
    if phase is Phase.CLAIM_NIP or claim is None:
        whose = Phase.CLAIM_OFFICER if settings.nip_pin == "with-officer" else Phase.CLAIM_PIN
        return replace(encounter, claim=Claim(digits, "")), whose, ()
    claim = replace(claim, pin=digits) if phase is Phase.CLAIM_PIN else replace(claim, officer_pin=digits)
    asked = replace(encounter, claim=claim, nip_tries=encounter.nip_tries + 1)
    return asked, Phase.ENQUIRING, (claim,)
