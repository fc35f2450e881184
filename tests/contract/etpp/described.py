"""docs/openapi-admin.json beside every answer that a test gets: what was answered is what the document says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from schemathesis import openapi
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi-admin.json").read_text(encoding="utf-8"))
_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Any]]:
    """Method, pattern of the path, and operation; a path with fewer names in it comes first."""
    found: list[Any] = [each.ok() for each in openapi.from_dict(DOCUMENT).get_all_operations()]  # type: ignore[union-attr]
    found.sort(key=lambda operation: operation.path.count("{"))
    return [(each.method.upper(), _pattern(each.path), each) for each in found]


def _pattern(path: str) -> re.Pattern[str]:
    """`/offices/{office_id}/people` as what its addresses look like."""
    parts = re.split(r"{(\w+)}", path)
    return re.compile("".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def fault(answer: requests.Response) -> str:
    """What the document does not say of this answer; empty when it says all. Of a call that there is not, nothing."""
    method, path = answer.request.method, urlsplit(str(answer.request.url)).path
    for verb, shape, operation in _operations():
        if verb == method and (named := shape.fullmatch(path)):
            return _fault(operation, named.groupdict(), answer)
    return ""


def _fault(operation: Any, names: dict[str, str], answer: requests.Response) -> str:
    try:
        operation.Case(path_parameters=names).validate_response(answer, checks=_CHECKS)
    except FailureGroup as group:
        return f"{operation.label} {answer.status_code}: {'; '.join(str(each) for each in group.exceptions)}"
    if answer.status_code < 400:
        return ""
    name = answer.json()["type"].rpartition(":")[2]
    listed = operation.definition.raw["responses"][str(answer.status_code)]["description"]
    return "" if f"`{name}`" in listed else f"{operation.label}: {name} is not among {listed}"
