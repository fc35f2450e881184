"""What can be changed in a module, one operator, constant or condition at a time: Cosmic Ray's operators, and a choice.

Left out is what no test can or should notice: annotations, the flags of dataclasses and of their fields, and the
condition of `if TYPE_CHECKING`. Of an operator's many replacements the near ones are taken (`<` becomes `<=` and
`>=`): `a ** b` or `a is b` in its place raise at once or pass everywhere, and would only embellish or spoil the share.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

OPERATORS = tuple(
    f"core/{name}"
    for name in (
        *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE")),
        *(f"ReplaceComparisonOperator_{pair}" for pair in ("GtE_Gt", "GtE_Lt", "Eq_NotEq", "NotEq_Eq")),
        *(f"ReplaceComparisonOperator_{pair}" for pair in ("Is_IsNot", "IsNot_Is")),
        *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul")),
        *(f"ReplaceBinaryOperator_{pair}" for pair in ("Mod_Mul", "Pow_Mul", "BitOr_BitAnd", "BitAnd_BitOr")),
        *(f"ReplaceBinaryOperator_{pair}" for pair in ("LShift_RShift", "RShift_LShift", "BitXor_BitAnd")),
        *("ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_Invert"),
        *("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
        *("NumberReplacer", "ZeroIterationForLoop"),
        *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    )
)

Position = tuple[int, int]
Span = tuple[Position, Position]


@dataclass(frozen=True)
class Mutant:
    """One change of one module: in which definition, the line before and after, and the module's whole new text.

    `nth`: which of several places where the same definition has the same line. Together with it the first three name
    the mutant however the module's other lines move.
    """

    definition: str
    was: str
    now: str
    nth: int
    line: int
    text: str

    @property
    def name(self) -> str:
        return "\n".join((self.definition, self.was, self.now, str(self.nth)))


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a module's text, in the order of its lines. Raises SyntaxError for what is no Python."""
    tree, lines = ast.parse(source), source.splitlines()
    left_out, definitions = list(_left_out(tree, lines)), list(_definitions(tree, lines))
    binary = [_span(node, lines) for node in ast.walk(tree) if isinstance(node, ast.BinOp | ast.AugAssign)]
    nodes = list(ast_nodes(get_ast(source)))
    found: list[tuple[Position, str, str, str, str]] = []
    for name in OPERATORS:
        operator = get_operator(name)()
        places = [span for node in nodes for span in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            if any(first <= start and end <= last for first, last in left_out):
                continue
            if "Binary" in name and not any(first <= start and end <= last for first, last in binary):
                continue  # the library takes the star of a signature and the bar of a pattern for operators
            text = mutate_code(source, operator, occurrence)
            if text is None:
                raise ValueError(f"{name} counts {len(places)} places and does not find number {occurrence}")
            was, now = _difference(lines, text.splitlines())
            inside = [definition for definition, (first, last) in definitions if first <= start <= last]
            found.append((start, inside[-1] if inside else "", was, now, text))
    seen: Counter[tuple[str, str, str]] = Counter()
    mutants = []
    for start, definition, was, now, text in sorted(found, key=lambda each: (each[0], each[3])):
        mutants.append(Mutant(definition, was, now, seen[definition, was, now], start[0], text))
        seen[definition, was, now] += 1
    return mutants


def _difference(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines that differ, without their indentation."""
    first = next(row for row in range(len(before)) if row >= len(after) or before[row] != after[row])
    while before[-1:] == after[-1:] and min(len(before), len(after)) > first + 1:
        before, after = before[:-1], after[:-1]
    was, now = (" ".join(line.strip() for line in lines[first:]) for lines in (before, after))
    return was, now


def _left_out(tree: ast.Module, lines: list[str]) -> Iterator[Span]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield _span(node.annotation, lines)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield _span(node.returns, lines)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"dataclass", "field"}:
            yield from (_span(keyword.value, lines) for keyword in node.keywords if keyword.arg not in _OF_VALUE)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield _span(node.test, lines)


_OF_VALUE = {"default", "default_factory"}


def _definitions(tree: ast.Module, lines: list[str]) -> Iterator[tuple[str, Span]]:
    """Every function and class by its qualified name, the outer before the inner."""

    def inside(node: ast.AST, path: str) -> Iterator[tuple[str, Span]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{path}.{child.name}" if path else child.name
                yield name, _span(child, lines)
                yield from inside(child, name)
            else:
                yield from inside(child, path)

    return inside(tree, "")


def _span(node: ast.expr | ast.stmt, lines: list[str]) -> Span:
    """From where to where, in characters as the library counts them; `ast` counts bytes."""

    def position(line: int, column: int) -> Position:
        return line, len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return position(node.lineno, node.col_offset), position(node.end_lineno, node.end_col_offset)
