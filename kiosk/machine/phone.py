"""Codes for phones, signed with the terminal's key: made by `kiosk run`, which has no network and needs none."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from kiosk import wire
from kiosk.errors import KioskError
from kiosk.machine.identity import Identity
from kiosk.model import ClockState, Moment, PersonId
from kiosk.wire.phone import NONCE_BYTES, phone_link, phone_statement

log = logging.getLogger(__name__)


class PhoneCodes:
    """`address`: by which phones reach e-TPP; empty: the one by which this terminal does."""

    def __init__(self, identity_dir: Path, now: Callable[[], Moment], address: str = "") -> None:
        self._identity_dir = identity_dir
        self._now = now
        self._address = address

    def make(self, person_id: PersonId) -> str:
        """The address that the phone opens; empty while the clock is not certain, and where the key cannot be read.

        The identity is read each time: `kiosk sync` may have changed the key since the start.
        """
        moment = self._now()
        if moment.clock_state is not ClockState.SYNCHRONISED:
            log.info("no code for a phone: the clock is not certain")
            return ""
        try:
            identity = Identity.load(self._identity_dir)
            if identity.revoked:
                return ""
            statement = phone_statement(identity.device_id, person_id, moment.wall_utc, os.urandom(NONCE_BYTES))
            return phone_link(self._address or identity.server_url, statement, identity.sign_phone(statement))
        except (KioskError, wire.WireError) as error:
            log.error("no code for a phone: %s", error)
            return ""
