"""The OpenAPI documents: of the four calls that an existing e-TPP has to implement (`etpp openapi`), and of the
administrator's (`etpp openapi --administration`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from etpp.base.describe import VERSION, may
from etpp.base.shapes import ProblemDocument, Shape

_THINGS_APART = {"month"}
"""What an address may name besides things that can be missing."""
_TEXTS_APART = {"format", "pattern", "enum", "const"}
"""What a text that cannot be anything has in its schema."""


def document(app: FastAPI, shapes: Iterable[type[Shape]]) -> dict[str, Any]:
    """OpenAPI 3.1 of what the app's terminal routes are, whose requests and answers have these `shapes`.

    The administrator's calls and the console are not in it.
    """
    found = get_openapi(
        title="Presensi terminal protocol",
        version="1",
        summary="The four calls between an attendance terminal and e-TPP",
        description="docs/protocol.md is the text; this gives the shapes. Every request is signed by RFC 9421.",
        routes=app.routes,
    )
    found.setdefault("components", {})["schemas"] = _schemas((*shapes, ProblemDocument))
    for path in found["paths"].values():
        for operation in path.values():
            # FastAPI's own answer to invalid parameters: here it is the problem `malformed`.
            operation["responses"].pop("422", None)
    return found


def administration(routers: Iterable[APIRouter]) -> dict[str, Any]:
    """OpenAPI 3.1 of the administrator's calls. An operation has its function's name.

    A router says which problems its calls can give of their own (`describe.may`); what follows from how a call is asked
    is added here: `not-found` of what a path names, `conflict` where a text meets the database, which cannot hold every
    one, `malformed` where something is checked, `too-large` where there is a body.
    """
    app = FastAPI(title="e-TPP, administration", version="1", generate_unique_id_function=lambda route: route.name)
    for router in routers:
        app.include_router(router)
    found = app.openapi()
    schemas = found["components"]["schemas"]
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    found["components"]["schemas"] = dict(sorted((schemas | _schemas([ProblemDocument])).items()))
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    for path in found["paths"].values():
        for operation in path.values():
            _complete(operation)
    return found


def _complete(operation: dict[str, Any]) -> None:
    asked = [each for each in operation.pop("parameters", ()) if each["name"] != "authorization"]
    if asked:
        operation["parameters"] = asked
    answers = operation["responses"]
    answers.pop("422", None)
    body = "requestBody" in operation
    problems = ["unauthorized", "forbidden", "unavailable", "internal"]
    if body:
        problems.append("too-large")
    if body or any((each["required"] and each["in"] == "query") or not _any_text(each["schema"]) for each in asked):
        problems.append("malformed")
    if any(each["in"] == "path" and each["name"] not in _THINGS_APART for each in asked):
        problems.append("not-found")
    if body or any(_any_text(each["schema"]) for each in asked):
        problems.append("conflict")
    for status, answer in answers.items():
        if int(status) < 400:
            answer["headers"] = VERSION | answer.get("headers", {})
    answers |= {str(status): answer for status, answer in may(*problems).items()}
    operation["responses"] = dict(sorted(answers.items()))


def _any_text(schema: Mapping[str, Any]) -> bool:
    """Whether every text of an address is one of these."""
    if "anyOf" in schema:
        return any(_any_text(each) for each in schema["anyOf"])
    return schema.get("type") == "string" and not schema.keys() & _TEXTS_APART


def _schemas(shapes: Iterable[type[Shape]]) -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    found = models_json_schema([(shape, "validation") for shape in shapes], ref_template=template)[1]
    return dict(sorted(found["$defs"].items()))
