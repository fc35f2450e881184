"""Log-ins: a random token in a cookie, of which the server keeps the hash alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from etpp.accounts.model import Account, LogIn, Stage
from etpp.accounts.rules import OWN_ROLES
from etpp.console.model import Session

LIFETIME = dt.timedelta(hours=8)
"""A working day; whoever is in another room longer than that logs in again."""
HALF_LIFETIME = dt.timedelta(minutes=10)
"""Between the password and the second factor."""
IDLE = dt.timedelta(hours=1)
"""Without a request for so long a log-in is over (NIST SP 800-63B-4, 2.2.3), where it opens more than one's own things:
somebody else may sit at the desk. A phone has a lock of its own."""
SEEN_EVERY = dt.timedelta(minutes=5)
COOKIE = "etpp_session"
PHONE_COOKIE = "etpp_connected"
"""Says that this phone was let in once (`etpp/pairing`): where its log-in is. It is no secret and proves nothing."""
_AGENT = 100


def begin(account_id: str, stage: Stage, now: dt.datetime, address: str, agent: str) -> tuple[str, LogIn]:
    """A new token, which only the cookie holds, and what is kept of it."""
    token = secrets.token_urlsafe(32)
    expires = now + (LIFETIME if stage == "full" else HALF_LIFETIME)
    plain = "".join(each for each in agent if each.isprintable())[:_AGENT]
    return token, LogIn(hashed(token), secrets.token_hex(16), account_id, stage, now, expires, address[:64], plain, now)


def hashed(token: str) -> str:
    return hashlib.sha256(f"session\0{token}".encode()).hexdigest()


def csrf_of(token: str) -> str:
    """What each form must carry: known to whoever was given the page, and to no other site."""
    return hashlib.sha256(f"csrf\0{token}".encode()).hexdigest()


def is_idle(log_in: LogIn, account: Account, now: dt.datetime) -> bool:
    others = any(grant.role not in OWN_ROLES for grant in account.grants)
    return others and now - log_in.seen_utc > IDLE


def session_of(token: str, log_in: LogIn, account: Account) -> Session:
    return Session(account.login, csrf_of(token), log_in.session_id, log_in.expires_utc, account.actor, account.duty)
