"""The golden files are what their generator writes, and the OpenAPI document what the app is."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"


def test_the_golden_files_are_as_generated() -> None:
    spec = importlib.util.spec_from_file_location("golden_generate", GOLDEN / "generate.py")
    if spec is None or spec.loader is None:
        raise ImportError("generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, document in generate.documents().items():
        kept = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
        assert kept == document, f"{name}.json: run tests/golden/generate.py"


@pytest.mark.parametrize(("option", "file"), [([], "openapi.json"), (["--administration"], "openapi-admin.json")])
def test_the_openapi_document_is_the_apps(option: list[str], file: str) -> None:
    """Where this fails: `etpp openapi > docs/openapi.json`, or with the option into docs/openapi-admin.json."""
    made = subprocess.run(
        [sys.executable, "-m", "etpp", "openapi", *option], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(made.stdout) == json.loads((ROOT / "docs" / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", ["openapi.json", "openapi-admin.json"])
def test_the_openapi_document_is_valid_openapi_3_1(file: str) -> None:
    document = json.loads((ROOT / "docs" / file).read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    next(iter(next(iter(document["paths"].values())).values()))["responses"] = []
    assert list(OpenAPIV31SpecValidator(document).iter_errors()), "the validator sees a fault"


def test_the_openapi_document_holds_the_four_calls_and_nothing_else() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    calls = {(method, path) for path, item in document["paths"].items() for method in item}
    device = "/v1/devices/{device_id}"
    assert calls == {
        ("post", "/v1/provision"),
        ("post", f"{device}/events"),
        ("get", f"{device}/gallery"),
        ("post", f"{device}/heartbeat"),
    }
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert references <= set(schemas)
