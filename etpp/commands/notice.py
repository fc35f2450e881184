"""`etpp notice`: what terminals say to everybody who passes."""

from __future__ import annotations

import datetime as dt

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.base.encoding import format_time
from etpp.bulletin import service
from etpp.bulletin.asked import NewNotice
from etpp.bulletin.model import Notice
from etpp.bulletin.store import NOTICES
from etpp.commands.local import MINUTE, by_option, office_option, utc_of
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction

_COLUMNS = ("notice_id", "office_id", "from_utc", "until_utc", "text_id", "text_en")


@click.group("notice")
def command() -> None:
    """Notices on terminals: added, listed, withdrawn."""


@command.command("add")
@click.argument("text")
@click.option("--english", default="", help="The same in English. Default: the Indonesian text.")
@click.option("--from", "first", type=MINUTE, required=True, help="Local time, such as 2026-11-24T07:30.")
@click.option("--until", "until", type=MINUTE, required=True, help="Local time.")
@office_option
@by_option
@pass_place
@as_json_option
def notice_add(
    place: Place,
    *,
    text: str,
    english: str,
    first: dt.datetime,
    until: dt.datetime,
    office_id: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Show TEXT on the terminals of an office, or of all."""

    def add(tx: Transaction) -> Notice:
        start, end = utc_of(tx, first, office_id), utc_of(tx, until, office_id)
        given = {"office_id": office_id, "text_id": text, "text_en": english, "by": by}
        return service.add_notice(tx, asked(NewNotice, **given, from_utc=start, until_utc=end), utc_now())

    print_values(_shown(place.change(add)), as_json)


@command.command("list")
@pass_place
@as_json_option
def notice_list(place: Place, as_json: bool) -> None:
    """Every notice that was not withdrawn, by id; the office is `*` for all."""
    print_table([_shown(each) for each in place.read(NOTICES.find)], _COLUMNS, as_json)


@command.command("withdraw")
@click.argument("notice_id")
@by_option
@pass_place
@as_json_option
def notice_withdraw(place: Place, notice_id: str, by: str, as_json: bool) -> None:
    """Take a notice off the terminals."""
    gone = place.change(lambda tx: service.withdraw_notice(tx, notice_id, by, utc_now()), {"notice": notice_id})
    print_values(_shown(gone), as_json)


def _shown(notice: Notice) -> dict[str, str]:
    return {
        "notice_id": notice.notice_id,
        "office_id": notice.office_id,
        "from_utc": format_time(notice.from_utc),
        "until_utc": format_time(notice.until_utc),
        "text_id": notice.text_id,
        "text_en": notice.text_en,
    }
