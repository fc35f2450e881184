"""The table of who may do what: it is of the routes that there are, and what its roles are for."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from pydantic import BaseModel

from etpp.accounts.rules import Place, Rule, Table, Whose, could, may
from etpp.accounts.table import TABLE
from etpp.app import ADMINISTRATION, administration_document, create_app
from etpp.db import Database
from etpp.serving.acting import ROLES, TOKEN, Actor, Grant, Role
from etpp.state import State
from tests.contract.etpp.test_broken_routes import walk

HERE, THERE = Whose(frozenset({"here"})), Whose(frozenset({"there"}))
REGENCY: tuple[Role, ...] = ("bkpp", "inspector")
FOR_BKPP_ALONE = {"GET /console/signals"}
"""Who is forced is shown to those alone who can help (decision 99)."""
LEADS_TO_THE_OWN = {"GET /console/phone"}
"""Shows nothing: it is the way to the page where an employee sees the own."""
CHANGES_NOTHING = {
    "POST /v1/admin/reports",
    "DELETE /v1/admin/reports/{job_id}",
    "POST /console/reports",
    "POST /console/reports/{job_id}/end",
    "POST /console/inspection/bundles",
}
"""Making a report or a bundle, and ending it: nothing of the records is another one afterwards."""

QUESTION = re.compile(
    r"/console/(.*/)?(approve|reject|revoke|write-off|rename|erase|withdraw|new|close|pay|reviews/.+)$"
)
"""A page that asks whether something shall be done is for who may do it."""


def test_every_route_is_declared_and_nothing_else_is(tmp_path: Path) -> None:
    app = create_app(Database("sqlite://"), State(tmp_path / "state"))
    routes = {f"{method} {path}" for method, path in walk(list(app.routes))}
    guarded = {each for each in routes if "/v1/admin" in each or "/console" in each or "/phone/api" in each}
    assert guarded == set(TABLE.rules)
    assert len(guarded) > 120
    assert {each.split(" ")[1] for each in routes - guarded} == {
        "/v1/provision",
        "/v1/devices/{device_id}/events",
        "/v1/devices/{device_id}/gallery",
        "/v1/devices/{device_id}/heartbeat",
        "/m/",  # which leads to the console's page of that name
        "/phone",
        "/phone/",
        "/phone/{name}",
    }


def test_a_path_is_found_under_the_route_that_answers_it() -> None:
    for key in TABLE.rules:
        method, path = key.split(" ", 1)
        found = TABLE.find(method, re.sub(r"{\w+}", "x1", path))
        assert found is not None
        assert found[0] == path
    assert TABLE.find("GET", "/v1/admin/nothing") is None
    assert TABLE.find("GET", "/v1/admin/offices/a/b/c/d") is None
    assert TABLE.find("GET", "/console/offices/a%2Fb/people/") is None


def test_what_names_the_acting_person_is_declared_as_that() -> None:
    """A call that takes `by` and the like takes a logged-in account's own, and none is forgotten."""
    document = administration_document()
    schemas = document["components"]["schemas"]
    acting = {"by", "proposed_by", "entered_by", "submitted_by"}
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            rule = TABLE.rules[f"{method.upper()} {path}"]
            content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            asked = {("body", each) for each in schemas.get(name, {}).get("properties", {}) if each in acting}
            asked |= {("query", each["name"]) for each in call.get("parameters", []) if each["name"] in acting}
            declared = set() if rule.acts is None else {(rule.acts.part, rule.acts.name)}
            assert (path, asked) == (path, declared)


def test_an_inspector_reads_everything_that_is_of_no_account_alone_and_changes_nothing() -> None:
    inspector = Actor("i", (Grant("inspector"),))
    for key, rule in TABLE.rules.items():
        if rule.open != "roles":
            continue
        # A page that asks whether something shall be done is for who may do it.
        question = re.search(
            r"/console/(.*/)?(approve|reject|revoke|write-off|rename|erase|withdraw|new|close|pay|reviews/.+|calendar/preview|imports(/.+)?)$",
            key,
        )
        reads = key.startswith("GET ") and rule.acts is None and question is None
        reads &= key not in LEADS_TO_THE_OWN and key not in FOR_BKPP_ALONE
        assert (key, may(inspector, rule, HERE)) == (key, reads or key in CHANGES_NOTHING)


SETS_UP = re.compile(
    r"/(offices(/{office_id}(/place|/renewal.*|/recogniser|/people.*|/codes.*)?)?|recogniser|roster/imports|kinds|codes"
    r"|activities/catalogue|calendar(/roster)?|policies.*|devices/.*|terminals/.*|accounts.*|imports.*|nip-pin|local-use"
    r"|officers|notices|offices/{office_id}/(officers|notices)/.*|people/{person_id}/phones/{phone_id}/end)$"
)
"""What an installation is made of; an import of what takes two people looks for itself."""
ONLY_KEPT = {"POST /v1/admin/documents"} | CHANGES_NOTHING | {"POST /console/policies/trials/{trial_id}/end"}


def test_of_whom_nobody_says_who_they_are_reads_and_sets_up_and_is_no_half_of_what_takes_two() -> None:
    named = Actor("n", tuple(Grant(role, None) for role in ("bkpp", "operator", "head")))  # type: ignore[arg-type]
    unlinked = replace(named, unlinked=True)
    for key, rule in TABLE.rules.items():
        path = re.sub(r"^\S+ (/v1/admin|/console)", "", key)
        if rule.open != "roles" or not may(named, rule, HERE):
            continue
        sets_up = SETS_UP.fullmatch(path) is not None and "/phones/code" not in path
        approves = path.endswith("/renewal/approve")
        if key.startswith("GET "):
            assert rule.two == (QUESTION.search(key) is not None and not SETS_UP_PAGE.search(key)), key
        else:
            assert rule.two == (not (sets_up and not approves) and key not in ONLY_KEPT), key
        assert may(unlinked, rule, HERE) == could(unlinked, rule) == (not rule.two), key


SETS_UP_PAGE = re.compile(r"/(accounts/new|(terminals|codes|people/{person_id})(/.*)?/\w+(-off)?)$")


def test_a_technician_has_terminals_and_no_people() -> None:
    technician = Actor("t", (Grant("technician", "here"),))
    taken = {key for key, rule in TABLE.rules.items() if rule.open == "roles" and could(technician, rule)}
    assert {key for key in taken if not re.search(r"/codes|/devices|/terminals", key)} == {
        "GET /v1/admin/offices",
        "GET /v1/admin/kinds",
        "GET /v1/admin/policies",
        "GET /v1/admin/calendar",
        "GET /v1/admin/calendar/days",
        "GET /v1/admin/calendar/proposals",
        "GET /v1/admin/activities/catalogue",
        "GET /v1/admin/activities/catalogue.xlsx",
        "GET /console/live",  # that something happened, not what
    }


@pytest.mark.parametrize("role", ["operator", "head", "technician"])
def test_a_role_at_an_office_is_none_at_another(role: Role) -> None:
    actor = Actor("o", (Grant(role, "here"),))
    for key, rule in TABLE.rules.items():
        if rule.open == "roles" and not rule.listed:
            assert not may(actor, rule, THERE), key
            assert not may(actor, rule, Whose()), key
            assert may(actor, rule, HERE) == (role in rule.roles and rule.of is not None), key


@pytest.mark.parametrize("role", ["superior", "employee"])
def test_who_acts_for_themselves_sees_what_is_their_own(role: Role) -> None:
    actor = Actor("e", (Grant(role),), person_id="p1")
    for key, rule in TABLE.rules.items():
        if rule.open == "roles" and role in rule.roles and not rule.listed and rule.acts is None:
            assert may(actor, rule, Whose(frozenset({"here"}), "p1")), key
            assert not may(actor, rule, Whose(frozenset({"here"}), "p2")), key
            assert not may(Actor("x", (Grant(role),)), rule, Whose(frozenset(), None)), key


def test_the_administrators_token_has_bkpps_rights() -> None:
    for key, rule in TABLE.rules.items():
        if key.split(" ")[1].startswith("/v1/admin"):
            assert may(TOKEN, rule, Whose()), key


def test_no_account_may_nothing() -> None:
    for rule, whose in product(TABLE.rules.values(), (HERE, Whose())):
        if rule.open == "roles":
            assert not may(Actor("n", ()), rule, whose)


def test_every_role_is_somewhere() -> None:
    assert {role for rule in TABLE.rules.values() for role in rule.roles} == set(ROLES)


def test_a_route_without_a_declaration_is_not_found() -> None:
    table = Table({"GET /v1/admin/a": Rule("roles", frozenset({"bkpp"}), of=Place("path", "x"))})
    assert table.find("POST", "/v1/admin/a") is None
    assert table.methods("/v1/admin/a") == {"GET"}
    assert table.methods("/v1/admin/b") == frozenset()


def test_the_administration_is_made_of_strict_models_or_known_ones() -> None:
    """What a model does not know may not slip past the door in a member of another name."""
    loose = set()
    for router in ADMINISTRATION:
        for route in router.routes:
            for field in getattr(getattr(route, "dependant", None), "body_params", []):
                model = field.field_info.annotation
                if isinstance(model, type) and issubclass(model, BaseModel):
                    loose |= {model.__name__} if model.model_config.get("extra") != "forbid" else set()
    # Older ones, which name nobody who acts.
    assert loose == {"NewOffice", "ChangedOffice", "RenamedPerson", "NewPerson"}
