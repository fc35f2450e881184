"""docs/python.md: its example runs, and the calls are as they are promised there."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.faces import astronaut
from kiosk.face import open_engine
from kiosk.face.engine import Engine
from kiosk.liveness import Liveness
from kiosk.matcher import Matcher
from kiosk.model import Face, LivenessVerdict, Match, Quality
from kiosk.model import Liveness as State

DOCUMENT = (Path(__file__).parents[3] / "docs" / "python.md").read_text(encoding="utf-8")


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    shutil.copy(astronaut(), tmp_path / "face.png")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/python.md", "exec"), names)
    assert isinstance(names["face"], Face)
    assert isinstance(names["face"].quality, Quality)
    assert (names["descriptor"].shape, names["descriptor"].dtype) == ((128,), np.float32)
    match, verdict = names["match"], names["verdict"]
    assert isinstance(match, Match)
    assert (match.person_id, match.reason) == ("p-1", "accepted")
    assert isinstance(verdict, LivenessVerdict)
    assert verdict.state is State.PENDING


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        (open_engine, ["name"]),
        (Engine.faces, ["self", "frame_rgb"]),
        (Engine.describe, ["self", "frame_rgb", "face"]),
        (Matcher, ["gallery"]),
        (Matcher.identify, ["self", "descriptors"]),
        (Liveness, ["policy", "models"]),
        (Liveness.update, ["self", "frame_rgb", "face", "t_s"]),
        (Liveness.reset, ["self"]),
    ],
)
def test_calls_take_what_is_promised_and_ask_for_no_more(call: Callable[..., object], parameters: list[str]) -> None:
    signature = inspect.signature(call)
    assert list(signature.parameters)[: len(parameters)] == parameters
    for parameter in list(signature.parameters.values())[len(parameters) :]:
        assert parameter.default is not inspect.Parameter.empty
    assert signature.return_annotation is not inspect.Signature.empty or inspect.isclass(call)


@pytest.mark.parametrize("kind", [Match, LivenessVerdict])
def test_every_field_of_an_answer_is_in_the_document(kind: type) -> None:
    assert [name for name in inspect.signature(kind).parameters if f"`{name}`" not in DOCUMENT] == []
