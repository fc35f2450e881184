"""What the pages for phones share: the phone's own secret, half a log-in while one is being connected."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from etpp.accounts import session
from etpp.accounts.context import Doorkeeper
from etpp.accounts.model import LogIn
from etpp.base.errors import Problem
from etpp.console.visit import PREFIX, GoFirst, Visit
from etpp.pairing import service
from etpp.pairing.model import Invited, Phone
from etpp.pairing.store import Phones

COOKIE = "etpp_phone"
LASTS = dt.timedelta(days=400)
"""Browsers keep no cookie longer (RFC 6265bis, 5.5)."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """What half a log-in waits for: whose phone, by what, and the challenge for its passkey."""

    invited: Invited
    challenge: bytes

    def kept(self) -> bytes:
        said = [self.invited.person_id, self.invited.name, self.invited.device_id]
        return json.dumps([*said, base64.b64encode(self.challenge).decode()]).encode()

    @classmethod
    def of(cls, kept: bytes | None) -> Connecting:
        """Raises GoFirst when nothing is waited for."""
        try:
            person_id, name, device_id, challenge = json.loads(kept or b"")
            return cls(Invited(person_id, name, device_id), base64.b64decode(challenge))
        except (ValueError, binascii.Error):
            raise GoFirst("/m") from None


async def half(visit: Visit, keeper: Doorkeeper) -> LogIn:
    """Raises GoFirst when it is too long ago."""
    found = await run_in_threadpool(keeper.half_of, visit.request, "connect")
    if found is None:
        raise GoFirst("/m")
    return found


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def secret_of(visit: Visit) -> str:
    return visit.request.cookies.get(COOKIE, "")[:100]


async def phone_of(visit: Visit) -> Phone | None:
    """The phone that asks, also one that is let in no more."""
    secret = secret_of(visit)
    if not secret:
        return None
    return await visit.server.read(lambda tx: Phones(tx).with_secret(service.secret_hash(secret)))


def csrf_of(visit: Visit) -> str:
    """What a form of a phone that is not logged in must carry."""
    return hashlib.sha256(f"phone csrf\0{secret_of(visit)}".encode()).hexdigest()


def check_csrf(visit: Visit, said: str) -> None:
    if not hmac.compare_digest(said.encode(), csrf_of(visit).encode()):
        raise Problem("signature-invalid", "the form is not of this phone; load the page again", key="form_foreign")


def with_secret(visit: Visit, answer: Response, secret: str) -> Response:
    answer.set_cookie(
        session.PHONE_COOKIE, "yes", max_age=int(LASTS.total_seconds()), path=PREFIX, httponly=True, samesite="lax"
    )
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(LASTS.total_seconds()),
        path=PREFIX + "/m",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="lax",  # a link in a message leads to the PIN too; what changes something carries a token of its own
    )
    return answer


def with_session(visit: Visit, answer: Response, token: str, lasts: dt.timedelta) -> Response:
    """Always a new token, as with every log-in."""
    answer.set_cookie(
        session.COOKIE,
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer
