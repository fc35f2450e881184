"""My account: the password, the second factor, the codes for when it is gone, my log-ins."""

from __future__ import annotations

import asyncio

import segno
from fastapi import APIRouter, Response

from etpp.accounts import door, factor, passkeys, passwords, service
from etpp.accounts.context import Doorkeeper, KeeperOf
from etpp.accounts.model import Account
from etpp.accounts.pages import guest_of, site_of
from etpp.accounts.store import Accounts, Factors, Sessions
from etpp.base import bounds
from etpp.base.errors import Conflict, NotFound, Problem
from etpp.base.texts import plain
from etpp.console.model import Session
from etpp.console.visit import CheckedForm, GoFirst, MemberVisit, Visit
from etpp.db import Transaction

router = APIRouter()
TOTP, PASSKEY = b"totp ", b"passkey "
"""Before what a log-in waits for: of two pages open at once the newer one's is kept."""


@router.get("/account")
async def account_page(visit: MemberVisit) -> Response:
    return await _account_page(visit)


@router.post("/account/password")
async def choose_password(visit: MemberVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    who, new = _member(visit), values.get("password", "")
    account = await _reauthenticated(visit, values)
    try:
        passwords.good(new, account.login)
        if new != values.get("repeated"):
            raise Conflict("the two are not the same", key="password_differs")
        if new == values.get("current"):
            raise Conflict("it is the old one", key="password_same")
    except Conflict as error:
        return await _account_page(visit, visit.texts.refusal(error), 409)
    hashed = await asyncio.get_running_loop().run_in_executor(passwords.CHECKERS, passwords.hashed, new)
    await visit.server.write(lambda tx: service.choose_password(tx, account.account_id, hashed, who.session_id))
    if account.login == service.FIRST_LOGIN:
        keeper.secrets.forget_first_password()
    return visit.go("/account")


@router.get("/account/totp")
async def totp_page(visit: MemberVisit, keeper: KeeperOf) -> Response:
    """A new secret each time, which holds when its first code has been typed."""
    return await _totp_page(visit, keeper, None)


@router.post("/account/totp")
async def set_totp(visit: MemberVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    who, now = _member(visit), visit.server.now()
    account = await _reauthenticated(visit, values)
    codes = factor.new_codes()

    def take(tx: Transaction) -> bool:
        sealed = _asked(tx, visit, TOTP)
        secret = factor.unseal(keeper.secrets.account_key, account.account_id, sealed)
        step = factor.step_of(secret, values.get("code", "")[:40], now, 0)
        if step is None:
            raise Problem("forbidden", "the code is not the one of this moment", key="totp_wrong")
        Accounts(tx).lock(account.account_id)
        Accounts(tx).set(account.account_id, totp_sealed=sealed, totp_step=step)
        Factors(tx).set_codes(account.account_id, [factor.code_hash(account.account_id, code) for code in codes])
        Sessions(tx).expect(who.session_id, None)
        Sessions(tx).end(account.account_id, but=who.session_id)
        return True

    try:
        await visit.server.write(take)
    except Problem as error:
        return await _totp_page(visit, keeper, visit.texts.refusal(error), 403)
    return visit.page("accounts/recovery.html", {"codes": codes})


@router.post("/account/recovery")
async def new_recovery_codes(visit: MemberVisit, values: CheckedForm) -> Response:
    account = await _reauthenticated(visit, values)
    codes = factor.new_codes()
    hashes = [factor.code_hash(account.account_id, code) for code in codes]
    await visit.server.write(lambda tx: Factors(tx).set_codes(account.account_id, hashes))
    return visit.page("accounts/recovery.html", {"codes": codes})


@router.get("/account/passkey")
async def passkey_page(visit: MemberVisit) -> Response:
    who, site = _member(visit), site_of(visit)

    def ask(tx: Transaction) -> str:
        account = _account(tx, who)
        options, challenge = passkeys.ask_new(site, account, Factors(tx).passkeys(account.account_id))
        Sessions(tx).expect(who.session_id, PASSKEY + challenge)
        return options

    options = await visit.server.write(ask)
    return visit.page("accounts/passkey.html", {"options": options}, script=True)


@router.post("/account/passkey")
async def add_passkey(visit: MemberVisit, values: CheckedForm) -> Response:
    who, site, now = _member(visit), site_of(visit), visit.server.now()
    account = await _reauthenticated(visit, values)
    try:
        name = plain(values.get("label", "").strip())[:100] or "-"
    except ValueError:
        name = "-"
    codes = factor.new_codes()

    def take(tx: Transaction) -> bool:
        """Whether these codes are the account's now."""
        challenge = _asked(tx, visit, PASSKEY)
        Accounts(tx).lock(account.account_id)
        if len(Factors(tx).passkeys(account.account_id)) >= bounds.PASSKEYS:
            n = bounds.PASSKEYS
            raise Conflict(f"the account has {n} passkeys already: remove one", key="passkeys_many", n=n)
        passkey = passkeys.take_new(site, account, values.get("answer", ""), challenge, name, now)
        if Factors(tx).passkey(passkey.credential_id) is not None:
            raise Conflict("this passkey is registered already", key="passkey_wrong")
        Factors(tx).add_passkey(passkey)
        Sessions(tx).expect(who.session_id, None)
        if account.has_factor:
            return False
        Factors(tx).set_codes(account.account_id, [factor.code_hash(account.account_id, code) for code in codes])
        return True

    if await visit.server.write(take):
        return visit.page("accounts/recovery.html", {"codes": codes})
    return visit.go("/account")


@router.post("/account/passkeys/remove")
async def remove_passkey(visit: MemberVisit, values: CheckedForm) -> Response:
    account = await _reauthenticated(visit, values)

    def remove(tx: Transaction) -> None:
        if not Factors(tx).remove_passkeys(account.account_id, values.get("passkey", "")):
            raise NotFound("there is no such passkey", key="passkey_unknown")

    await visit.server.write(remove)
    return visit.go("/account")


@router.post("/account/sessions/{session_id}/end")
async def end_session(visit: MemberVisit, values: CheckedForm, session_id: str) -> Response:  # noqa: ARG001
    account_id = str(_member(visit).actor.account_id)

    def end(tx: Transaction) -> None:
        if not Sessions(tx).end(account_id, session_id):
            raise NotFound("there is no such log-in", key="session_unknown")

    await visit.server.write(end)
    return visit.go("/account")


async def _account_page(visit: Visit, error: str | None = None, status: int = 200) -> Response:
    who, now = _member(visit), visit.server.now()

    def look(tx: Transaction) -> dict[str, object]:
        account = _account(tx, who)
        return {
            "account": account,
            "roles": [(visit.texts.of("role", grant.role), grant.office_id) for grant in account.grants],
            "codes_left": Factors(tx).codes_left(account.account_id),
            "passkeys": [
                {"id": each.credential_id, "name": each.name, "since": visit.texts.moment(each.created_utc)}
                for each in Factors(tx).passkeys(account.account_id)
            ],
            "sessions": [
                {
                    "id": each.session_id,
                    "since": visit.texts.moment(each.created_utc),
                    "address": each.address,
                    "agent": each.agent,
                    "this": each.session_id == who.session_id,
                }
                for each in Sessions(tx).of(account.account_id, now)
            ],
        }

    return visit.page("accounts/account.html", {**await visit.server.read(look), "error": error}, status)


async def _totp_page(visit: Visit, keeper: Doorkeeper, error: str | None, status: int = 200) -> Response:
    who, secret = _member(visit), factor.new_secret()
    account_id = str(who.actor.account_id)
    sealed = factor.seal(keeper.secrets.account_key, account_id, secret)
    await visit.server.write(lambda tx: Sessions(tx).expect(who.session_id, TOTP + sealed))
    qr = segno.make(factor.uri_of(secret, who.user), error="m").svg_data_uri(scale=6)
    values = {"qr": qr, "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)), "error": error}
    return visit.page("accounts/totp.html", values, status)


async def _reauthenticated(visit: Visit, values: CheckedForm) -> Account:
    account_id = str(_member(visit).actor.account_id)
    return await door.by_present_password(visit.server, account_id, values.get("current", ""), guest_of(visit))


def _member(visit: Visit) -> Session:
    if visit.session is None:
        raise GoFirst
    return visit.session


def _account(tx: Transaction, who: Session) -> Account:
    return Accounts(tx).get(str(who.actor.account_id))


def _asked(tx: Transaction, visit: Visit, what: bytes) -> bytes:
    """What the log-in waits for. Raises GoFirst when it has ended, NotFound when it waits for something else."""
    who = _member(visit)
    for each in Sessions(tx).of(str(who.actor.account_id), visit.server.now()):
        if each.session_id == who.session_id:
            if each.pending is None or not each.pending.startswith(what):
                raise NotFound("the page is too old; load it again", key="log_in_late")
            return each.pending.removeprefix(what)
    raise GoFirst
