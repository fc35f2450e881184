"""docs/openapi-admin.json, walked: a client can be made of it, and it promises nothing that cannot be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from etpp.accounts.table import TABLE
from etpp.base.problems import document

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi-admin.json").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
CALLS = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
FOREIGN = {
    "OfficeShown.calendar": "docs/protocol.md has it, and a calendar of an earlier release may have another form",
    "PlacedOfficeShown.calendar": "the same",
    "EnrolmentShown.consent": "as the terminal sent it",
    "EnrolmentShown.renewal": "as the terminal sent it",
    "DeviceShown.hardware": "as the terminal described itself",
    "DeviceShown.heartbeat": "as the terminal sent it",
    "EventShown.event": "as the terminal sent it, broken ones too",
    "EventShown.problem": "the problem document that the terminal was told, with members of its own",
}
"""Members of answers that the server only keeps: their form is somebody else's."""
WHOLE = {
    "GET /v1/admin/offices": "a regency has about a hundred, and a tree is of use whole",
    "GET /v1/admin/devices": "a few for each office",
    "GET /v1/admin/recognisers": "a line for each office, and what was decided in years",
    "GET /v1/admin/codes": "those that are good at this moment",
    "GET /v1/admin/policies": "a few in ten years",
    "GET /v1/admin/offices/{office_id}/people": "of one office",
    "GET /v1/admin/employees/{person_id}": "of one person",
    "GET /v1/admin/employees/{person_id}/statements/{month}": "of one person and month",
    "GET /v1/admin/presence": "of one office and day",
    "GET /v1/admin/manual-entries/counts": "a line for each office and whoever decides there",
    "GET /v1/admin/letters/{letter_id}": "of one letter",
    "GET /v1/admin/calendar": "of one year",
    "GET /v1/admin/calendar/days": "of one office, at most 366 days",
    "GET /v1/admin/calendar/proposals": "of one year",
    "GET /v1/admin/months/{month}": "one for each office",
    "GET /v1/admin/offices/{office_id}/months/{month}": "of one office and month: its hash is over the whole list",
    "GET /v1/admin/offices/{office_id}/months/{month}/audit": "of one office and month",
}
"""Calls that answer with a list and have no pages, and what bounds it."""


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and what it is made of, without what it refers to; each with the name of its member."""
    if isinstance(schema, list):
        for each in schema:
            yield from parts(each, path)
    elif isinstance(schema, dict):
        yield path, schema
        for name, each in schema.get("properties", {}).items():
            yield from parts(each, f"{path}.{name}")
        for word in ("items", "prefixItems", "anyOf", "allOf", "oneOf"):
            yield from parts(schema.get(word), path)


def referred(schema: Any) -> set[str]:
    """The names of all models that a schema leads to."""
    found: set[str] = set()
    todo = [schema]
    while todo:
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(todo.pop())):
            if name not in found:
                found.add(name)
                todo.append(SCHEMAS[name])
    return found


def good(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Media type and schema of the one answer that is none of a failure."""
    (answer,) = [each for status, each in operation["responses"].items() if status < "300"]
    media_type = next(iter(answer["content"]))
    return media_type, answer["content"][media_type]["schema"]


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_is_a_model_or_a_file(call: str) -> None:
    media_type, schema = good(CALLS[call])
    if media_type != "application/json":
        assert schema == {"type": "string", "format": "binary"}
        return
    assert list(schema) == ["$ref"]
    for name in referred(schema):
        for member, part in parts(SCHEMAS[name], name):
            said = part.keys() - {"title", "description", "default", "examples"}
            assert said, f"{member} may be anything"
            if part.get("type") == "object" and not part.get("properties"):
                assert member in FOREIGN or part.get("additionalProperties") not in (None, True), member


def test_nothing_else_is_of_another_form() -> None:
    found = {
        member
        for name, schema in SCHEMAS.items()
        for member, part in parts(schema, name)
        if part.get("additionalProperties") is True and name.endswith("Shown")
    }
    assert found == set(FOREIGN)


@pytest.mark.parametrize("call", CALLS)
def test_problems_are_those_of_the_table_under_their_own_status(call: str) -> None:
    problems = {status: each for status, each in CALLS[call]["responses"].items() if status >= "400"}
    assert problems.keys() >= {"401", "500", "503"}
    assert "422" not in problems
    for status, answer in problems.items():
        assert answer["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        }
        names = re.findall(r"`([a-z-]+)`", answer["description"])
        assert names
        assert {str(document(name, "")["status"]) for name in names} == {status}


@pytest.mark.parametrize("call", CALLS)
def test_a_body_may_be_too_large_and_nothing_else(call: str) -> None:
    assert ("413" in CALLS[call]["responses"]) == ("requestBody" in CALLS[call])


@pytest.mark.parametrize("call", CALLS)
def test_a_thing_that_a_path_names_may_be_missing(call: str) -> None:
    named = set(re.findall(r"{(\w+)}", call)) - {"month"}
    if named:
        assert "404" in CALLS[call]["responses"]


def test_the_token_is_a_scheme_and_no_parameter() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert all(set(each) <= set(schemes) for each in DOCUMENT["security"])
    assert DOCUMENT["security"]
    assert not [call for call, each in CALLS.items() for asked in each.get("parameters", ()) if asked["in"] == "header"]


@pytest.mark.parametrize("call", CALLS)
def test_each_call_names_the_roles_that_may(call: str) -> None:
    token, session = CALLS[call]["security"]
    assert token == {"token": ["bkpp"]}
    assert session["session"] == sorted(TABLE.rules[call].roles) != []
    assert ("csrf" in session) is (not call.startswith("GET "))


def test_every_call_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [each["operationId"] for each in CALLS.values()]
    assert len(set(names)) == len(names)
    for each in CALLS.values():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", each["operationId"])
        assert each["summary"] != each["operationId"].replace("_", " ").title(), "FastAPI made it of the name"
    summaries = [each["summary"] for each in CALLS.values()]
    assert len(set(summaries)) == len(summaries)


def test_every_model_is_described_and_used() -> None:
    assert not [name for name, each in SCHEMAS.items() if name.endswith("Shown") and not each.get("description")]
    assert not [name for name in SCHEMAS if "__" in name], "two rooms have a model of one name"
    assert set(SCHEMAS) == referred(DOCUMENT["paths"])


def test_a_list_has_pages_or_is_bounded_by_its_question() -> None:
    unpaged = set()
    for call, each in CALLS.items():
        media_type, schema = good(each)
        if not call.startswith("GET") or media_type != "application/json":
            continue
        members = SCHEMAS[schema["$ref"].rpartition("/")[2]]["properties"].values()
        asked = {parameter["name"] for parameter in each.get("parameters", ())}
        paged = "limit" in asked and asked & {"after", "offset"}
        if any(part.get("type") == "array" for member in members for _, part in parts(member)) and not paged:
            unpaged.add(call)
    assert unpaged == set(WHOLE)
