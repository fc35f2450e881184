"""`etpp recognisers`: how far the offices are with another recogniser."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.commands.local import MINUTE, by_option, utc_of
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.faces import renewal
from etpp.faces.asked import Consented, TakenBack
from etpp.faces.documents import bulk_shown, recognisers_shown, renewal_shown
from etpp.faces.model import RenewalConsent
from etpp.roster.store import Roster


@click.group("recognisers")
def command() -> None:
    """Recognisers: which one counts where, and whose templates there are."""


@command.command("report")
@click.option("--decisions", is_flag=True, help="Who said which recogniser counts, and when, instead.")
@pass_place
@as_json_option
def report(place: Place, decisions: bool, as_json: bool) -> None:
    """Of each office: the recogniser that counts, and how many of its faces have templates of each."""
    found = place.read(recognisers_shown).model_dump()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif decisions:
        print_table(found["decisions"], ("utc", "office_id", "model_id", "by"), as_json=False)
    else:
        print_table([_row(each) for each in found["offices"]], COLUMNS, as_json=False)


COLUMNS = ("office_id", "recogniser", "faces", "templates", "unrecognised", "renewing", "consented", "waiting")


def _row(office: dict[str, Any]) -> dict[str, Any]:
    people = ", ".join(f"{model_id} {count}" for model_id, count in sorted(office["people"].items()))
    return office | {"templates": people or None}


model_option = click.option("--model", "model_id", required=True, help="fp-112, w600k-112.")
people_options = (
    click.option("--person", "people", multiple=True, help="A NIP or a person's id; may be said several times."),
    click.option(
        "--file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="As --person, one a line.",
    ),
)


def people_option(function: Any) -> Any:
    for each in people_options:
        function = each(function)
    return function


@command.command("renew")
@click.argument("office_id")
@click.option("--model", "model_id", help="fp-112, w600k-112.")
@click.option("--stop", is_flag=True, help="Nobody is asked any more; what waits, waits.")
@by_option
@pass_place
@as_json_option
def renew(place: Place, office_id: str, model_id: str | None, stop: bool, by: str, as_json: bool) -> None:
    """Let an office's terminals offer templates of a further model: of who has consented and is recognised well."""
    if (model_id is None) != stop:
        raise click.UsageError("say either --model or --stop")

    def work(tx: Transaction) -> dict[str, Any]:
        renewal.switch(tx, office_id, model_id, Roster(tx).actor(by), utc_now())
        return renewal_shown(renewal.progress(tx, office_id)).model_dump()

    print_values(place.change(work), as_json)


@command.command("consent")
@click.argument("office_id")
@model_option
@people_option
@click.option("--given", type=MINUTE, required=True, help="When, by the office's clock: 2026-11-24T08:00.")
@click.option("--text", "text_id", required=True, help="Which text was agreed to.")
@click.option("--officer", required=True, help="Before whom.")
@by_option
@pass_place
@as_json_option
def consent(
    place: Place,
    office_id: str,
    model_id: str,
    people: tuple[str, ...],
    file: Path | None,
    given: dt.datetime,
    text_id: str,
    officer: str,
    by: str,
    as_json: bool,
) -> None:
    """Record who has consented to templates of a further model."""

    def work(tx: Transaction) -> int:
        said = asked(
            Consented,
            by=by,
            model_id=model_id,
            people=_people(people, file),
            given_utc=utc_of(tx, given, office_id),
            text_id=text_id,
            officer=officer,
        )
        what = RenewalConsent("", model_id, said.given_utc, said.text_id, said.officer)
        return renewal.consent(tx, office_id, said.people, what, Roster(tx).actor(by), utc_now())

    print_values({"people": place.change(work)}, as_json)


@command.command("withdraw")
@click.argument("office_id")
@model_option
@people_option
@by_option
@pass_place
@as_json_option
def withdraw(
    place: Place, office_id: str, model_id: str, people: tuple[str, ...], file: Path | None, by: str, as_json: bool
) -> None:
    """Record who does not consent any more; their templates of the model are deleted here and on the terminals."""
    said = asked(TakenBack, by=by, model_id=model_id, people=_people(people, file))

    def work(tx: Transaction) -> int:
        return renewal.take_back(tx, office_id, said.people, model_id, Roster(tx).actor(by), utc_now())

    print_values({"people": place.change(work)}, as_json)


@command.command("approve")
@click.argument("office_id")
@by_option
@pass_place
@as_json_option
def approve(place: Place, office_id: str, by: str, as_json: bool) -> None:
    """Approve all offers of an office that wait and have no mark; the others are looked at one by one."""
    reviews = place.read(lambda tx: renewal.reviews(tx, office_id))
    found = place.change(lambda tx: renewal.approve_all(tx, office_id, reviews, Roster(tx).actor(by), utc_now()))
    done = bulk_shown(found).model_dump()
    if as_json:
        click.echo(json.dumps(done))
    else:
        print_values({"approved": len(done["approved"]), "left": len(done["left"])}, as_json)


def _people(people: tuple[str, ...], file: Path | None) -> list[str]:
    try:
        lines = [] if file is None else file.read_text(encoding="utf-8-sig").split()
    except (OSError, UnicodeDecodeError) as error:
        raise Conflict(f"{file}: cannot be read ({type(error).__name__})") from error
    return [*people, *lines]
