"""`etpp policy`: whether a policy's file can be used, and what it says in sentences."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import click

from etpp.allowance import month as months
from etpp.allowance.documents import policy_shown
from etpp.allowance.explain import explain
from etpp.allowance.model import Policy, PolicyUse
from etpp.allowance.policy import DELIVERED, PolicyError, delivered_text, read_policy
from etpp.allowance.store import USES, Policies
from etpp.base.clock import utc_now
from etpp.commands.local import DATE, by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction

MAX_BYTES = 1_000_000
"""A policy has a few kilobytes; whatever is larger was named by mistake."""


class _Refused(click.ClickException):
    exit_code = 65


@click.group("policy")
def command() -> None:
    """Policies of the allowance."""


@command.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json_option
def policy_check(file: Path, as_json: bool) -> None:
    """Say whether FILE is a policy, and its hash; refuse it with the reason."""
    print_values(policy_shown(_read(file)[0]).model_dump(), as_json)


@command.command("explain")
@click.argument("policy", default=DELIVERED[0])
@as_json_option
def policy_explain(policy: str, as_json: bool) -> None:
    """Print what POLICY says in sentences: a file, or the name of a delivered one."""
    found, _ = _named(policy)
    if as_json:
        print_values({"policy_id": found.policy_id, "sentences": list(explain(found))}, as_json)
        return
    for sentence in explain(found):
        click.echo(sentence)


@command.command("use")
@click.argument("policy", default=DELIVERED[0])
@click.option("--first", type=DATE, required=True, help="First day of the month from which the regency pays by it.")
@click.option("--last", type=DATE, help="Last day of a month. Default: until another one is decided.")
@by_option
@pass_place
@as_json_option
def policy_use(place: Place, policy: str, first: dt.datetime, last: dt.datetime | None, by: str, as_json: bool) -> None:
    """Pay by POLICY (a file, or the name of a delivered one) from a month on."""
    found, text = _named(policy)
    use = PolicyUse(str(uuid.uuid4()), found.sha256, first.date(), None if last is None else last.date())
    place.change(lambda tx: months.use_policy(tx, found, text, use, by, utc_now()))
    print_values(policy_shown(found, use).model_dump(), as_json)


@command.command("list")
@pass_place
@as_json_option
def policy_list(place: Place, as_json: bool) -> None:
    """By which policy the regency pays when, as it was decided. For one month, what was decided last counts."""

    def look(tx: Transaction) -> list[dict[str, Any]]:
        uses = USES.find(tx, order="recorded")
        return [
            policy_shown(policy, use).model_dump()
            for use in uses
            if (policy := Policies(tx).get(use.sha256)) is not None
        ]

    print_table(place.read(look), ("policy_id", "first", "last", "title"), as_json)


def _named(policy: str) -> tuple[Policy, str]:
    if policy in DELIVERED:
        text = delivered_text(policy)
        return read_policy(text), text
    return _read(Path(policy))


def _read(file: Path) -> tuple[Policy, str]:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _Refused(f"{file}: more than {MAX_BYTES} bytes are no policy")
        text = content.decode("utf-8")
        return read_policy(text), text
    except UnicodeDecodeError as error:
        raise _Refused(f"{file}: no UTF-8 text") from error
    except OSError as error:
        names = ", ".join(DELIVERED)
        raise _Refused(f"{file}: cannot be read ({error.strerror}); delivered policies are {names}") from error
    except PolicyError as error:
        raise _Refused(f"{file}: {error}") from error
