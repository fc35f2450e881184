"""`etpp policy`: whether a policy's file can be used, and what it says in sentences."""

from __future__ import annotations

from pathlib import Path

import click

from etpp.allowance.explain import explain
from etpp.allowance.model import Policy
from etpp.allowance.policy import DELIVERED, PolicyError, delivered_text, read_policy
from etpp.commands.place import as_json_option, print_values

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
    policy = _read(file)
    print_values(
        {
            "policy_id": policy.policy_id,
            "title": policy.title,
            "first": policy.first.isoformat(),
            "last": None if policy.last is None else policy.last.isoformat(),
            "sha256": policy.sha256,
        },
        as_json,
    )


@command.command("explain")
@click.argument("policy", default=DELIVERED[0])
@as_json_option
def policy_explain(policy: str, as_json: bool) -> None:
    """Print what POLICY says in sentences: a file, or the name of a delivered one."""
    found = read_policy(delivered_text(policy)) if policy in DELIVERED else _read(Path(policy))
    if as_json:
        print_values({"policy_id": found.policy_id, "sentences": list(explain(found))}, as_json)
        return
    for sentence in explain(found):
        click.echo(sentence)


def _read(file: Path) -> Policy:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _Refused(f"{file}: more than {MAX_BYTES} bytes are no policy")
        return read_policy(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Refused(f"{file}: no UTF-8 text") from error
    except OSError as error:
        names = ", ".join(DELIVERED)
        raise _Refused(f"{file}: cannot be read ({error.strerror}); delivered policies are {names}") from error
    except PolicyError as error:
        raise _Refused(f"{file}: {error}") from error
