"""The OpenAPI document of the four calls that an existing e-TPP has to implement: `etpp openapi`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from etpp.base.shapes import ProblemDocument, Shape


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
    every: list[type[Shape]] = [*shapes, ProblemDocument]
    schemas = models_json_schema(
        [(shape, "validation") for shape in every], ref_template="#/components/schemas/{model}"
    )[1]["$defs"]
    found.setdefault("components", {})["schemas"] = dict(sorted(schemas.items()))
    for path in found["paths"].values():
        for operation in path.values():
            # FastAPI's own answer to invalid parameters: here it is the problem `malformed`.
            operation["responses"].pop("422", None)
    return found
