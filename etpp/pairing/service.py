"""What is done with phones: invited by a code, connected, let in again, ended. Each step stands in the audit log."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from etpp.accounts import passwords
from etpp.accounts.door import Guest
from etpp.accounts.model import Account
from etpp.accounts.store import Accounts, Factors, Sessions
from etpp.base import bounds
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger
from etpp.pairing import rules, wire
from etpp.pairing.model import EndedBy, Invited, Phone, Statement
from etpp.pairing.store import Codes, Phones
from etpp.roster.assignments import CareerError
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import People, Roster
from etpp.serving.acting import Grant
from etpp.terminals.model import Device
from etpp.terminals.signing import verify_text
from etpp.terminals.store import Devices

_CODE_GROUP = 5


# ---------------------------------------------------------------- what lets a phone in


def by_terminal(tx: Transaction, code: str, now: dt.datetime) -> Invited:
    """Whom a terminal's code is of, which is used with this. Raises Conflict, of what is no terminal's always alike."""
    statement = wire.parse(code)
    device = None if statement is None else Devices(tx).get(statement.device_id)
    if statement is None or device is None or not _signed(tx, device, statement):
        raise Conflict("this is no code of a terminal's", key="phone_code_wrong")
    if device.revoked_utc is not None:
        raise Conflict("the terminal is revoked", key="phone_terminal_revoked")
    if not rules.in_time(statement.made_utc, now):
        raise Conflict("the code is too old, or of a time that is still to come", key="phone_code_late")
    if not Codes(tx).use(device.device_id, statement.nonce.hex(), now, now - rules.REMEMBERED):
        raise Conflict("the code was used", key="phone_code_used")
    face = People(tx).get(device.office_id, statement.person_id)
    if face is None or face.erased_version is not None or not _serves(tx, face.employee_id, device.office_id, now):
        raise Conflict("the terminal's office does not know this person now", key="phone_not_here")
    if Phones(tx).connected(face.employee_id, now - bounds.WINDOW) >= bounds.PHONES:
        n = bounds.PHONES
        raise Conflict(f"the person connected {n} phones lately: BKPP gives a code", key="phone_many", n=n)
    return _invited(tx, face.employee_id, device.device_id)


def by_bkpp(tx: Transaction, code: str, now: dt.datetime) -> Invited:
    """Raises Conflict."""
    person_id = Codes(tx).take(_code_hash(code), now)
    if person_id is None:
        raise Conflict("this is no code, or it was used, or is too old", key="phone_code_unknown")
    return _invited(tx, person_id, None)


def give_code(tx: Transaction, person_id: str, now: dt.datetime) -> str:
    """A code of 50 random bits for a person who cannot use a terminal; good once, for a day. Raises NotFound."""
    if Roster(tx).employee(person_id) is None:
        raise NotFound("nobody in the roster has this number or id", key="employee_unknown")
    text = base64.b32encode(secrets.token_bytes(7)).decode()[: 2 * _CODE_GROUP]
    Codes(tx).give(person_id, _code_hash(text), now + rules.CODE_LASTS, now)
    return f"{text[:_CODE_GROUP]}-{text[_CODE_GROUP:]}"


def _code_hash(code: str) -> str:
    """50 random bits need no slow hash: they are good for a day. A digit that looks like a letter is that letter."""
    plain = "".join(each for each in code.upper() if each.isalnum()).translate(str.maketrans("018", "OIB"))
    return hashlib.sha256(f"phone code\0{plain}".encode()).hexdigest()


def _signed(tx: Transaction, device: Device, statement: Statement) -> bool:
    """By a key that was the terminal's when the code was made: one that was replaced meanwhile too."""
    former = Devices(tx).former_keys(device)
    keys = [device.public_key, device.next_key, *(key for key, until in former.items() if until >= statement.made_utc)]
    return any(verify_text(key, statement.signature, statement.signed) for key in keys if key is not None)


def _serves(tx: Transaction, person_id: str, office_id: str, now: dt.datetime) -> bool:
    """Whether a person serves here today, or serves elsewhere and is a guest who never belonged here. Whoever has moved
    is shown a code by the new office's terminals, whatever an old one still knows."""
    today = now.astimezone(ZoneInfo(REGENCY_ZONE)).date()
    try:
        career = Roster(tx).career(person_id)
    except CareerError:
        return False
    serving = career.office_on(today)
    return serving == office_id or (serving is not None and all(stay.office_id != office_id for stay in career.all))


def _invited(tx: Transaction, person_id: str, device_id: str | None) -> Invited:
    employee = Roster(tx).employee(person_id)
    if employee is None:
        raise Conflict("the person is not in the roster", key="phone_not_here")
    return Invited(person_id, employee.name or "", device_id)


# ---------------------------------------------------------------- the account


def account_of(tx: Transaction, person_id: str, name: str, now: dt.datetime) -> Account:
    """The account that a person's phones are of, made with the first: an employee's, and a superior's if the roster
    says so today. Whatever other accounts the person has: a phone opens none of them. Raises Conflict."""
    login = login_of(person_id)
    account = Accounts(tx).by_login(login)
    if account is None:
        made = Account(str(uuid.uuid4()), login, name or login, person_id, passwords.nobodys(), False, None, 0, now)
        Accounts(tx).add(made)
        account = made
    account = Accounts(tx).lock(account.account_id)
    if account.disabled_utc is not None:
        raise Conflict("the account is disabled", key="phone_disabled")
    grants = grants_of(tx, person_id, now)
    if account.grants != grants:
        Accounts(tx).set_grants(account.account_id, grants)
    return replace(account, grants=grants)


def login_of(person_id: str) -> str:
    """Nobody types it, and it says nothing of whom it is."""
    return "hp-" + hashlib.sha256(f"phone account\0{person_id}".encode()).hexdigest()[:16]


def grants_of(tx: Transaction, person_id: str, now: dt.datetime) -> tuple[Grant, ...]:
    leads = Roster(tx).leads(person_id, now.astimezone(ZoneInfo(REGENCY_ZONE)).date())
    return (Grant("employee"), Grant("superior")) if leads else (Grant("employee"),)


# ---------------------------------------------------------------- phones


def connect(
    tx: Transaction,
    account: Account,
    invited: Invited,
    secret: str,
    guest: Guest,
    now: dt.datetime,
    *,
    pin_hash: str | None = None,
    credential_id: str | None = None,
    keep_others: bool = False,
) -> Phone:
    """Let a phone in. The person's others are let in no more, unless they are to stay; at most three do."""
    others = Phones(tx).of_account(account.account_id)
    agent = rules.known_as("".join(each for each in guest.agent if each.isprintable()))[:100]
    phone = Phone(
        secrets.token_hex(16),
        account.account_id,
        invited.person_id,
        secret_hash(secret),
        pin_hash,
        credential_id,
        agent,
        invited.device_id,
        now,
        now,
    )
    gone = others[rules.MOST_PHONES - 1 :] if keep_others else others
    end(tx, gone, "another", now)
    Phones(tx).add(phone)
    after = {"way": "pin" if credential_id is None else "passkey", "ended": [each.phone_id for each in gone]}
    record(tx, "phone.connected", phone, account, guest, now, after)
    return phone


def end(tx: Transaction, ended: list[Phone], by: EndedBy, now: dt.datetime, keep_session: str | None = None) -> None:
    """Nobody gets in with these phones any more; every log-in of their accounts ends, but one."""
    _end(tx, ended, by, now)
    for account_id in sorted({each.account_id for each in ended}):
        Sessions(tx).end(account_id, but=keep_session)


def _end(tx: Transaction, ended: list[Phone], by: EndedBy, now: dt.datetime) -> None:
    Phones(tx).end(ended, by, now)
    for each in ended:
        if each.credential_id is not None:
            Factors(tx).remove_passkeys(each.account_id, each.credential_id)


def check_pin(pin: str, repeated: str, nip: str | None) -> None:
    """Raises Conflict."""
    fault = rules.pin_fault(pin, nip)
    if fault == "form":
        raise Conflict("a PIN has six digits", key="pin_form")
    if fault == "easy":
        raise Conflict("the PIN is too easy to guess", key="pin_easy")
    if pin != repeated:
        raise Conflict("the two are not the same", key="pin_differs")


def secret_hash(secret: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(f"phone\0{secret}".encode()).hexdigest()


def pin_text(secret: str, pin: str) -> str:
    """What is hashed of a PIN: with the phone's secret, which the database does not have. A million PINs are tried in a
    day, whatever the hash costs."""
    return hashlib.sha256(f"pin\0{secret}\0{pin}".encode()).hexdigest()


def record(
    tx: Transaction,
    action: str,
    phone: Phone,
    account: Account,
    guest: Guest,
    now: dt.datetime,
    after: Mapping[str, object] | None = None,
) -> None:
    subject = {"account_id": account.account_id, "phone_id": phone.phone_id}
    if phone.device_id is not None:
        subject["device_id"] = phone.device_id
    said = Said(account.login, action, subject, phone.person_id, address=guest.network, after=after)
    Ledger(tx).append(said, now)


def device_of(code: str) -> str:
    """Which terminal a code names."""
    statement = wire.parse(code)
    return "" if statement is None else statement.device_id
