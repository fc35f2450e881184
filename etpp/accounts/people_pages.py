"""Accounts, as BKPP looks after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response

from etpp.accounts import passwords, service
from etpp.accounts.model import Account
from etpp.accounts.service import OfficeKnown, account_json
from etpp.accounts.store import Accounts, Sessions
from etpp.accounts.views import ACCOUNTS, found
from etpp.base.errors import Conflict, NotFound
from etpp.console.visit import CheckedForm, MemberVisit, Visit
from etpp.db import Transaction
from etpp.serving.acting import LOGIN_LONGEST, ROLES, Grant, Role

Employee = Callable[[Transaction, str], str]
"""Whom a NIP, another number or an id stands for. Raises NotFound."""
OfficeNames = Callable[[Transaction], Mapping[str, str]]
REGENCY = ""
"""In a form: the whole regency in place of an office."""


def routes(employee: Employee, office: OfficeKnown, offices: OfficeNames) -> APIRouter:
    """What lies in rooms above this one is handed in."""
    router = APIRouter()

    @router.get("/accounts")
    async def everybody(visit: MemberVisit) -> Response:
        asked = ACCOUNTS.asked(visit)
        lines = await visit.server.read(lambda tx: found(tx, asked, offices(tx), visit.texts))
        return await ACCOUNTS.answer(visit, asked, lines, "accounts/accounts.html")

    @router.get("/accounts/new")
    async def new_form(visit: MemberVisit) -> Response:
        names = await visit.server.read(offices)
        return visit.page("accounts/new.html", {"error": None, "values": {}, **_choices(visit, names)})

    @router.post("/accounts")
    async def add(visit: MemberVisit, values: CheckedForm) -> Response:
        password, now = passwords.generated(), visit.server.now()
        hashed = await _hashed(password)
        person = values.get("person", "").strip()

        def work(tx: Transaction) -> Account:
            person_id = employee(tx, person) if person else None
            login, name = values.get("login", "").strip(), values.get("name", "")
            unlisted = values.get("unlisted") == "yes"
            made = service.made(
                login, name, _grants(values), hashed, now, person_id, must_change=True, unlisted=unlisted
            )
            service.add(tx, made, office)
            _note(visit, None, account_json(made))
            return made

        try:
            made = await visit.server.write(work)
        except (Conflict, NotFound) as error:  # a NIP of nobody is a typing error like any other
            names = await visit.server.read(offices)
            again = {"error": visit.texts.refusal(error), "values": values, **_choices(visit, names)}
            return visit.page("accounts/new.html", again, 409)
        return _password_page(visit, made, password)

    @router.get("/accounts/{account_id}")
    async def one(visit: MemberVisit, account_id: str) -> Response:
        return await shown(visit, account_id, {})

    async def shown(visit: Visit, account_id: str, values: Mapping[str, str], error: str = "") -> Response:
        now = visit.server.now()

        def look(tx: Transaction) -> dict[str, object]:
            account, names = Accounts(tx).get(account_id), offices(tx)
            return {
                "account": _shown(account, visit, names),
                "sessions": len(Sessions(tx).of(account_id, now)),
                "values": values,
                "error": error,
                "granted": [f"{grant.role}:{grant.office_id or REGENCY}" for grant in account.grants],
                **_choices(visit, names),
            }

        return visit.page("accounts/one.html", await visit.server.read(look), 409 if error else 200)

    @router.post("/accounts/{account_id}/roles")
    async def set_roles(visit: MemberVisit, values: CheckedForm, account_id: str) -> Response:
        person, unlisted = values.get("person", "").strip(), values.get("unlisted") == "yes"

        def work(tx: Transaction) -> None:
            if (person or unlisted) and visit.actor.account_id == account_id:
                raise Conflict("nobody says of their own account whose it is", key="account_own_who")
            person_id = employee(tx, person) if person else None
            grants = list(Accounts(tx).get(account_id).grants)
            kept = [each for each in grants if values.get(f"keep:{each.role}:{each.office_id or REGENCY}") == "yes"]
            wanted = [*kept, *_grants(values)]
            _note(visit, *service.set_grants(tx, account_id, wanted, office, person_id, unlisted=unlisted))

        try:
            await visit.server.write(work)
        except (Conflict, NotFound) as error:
            return await shown(visit, account_id, values, visit.texts.refusal(error))
        return visit.go(f"/accounts/{account_id}")

    @router.post("/accounts/{account_id}/disable")
    async def disable(visit: MemberVisit, values: CheckedForm, account_id: str) -> Response:  # noqa: ARG001
        return await _set_disabled(visit, account_id, True)

    @router.post("/accounts/{account_id}/enable")
    async def enable(visit: MemberVisit, values: CheckedForm, account_id: str) -> Response:  # noqa: ARG001
        return await _set_disabled(visit, account_id, False)

    @router.post("/accounts/{account_id}/reset")
    async def reset(visit: MemberVisit, values: CheckedForm, account_id: str) -> Response:  # noqa: ARG001
        password = passwords.generated()
        hashed = await _hashed(password)

        def work(tx: Transaction) -> Account:
            _note(visit, *service.reset(tx, account_id, hashed))
            return Accounts(tx).get(account_id)

        return _password_page(visit, await visit.server.write(work), password)

    return router


async def _set_disabled(visit: Visit, account_id: str, disabled: bool) -> Response:
    now = visit.server.now()
    if disabled and visit.session is not None and visit.session.actor.account_id == account_id:
        raise Conflict("nobody disables their own account", key="account_own")

    def work(tx: Transaction) -> None:
        _note(visit, *service.set_disabled(tx, account_id, disabled, now))

    await visit.server.write(work)
    return visit.go(f"/accounts/{account_id}")


async def _hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(passwords.CHECKERS, passwords.hashed, password)


def _note(visit: Visit, before: Any, after: Any) -> None:
    act = visit.server.act
    if act is not None:
        act.note(before, after)


def _grants(values: Mapping[str, str]) -> list[Grant]:
    """The role that a form adds, at the office that it names; none when it names no role."""
    role = values.get("role", "")
    if not role:
        return []
    known: dict[str, Role] = {each: each for each in ROLES}
    if role not in known:
        raise Conflict("there is no such role", key="role_unknown")
    return [Grant(known[role], values.get("office_id") or None)]


def _choices(visit: Visit, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "roles": [(role, visit.texts.of("role", role)) for role in ROLES],
        "login_longest": LOGIN_LONGEST,
        "offices": sorted(names.items(), key=lambda each: each[1]),
    }


def _shown(account: Account, visit: Visit, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "login": account.login,
        "name": account.name,
        "person_id": account.person_id,
        "unlinked": account.unlinked,
        "unlisted": account.unlisted,
        "disabled": account.disabled_utc is not None,
        "factor": account.has_factor,
        "needs_factor": account.needs_factor,
        "must_change": account.must_change,
        "own": visit.session is not None and visit.session.actor.account_id == account.account_id,
        "grants": [
            {
                "key": f"{grant.role}:{grant.office_id or REGENCY}",
                "role": visit.texts.of("role", grant.role),
                "office": "" if grant.office_id is None else names.get(grant.office_id, grant.office_id),
            }
            for grant in account.grants
        ],
    }


def _password_page(visit: Visit, account: Account, password: str) -> Response:
    values = {"login": account.login, "account_id": account.account_id, "password": password}
    return visit.page("accounts/password.html", values)
