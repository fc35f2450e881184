"""Every command that a document writes down is there, with its options; and every command is in a document.

Read are code spans, and lines of blocks, that begin with `kiosk`, `enroll` or `etpp`; and behind such a span, in the
same line, those that go on without the name: `etpp letter list`, `letter show LETTER`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from enrollment.cli import cli as enroll
from etpp.__main__ import cli as etpp
from kiosk.__main__ import cli as kiosk

ROOT = Path(__file__).parents[3]
PROGRAMS: dict[str, click.Command] = {"kiosk": kiosk, "enroll": enroll, "etpp": etpp}
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "systemd/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
# As somebody else, by its whole path: no part of the command.
BEFORE = re.compile(rf"^(?:sudo (?:-u \w+ )?)?(?:/[\w/]+/)?(?=(?:{'|'.join(PROGRAMS)})\b)")
OPTION = re.compile(r"--?[a-z][a-z-]*")
ANYWHERE = frozenset({"--help", "--state", "--db"})
"""`--state` and `--db` of `etpp` stand before or behind a command's name."""


def spans_of(text: str) -> Iterator[list[str]]:
    """The code of each line of a text, without comments, and without what a table needs before a `|`."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield [line.strip().split(" #")[0]]
        else:
            yield [span.replace("\\|", "|") for span in re.findall(r"`([^`]+)`", line)]


def below(command: click.Command, name: str) -> click.Command | None:
    return command.get_command(click.Context(command), name) if isinstance(command, click.Group) else None


def follow(ways: list[tuple[str, click.Command]], words: list[str]) -> Iterator[list[tuple[str, click.Command]]]:
    """Each way from a program down to a command that `words` go; `a|b` goes both. What is not there ends it."""
    command = ways[-1][1]
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in ANYWHERE else 1 :]
    if not isinstance(command, click.Group) or not words or words[0] == "…":
        yield ways
        return
    for name in words[0].strip(",;.:").split("|"):
        found = below(command, name)
        if found is None:
            yield [*ways, (name, click.Command(None))]
        else:
            yield from follow([*ways, (name, found)], words[1:])


def written_in(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The commands that a text writes down, and what of each is not there: the command itself, or an option."""
    for spans in spans_of(text):
        last: list[tuple[str, click.Command]] = []
        for span in spans:
            words = re.sub(r"[\[\]()]", " ", BEFORE.sub("", span)).split()
            if words and words[0] in PROGRAMS:
                ways, words = [(words[0], PROGRAMS[words[0]])], words[1:]
            else:
                while last and (not words or below(last[-1][1], words[0].split("|")[0]) is None):
                    last = last[:-1]
                ways = last
            if not ways:
                continue
            for way in follow(ways, words):
                last = way
                yield " ".join(name for name, _ in way), missing(way, words)


def missing(way: list[tuple[str, click.Command]], words: list[str]) -> frozenset[str]:
    name, command = way[-1]
    if command.name is None:
        return frozenset({name})
    parameters = [parameter for _, each in way for parameter in each.params]
    known = {option for each in parameters for option in (*each.opts, *each.secondary_opts)}
    said = {option for word in words for option in word.split("|") if OPTION.fullmatch(option)}
    return frozenset(said - known - ANYWHERE)


def commands_of(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for each in command.list_commands(click.Context(command)):
            found = below(command, each)
            assert found is not None
            yield from commands_of(found, f"{name} {each}")
    else:
        yield name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_written_down_can_be_typed(path: Path) -> None:
    written = written_in(path.read_text(encoding="utf-8"))
    assert [(command, sorted(wrong)) for command, wrong in written if wrong] == []


def test_every_command_is_written_down() -> None:
    written = {command for path in DOCUMENTS for command, _ in written_in(path.read_text(encoding="utf-8"))}
    there = {each for name, program in PROGRAMS.items() for each in commands_of(program, name)}
    assert sorted(there - written) == []


@pytest.mark.parametrize(
    ("text", "command", "wrong"),
    [
        ("`kiosk dance`", "kiosk dance", {"dance"}),
        ("`kiosk run --dance`", "kiosk run", {"--dance"}),
        (
            "`sudo -u presensi /opt/presensi/venv/bin/kiosk models install PATH --loud`",
            "kiosk models install",
            {"--loud"},
        ),
        ("`etpp letter list`, `letter show LETTER --sideways`", "etpp letter show", {"--sideways"}),
        ("| `etpp office place ID [--kind opd\\|uptd] [--loud]` |", "etpp office place", {"--loud"}),
        ("```\nkiosk doctor --loud   # it says\n```", "kiosk doctor", {"--loud"}),
        ("`kiosk events list|lose`", "kiosk events lose", {"lose"}),
        ("`kiosk events --state FOLDER lose`", "kiosk events lose", {"lose"}),
    ],
)
def test_what_is_not_there_is_found(text: str, command: str, wrong: set[str]) -> None:
    assert [(found, set(missed)) for found, missed in written_in(text) if missed] == [(command, wrong)]


def test_what_only_names_a_program_is_no_command() -> None:
    text = "`sudo systemctl stop kiosk` and `journalctl --unit kiosk --lines 50`, `kiosk.service`, then `--loud`."
    assert [found for found in written_in(text) if found[1]] == []
