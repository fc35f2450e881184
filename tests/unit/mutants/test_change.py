"""What is changed in a module, and what is left alone."""

from __future__ import annotations

import pytest

from tests.mutants.change import mutants_of


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a <= b\n", {"a < b", "a > b"}),  # the edge, and the other side
        ("a == b\n", {"a != b"}),
        ("a is not None\n", {"a is None"}),
        ("LIMIT_S = 8\n", {"LIMIT_S = 9", "LIMIT_S = 7"}),
        ("strict = True\n", {"strict = False"}),
        ("a and b\n", {"a or b"}),
        ("a + b\n", {"a - b"}),
        ("x = -a\n", {"x = +a"}),
        ("x = a if b else c\n", {"x = a if not b else c"}),
        ("if not a:\n    b\n", {"if not not a:", "if a:"}),
        ("for a in b:\n    c\n", {"for a in []:"}),
        ("while a:\n    break\n", {"while not a:", "continue"}),
    ],
)
def test_each_operator_constant_and_condition_is_changed(source: str, changed: set[str]) -> None:
    assert {" ".join(mutant.now.split()) for mutant in mutants_of(source)} == changed


@pytest.mark.parametrize(
    "source",
    [
        "def f(a: int | None = None, *b: int | str) -> int | None: ...\n",
        "a: int | None\n",
        "@dataclass(frozen=True, slots=True)\nclass A:\n    b: int = field(compare=False, repr=False)\n",
        "if TYPE_CHECKING:\n    import a\n",
        "def f(a, *, b): ...\n",
        'match a:\n    case "b" | "c": ...\n',
    ],
)
def test_annotations_and_flags_are_left_alone(source: str) -> None:
    assert mutants_of(source) == []


def test_a_fields_default_is_a_value_like_any_other() -> None:
    source = "@dataclass\nclass A:\n    b: int = field(default=3, repr=False)\n"
    assert len(mutants_of(source)) == 2


def test_a_mutant_keeps_its_name_when_other_lines_move() -> None:
    source = "def outer():\n    def inner():\n        return 1\n    return '×', 1, 1\n"
    before, after = mutants_of(source), mutants_of('"""New."""\n\n' + source)
    assert [mutant.name for mutant in before] == [mutant.name for mutant in after]
    assert [mutant.line + 2 for mutant in before] == [mutant.line for mutant in after]
    assert len({mutant.name for mutant in before}) == len(before)
    assert {mutant.definition for mutant in before} == {"outer", "outer.inner"}
