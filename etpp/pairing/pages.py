"""What the phone opens: the code, a PIN or a passkey, and both again at each later log-in."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from etpp.accounts import passkeys, passwords, session
from etpp.accounts.context import KeeperOf
from etpp.accounts.door import Guest
from etpp.accounts.model import Account
from etpp.accounts.pages import guest_of, require_private, site_of
from etpp.accounts.store import Accounts, Factors, Sessions
from etpp.base.errors import Conflict, Problem, StoreUnavailable
from etpp.console.visit import HEADERS, PREFIX, AnyVisit, CheckedForm, Visit, form
from etpp.db import Transaction
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger
from etpp.pairing import rules, service, visiting
from etpp.pairing.model import Invited, Phone
from etpp.pairing.store import Phones
from etpp.pairing.visiting import Connecting
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster

router = APIRouter()
outside = APIRouter(include_in_schema=False)
CODE_LENGTH = 20
"""Characters of a code of BKPP's, with what people type between its groups."""
_SAID = frozenset({"phone_terminal_revoked", "phone_code_used", "phone_not_here", "phone_code_late"})
"""What is recorded of a code that was refused: its terminal had signed it."""


@outside.get("/m/")
async def opened() -> Response:
    """What stands in the code, short; a browser takes what is behind its `#` along (RFC 9110, 10.2.2)."""
    return RedirectResponse(PREFIX + "/m", 307, HEADERS)


@router.get("/m")
async def start(visit: AnyVisit) -> Response:
    """For a phone that is known: its PIN or passkey. For all: the terminal's code, and one of BKPP's to be typed."""
    require_private(visit)
    return await _start_page(visit)


@router.post("/m/code")
async def code(visit: AnyVisit) -> Response:
    require_private(visit)
    values, now, guest = await form(visit.request), visit.server.now(), guest_of(visit)
    guess, said = f"phone {guest.network}", values.get("code", "").strip()
    try:
        visit.server.guesses.reserve(guess)
    except Problem:
        return await _start_page(visit, visit.texts.log_in_wait, 429, _written(values))
    way = service.by_bkpp if values.get("way") == "bkpp" else service.by_terminal

    def take(tx: Transaction) -> tuple[str, dt.timedelta]:
        invited = way(tx, said, now)
        account = service.account_of(tx, invited.person_id, invited.name, now)
        _, challenge = passkeys.ask_new(site_of(visit), account, [], alone=True)
        token, log_in = session.begin(account.account_id, "connect", now, guest.network, guest.agent)
        Sessions(tx).add(log_in)
        Sessions(tx).expect(log_in.session_id, Connecting(invited, challenge).kept())
        _say(tx, "phone.invited", account.login, invited, guest, now)
        return token, log_in.expires_utc - now

    try:
        token, lasts = await visit.server.write(take)
    except StoreUnavailable:
        visit.server.guesses.forgive(guess)
        raise
    except Conflict as error:
        refused = error
        if refused.key in _SAID:
            await visit.server.write(lambda tx: _say_refused(tx, said, refused, guest, now))
        return await _start_page(visit, visit.texts.refusal(refused), 403, _written(values))
    visit.server.guesses.forgive(guess)
    return visiting.with_session(visit, visit.go("/m/connect"), token, lasts)


@router.get("/m/connect")
async def connect_page(visit: AnyVisit, keeper: KeeperOf) -> Response:
    return await _connect_page(visit, keeper)


@router.post("/m/connect/pin")
async def connect_by_pin(visit: AnyVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    half, pin = await visiting.half(visit, keeper), values.get("pin", "")
    waiting = Connecting.of(half.pending)
    nip = await visit.server.read(lambda tx: _nip(tx, waiting.invited.person_id))
    try:
        service.check_pin(pin, values.get("repeated", ""), nip)
    except Conflict as error:
        return await _connect_page(visit, keeper, visit.texts.refusal(error), 409, keep=values.get("keep") == "yes")
    secret = visiting.new_secret()
    run = asyncio.get_running_loop().run_in_executor
    pin_hash = await run(passwords.CHECKERS, passwords.hashed, service.pin_text(secret, pin))
    return await _connected(visit, keeper, values, secret, pin_hash=pin_hash)


@router.post("/m/connect/passkey")
async def connect_by_passkey(visit: AnyVisit, values: CheckedForm, keeper: KeeperOf) -> Response:
    return await _connected(visit, keeper, values, visiting.new_secret())


@router.post("/m/login/pin")
async def log_in_by_pin(visit: AnyVisit) -> Response:
    """A wrong PIN counts before it is looked at: of many at once each counts."""
    require_private(visit)
    values, guest, now = await form(visit.request), guest_of(visit), visit.server.now()
    visiting.check_csrf(visit, values.get("csrf", ""))
    secret, pin = visiting.secret_of(visit), values.get("pin", "")[:20]

    def count(tx: Transaction) -> Phone | str:
        phone = Phones(tx).with_secret(service.secret_hash(secret), lock=True)
        if phone is None or phone.ended_utc is not None or phone.pin_hash is None:
            return visit.texts.phone_not_connected
        if phone.wait_until_utc is not None and now < phone.wait_until_utc:
            return visit.texts.say("pin_wait", wait=visit.texts.span(phone.wait_until_utc - now))
        wait = rules.wait_after(phone.failures + 1)
        until = None if wait is None else now + wait
        Phones(tx).set(phone.phone_id, failures=phone.failures + 1, wait_until_utc=until)
        return phone

    counted = await visit.server.write(count)
    if isinstance(counted, str):
        return await _start_page(visit, counted, 403)
    phone = counted
    run = asyncio.get_running_loop().run_in_executor
    right = await run(passwords.CHECKERS, passwords.matches, phone.pin_hash, service.pin_text(secret, pin))

    def enter(tx: Transaction) -> tuple[str, dt.timedelta] | str:
        now_known = Phones(tx).with_secret(service.secret_hash(secret), lock=True)
        account = Accounts(tx).get(phone.account_id)
        if now_known is None or now_known.ended_utc is not None or account.disabled_utc is not None:
            return visit.texts.phone_not_connected
        if right:
            return _let_in(tx, phone, guest, now)
        if now_known.failures >= rules.MOST_FAILURES:
            service.end(tx, [now_known], "guesses", now)
            service.record(tx, "phone.shut", phone, account, guest, now)
            return visit.texts.phone_shut
        service.record(tx, "phone.pin_failed", phone, account, guest, now, {"failures": now_known.failures})
        return visit.texts.say("pin_wrong", n=rules.MOST_FAILURES - now_known.failures)

    return await _entered(visit, await visit.server.write(enter))


@router.post("/m/login/passkey")
async def log_in_by_passkey(visit: AnyVisit) -> Response:
    require_private(visit)
    values, guest, now, site = await form(visit.request), guest_of(visit), visit.server.now(), site_of(visit)
    visiting.check_csrf(visit, values.get("csrf", ""))
    visit.server.guesses.reserve(f"phone {guest.network}")
    secret, answer = visiting.secret_of(visit), values.get("answer", "")

    def enter(tx: Transaction) -> tuple[str, dt.timedelta] | str:
        phone = Phones(tx).with_secret(service.secret_hash(secret), lock=True)
        if phone is None or phone.ended_utc is not None or phone.credential_id is None:
            return visit.texts.phone_not_connected
        account, passkey = Accounts(tx).get(phone.account_id), Factors(tx).passkey(phone.credential_id)
        if account.disabled_utc is not None or passkey is None:
            return visit.texts.phone_not_connected
        asked = phone.pending
        Phones(tx).set(phone.phone_id, pending=None)  # a challenge is answered once
        mine = asked is not None and passkeys.credential_of(answer) == phone.credential_id
        count = passkeys.signs(site, passkey, answer, asked, alone=True) if mine and asked is not None else None
        if count is None:
            service.record(tx, "phone.passkey_failed", phone, account, guest, now)
            return visit.texts.second_wrong
        Factors(tx).count_sign(passkey.credential_id, count)
        return _let_in(tx, phone, guest, now)

    entered = await visit.server.write(enter)
    if not isinstance(entered, str):
        visit.server.guesses.forgive(f"phone {guest.network}")
    return await _entered(visit, entered)


# ---------------------------------------------------------------- what they share


def _let_in(tx: Transaction, phone: Phone, guest: Guest, now: dt.datetime) -> tuple[str, dt.timedelta]:
    """Who leads whom may be another since the last time."""
    account = service.account_of(tx, phone.person_id, "", now)
    Phones(tx).set(phone.phone_id, failures=0, wait_until_utc=None, used_utc=now)
    token, log_in = session.begin(account.account_id, "full", now, guest.network, guest.agent)
    Sessions(tx).add(log_in)
    service.record(tx, "phone.log_in", phone, account, guest, now)
    return token, log_in.expires_utc - now


async def _entered(visit: Visit, entered: tuple[str, dt.timedelta] | str) -> Response:
    if isinstance(entered, str):
        return await _start_page(visit, entered, 403)
    return visiting.with_session(visit, home(), *entered)


async def _connected(
    visit: Visit, keeper: KeeperOf, values: Mapping[str, str], secret: str, pin_hash: str | None = None
) -> Response:
    """The phone is let in, by what the half log-in waited for, once."""
    half, guest, now, site = await visiting.half(visit, keeper), guest_of(visit), visit.server.now(), site_of(visit)

    def take(tx: Transaction) -> tuple[str, dt.timedelta]:
        if not Sessions(tx).end(half.account_id, half.session_id):
            raise Conflict("it was done already", key="log_in_late")
        waiting = Connecting.of(half.pending)
        account = service.account_of(tx, waiting.invited.person_id, waiting.invited.name, now)
        credential_id = None
        if pin_hash is None:
            name = guest.agent[:100] or "-"
            answer = values.get("answer", "")
            passkey = passkeys.take_new(site, account, answer, waiting.challenge, name, now, alone=True)
            if Factors(tx).passkey(passkey.credential_id) is not None:
                raise Conflict("this passkey is registered already", key="passkey_wrong")
            Factors(tx).add_passkey(passkey)
            credential_id = passkey.credential_id
        keep = values.get("keep") == "yes"
        made = {"pin_hash": pin_hash, "credential_id": credential_id}
        phone = service.connect(tx, account, waiting.invited, secret, guest, now, keep_others=keep, **made)
        return _let_in(tx, phone, guest, now)

    try:
        let = await visit.server.write(take)
    except Conflict as error:
        return await _connect_page(visit, keeper, visit.texts.refusal(error), 409, keep=values.get("keep") == "yes")
    return visiting.with_secret(visit, visiting.with_session(visit, home(), *let), secret)


def home() -> Response:
    """Where an employee lands."""
    return RedirectResponse("/phone/", 303, HEADERS)


def _written(values: Mapping[str, str]) -> str:
    """BKPP's code as somebody typed it, to be put right; nobody types a terminal's."""
    return values.get("code", "")[:CODE_LENGTH] if values.get("way") == "bkpp" else ""


async def _start_page(visit: Visit, error: str | None = None, status: int = 200, code: str = "") -> Response:
    phone, site = await visiting.phone_of(visit), site_of(visit)
    options, name, later = "", "", False
    if phone is not None and phone.ended_utc is None:
        known = phone

        def look(tx: Transaction) -> tuple[str, list[Any], bool]:
            person = Roster(tx).employee(known.person_id)
            passkey = None if known.credential_id is None else Factors(tx).passkey(known.credential_id)
            others = Phones(tx).of_account(known.account_id)
            newer = any(each.created_utc > known.used_utc for each in others)
            return (person.name or "") if person else "", [passkey] if passkey else [], newer

        name, keys, later = await visit.server.read(look)
        if keys:
            options, challenge = passkeys.ask(site, keys, alone=True)
            await visit.server.write(lambda tx: Phones(tx).set(known.phone_id, pending=challenge))
    values = {
        "error": error,
        "code": code,
        "phone": phone,
        "name": name,
        "options": options,
        "later": later,
        "ended": visit.texts.of("phone_ended", phone.ended_by) if phone is not None and phone.ended_by else "",
        "csrf": visiting.csrf_of(visit),
        "digits": rules.PIN_DIGITS,
    }
    return visit.page("pairing/start.html", values, status, script=True)


async def _connect_page(
    visit: Visit, keeper: KeeperOf, error: str | None = None, status: int = 200, *, keep: bool = False
) -> Response:
    """`keep`: whether the others are to stay, as it was ticked: a PIN mistyped must not end them."""
    half = await visiting.half(visit, keeper)
    waiting = Connecting.of(half.pending)

    def look(tx: Transaction) -> tuple[Account, list[Phone]]:
        return Accounts(tx).get(half.account_id), Phones(tx).of_account(half.account_id)

    account, others = await visit.server.read(look)
    values = {
        "error": error,
        "keeps": keep,
        "name": waiting.invited.name,
        "options": passkeys.asked_new(site_of(visit), account, waiting.challenge),
        "others": [_shown(each, visit) for each in others],
        "most": rules.MOST_PHONES,
        "csrf": session.csrf_of(visit.request.cookies[session.COOKIE]),
        "digits": rules.PIN_DIGITS,
    }
    return visit.page("pairing/connect.html", values, status, script=True)


def _shown(phone: Phone, visit: Visit) -> dict[str, object]:
    since = visit.texts.moment(phone.created_utc.astimezone(ZoneInfo(REGENCY_ZONE)))
    return {"agent": phone.agent, "since": since}


def _nip(tx: Transaction, person_id: str) -> str | None:
    employee = Roster(tx).employee(person_id)
    return None if employee is None else employee.nip


def _say(tx: Transaction, action: str, login: str, invited: Invited, guest: Guest, now: dt.datetime) -> None:
    subject = {"login": login} | ({} if invited.device_id is None else {"device_id": invited.device_id})
    Ledger(tx).append(Said(login, action, subject, invited.person_id, address=guest.network), now)


def _say_refused(tx: Transaction, said: str, refused: Conflict, guest: Guest, now: dt.datetime) -> None:
    device_id = service.device_of(said)
    subject = {"device_id": device_id}
    Ledger(tx).append(Said("phone", "phone.refused", subject, address=guest.network, after=refused.key), now)
