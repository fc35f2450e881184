"""`etpp letter`: letters of assignment and of leave, with their files."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path
from typing import get_args

import click

from etpp.absence import letters
from etpp.absence.asked import LetterBack, LetterVerdict, NewLetter
from etpp.absence.cabinet import Cabinet
from etpp.absence.content import MAX_BYTES
from etpp.absence.documents import LetterShown, letter_shown
from etpp.absence.letters import Standing
from etpp.absence.model import LetterState
from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.commands.local import (
    DATE,
    MINUTE,
    after_option,
    as_bounds,
    by_option,
    limit_option,
    month_option,
    office_option,
    utc_of,
)
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction

_COLUMNS = ("letter_id", "kind_id", "number", "state", "first_utc", "until_utc", "person_ids")
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("letter")
def command() -> None:
    """Letters: submitted, approved or refused, revoked."""


@command.command("add")
@click.option("--kind", "kind_id", required=True, help="A kind of `etpp kinds show`.")
@click.option("--number", required=True, help="The letter's own number.")
@click.option("--date", "date", type=DATE, required=True, help="The letter's own date, such as 2026-11-20.")
@click.option("--issuer", required=True, help="Who signed it.")
@click.option("--person", "people", multiple=True, required=True, help="NIP or id; again for each person.")
@click.option("--from", "first", type=MINUTE, required=True, help="Local time, such as 2026-11-24T07:30.")
@click.option("--until", "until", type=MINUTE, required=True, help="Local time; that minute is no part of it.")
@click.option("--office", "office_id", help="The office that submits it, for its own people. Default: BKPP.")
@click.option("--file", "file", type=_file, help="The scanned letter: PDF, JPEG, PNG or WebP.")
@by_option
@pass_place
@as_json_option
def letter_add(
    place: Place,
    *,
    kind_id: str,
    number: str,
    date: dt.datetime,
    issuer: str,
    people: tuple[str, ...],
    first: dt.datetime,
    until: dt.datetime,
    office_id: str | None,
    file: Path | None,
    by: str,
    as_json: bool,
) -> None:
    """Submit a letter for one or many people."""
    now = utc_now()

    def submit(tx: Transaction) -> LetterShown:
        new = asked(
            NewLetter,
            kind_id=kind_id,
            number=number,
            date=date.date(),
            issuer=issuer,
            people=list(people),
            first_utc=utc_of(tx, first, office_id),
            until_utc=utc_of(tx, until, office_id),
            submitted_by=by,
            office_id=office_id,
            document_sha256=sha256,
        )
        letter = letters.submit(tx, new, now)
        return letter_shown(letters.look(tx, letter.letter_id), letters.marks(tx, letter))

    sha256 = None if file is None else _keep(place, file, by)
    _show(place.change(submit), as_json)


@command.command("list")
@office_option
@click.option("--person", help="NIP or id.")
@click.option("--state", type=click.Choice(get_args(LetterState)))
@month_option
@click.option("--late", "after_the_fact", is_flag=True, help="Only those that were submitted when they had begun.")
@after_option
@limit_option
@pass_place
@as_json_option
def letter_list(
    place: Place,
    *,
    office_id: str | None,
    person: str | None,
    state: LetterState | None,
    month: str,
    after_the_fact: bool,
    after: str,
    limit: int,
    as_json: bool,
) -> None:
    """Letters by id."""
    start, end = as_bounds(month)
    found = place.read(
        lambda tx: letters.page(
            tx,
            office_id=office_id,
            person=person,
            state=state,
            start=start,
            end=end,
            after_the_fact=after_the_fact,
            after=after,
            limit=limit,
        )
    )
    print_table([letter_shown(each).model_dump(exclude={"marks"}) for each in found], _COLUMNS, as_json)


@command.command("show")
@click.argument("letter_id")
@pass_place
@as_json_option
def letter_show(place: Place, letter_id: str, as_json: bool) -> None:
    """One letter, with what whoever decides should know."""

    def look(tx: Transaction) -> LetterShown:
        found = letters.look(tx, letter_id)
        return letter_shown(found, letters.marks(tx, found.letter))

    _show(place.read(look), as_json)


@command.command("approve")
@click.argument("letter_id")
@click.option("--reason", default="")
@by_option
@pass_place
@as_json_option
def letter_approve(place: Place, letter_id: str, reason: str, by: str, as_json: bool) -> None:
    """Approve a letter."""
    _decide(place, letter_id, True, asked(LetterVerdict, by=by, reason=reason), as_json)


@command.command("refuse")
@click.argument("letter_id")
@click.option("--reason", default="")
@by_option
@pass_place
@as_json_option
def letter_refuse(place: Place, letter_id: str, reason: str, by: str, as_json: bool) -> None:
    """Refuse a letter."""
    _decide(place, letter_id, False, asked(LetterVerdict, by=by, reason=reason), as_json)


@command.command("revoke")
@click.argument("letter_id")
@click.option("--reason", required=True)
@by_option
@pass_place
@as_json_option
def letter_revoke(place: Place, letter_id: str, reason: str, by: str, as_json: bool) -> None:
    """Take a letter back, for good."""
    back = asked(LetterBack, by=by, reason=reason)
    revoked = place.change(lambda tx: letters.revoke(tx, letter_id, back.by, back.reason, utc_now()))
    _show(letter_shown(revoked), as_json)


@command.command("attach")
@click.argument("letter_id")
@click.argument("file", type=_file)
@by_option
@pass_place
@as_json_option
def letter_attach(place: Place, letter_id: str, file: Path, by: str, as_json: bool) -> None:
    """Give a letter that nobody has decided on its file."""
    sha256 = _keep(place, file, by)

    def attach(tx: Transaction) -> Standing:
        letters.attach(tx, letter_id, sha256, by, utc_now())
        return letters.look(tx, letter_id)

    _show(letter_shown(place.change(attach)), as_json)


def _decide(place: Place, letter_id: str, approved: bool, verdict: LetterVerdict, as_json: bool) -> None:
    now = utc_now()
    decided = place.change(lambda tx: letters.decide(tx, letter_id, approved, verdict.by, verdict.reason, now))
    _show(letter_shown(decided), as_json)


def _keep(place: Place, file: Path, by: str) -> str:
    """The hash of a file that is kept now. Raises Conflict for what is too large before it is read."""
    try:
        with file.open("rb") as opened:
            status = file.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                raise Conflict(f"{file}: no file of at most {MAX_BYTES} bytes; scan it at a lower resolution")
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise Conflict(f"{file}: cannot be read ({error.strerror})") from error
    with place.database() as database:
        return letters.keep_document(database.begin, Cabinet(place.state), content, by, utc_now()).sha256


def _show(letter: LetterShown, as_json: bool) -> None:
    print_values(letter.model_dump(exclude_none=not as_json), as_json)
