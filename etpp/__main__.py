"""The `etpp` command: the server, and what its operator does without the console."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from etpp import daybook, roster, terminals
from etpp.clock import utc_now
from etpp.cohort import refresh
from etpp.errors import Conflict, EtppError, NotFound, StateError, StoreUnavailable
from etpp.forms import device_json, office_json, person_json
from etpp.keys import keys
from etpp.place import Place, as_json_option, pass_place, place_of, place_options, print_table, print_values
from etpp.ports import Transaction
from etpp.state import CONSOLE_USER, State
from etpp.store import SqlStore
from etpp.wire import DLIB_RESNET_V1

EXIT_CODES: dict[type[EtppError], int] = {NotFound: 66, Conflict: 65, StateError: 73, StoreUnavailable: 75}
"""As sysexits.h: no such input, data refused, cannot create, try again later."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@place_options
@click.pass_context
def cli(context: click.Context, state: Path | None, db: str | None) -> None:
    """The reference e-TPP server of the attendance terminals."""
    context.obj = place_of(state, db)


@cli.command()
@pass_place
@as_json_option
def init(place: Place, as_json: bool) -> None:
    """Make the state folder, its keys and the tables. Harmless when they are there."""
    State(place.state)
    with place.store():
        pass
    initial = place.state / "console-password"
    print_values(
        {
            "state": str(place.state),
            "console_user": CONSOLE_USER,
            "console_password_file": str(initial) if initial.exists() else None,
            "admin_token_file": str(place.state / "admin-token"),
        },
        as_json,
    )


@cli.command()
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
@pass_place
def password(place: Place, password: str) -> None:
    """Set the console's password."""
    if len(password) < 10:
        raise Conflict("the password needs ten characters or more")
    State(place.state).set_password(password)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free port.")
@click.option(
    "--approve",
    type=click.Choice(["manual", "auto"]),
    default="manual",
    show_default=True,
    help="Whether enrolments wait for BKPP or go to the terminals at once.",
)
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True), help="PEM file with its chain.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True), help="PEM file of the certificate's key.")
@place_options
@pass_place
def serve(
    outer: Place,
    *,
    host: str,
    port: int,
    approve: Literal["manual", "auto"],
    tls_certificate: Path | None,
    tls_key: Path | None,
    state: Path | None,
    db: str | None,
) -> None:
    """Run the server. Prints one JSON line with its url when it is ready."""
    from etpp.app import create_app
    from etpp.context import Settings
    from etpp.serve import bind, run

    place = place_of(state, db, outer)
    secrets = State(place.state)
    with place.store() as store:
        try:
            listener = bind(host, port)
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host}:{port}: {error.strerror}. Is another server running?"
            ) from error
        run(create_app(store, secrets, Settings(approve=approve)), listener, tls_certificate, tls_key)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document of the four calls."""
    import tempfile

    from etpp.app import create_app
    from etpp.openapi import text

    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore("sqlite://")
        click.echo(text(create_app(store, State(Path(folder)))), nl=False)
        store.close()


@cli.command()
@click.argument("office_id")
@pass_place
@as_json_option
def code(place: Place, office_id: str, as_json: bool) -> None:
    """Make a one-time code with which one terminal of OFFICE_ID is provisioned."""
    text, expires = place.change(lambda tx: terminals.new_code(tx, office_id, utc_now()))
    if as_json:
        print_values({"code": text, "office_id": office_id, "expires_utc": expires.isoformat()}, as_json)
    else:
        click.echo(text)


@cli.command()
@pass_place
@as_json_option
def cohort(place: Place, as_json: bool) -> None:
    """Bring the templates' cohort numbers up to date over the whole regency; for a nightly timer."""
    with place.store() as store:
        changed = refresh(store, DLIB_RESNET_V1, utc_now())
    print_values({"people_changed": changed}, as_json)


@cli.group()
def office() -> None:
    """Offices."""


@office.command("add")
@click.argument("office_id")
@click.argument("name")
@click.option(
    "--timezone", default="Asia/Jakarta", show_default=True, help="Asia/Jakarta, Asia/Makassar, Asia/Jayapura."
)
@click.option("--calendar", type=click.File("r"), help="JSON file with the calendar, as in docs/protocol.md.")
@pass_place
@as_json_option
def office_add(place: Place, office_id: str, name: str, timezone: str, calendar: Any | None, as_json: bool) -> None:
    """Add an office."""
    now = utc_now()
    hours = json.load(calendar) if calendar is not None else roster.first_calendar(timezone, now.date())
    added = place.change(lambda tx: roster.add_office(tx, office_id, name, hours, now))
    print_values(office_json(added) if as_json else {"office_id": office_id, "name": name}, as_json)


@office.command("list")
@pass_place
@as_json_option
def office_list(place: Place, as_json: bool) -> None:
    """List the offices."""
    offices = place.read(lambda tx: tx.offices.all())
    print_table([office_json(each) for each in offices], ("office_id", "name", "gallery_version"), as_json)


@cli.group()
def person() -> None:
    """People."""


@person.command("add")
@click.argument("office_id")
@click.argument("nip")
@click.argument("name")
@pass_place
@as_json_option
def person_add(place: Place, office_id: str, nip: str, name: str, as_json: bool) -> None:
    """Add a person; the face comes with an enrolment."""
    added = place.change(lambda tx: roster.add_person(tx, office_id, nip, name, utc_now()))
    print_values(person_json(added), as_json)


@person.command("list")
@click.argument("office_id")
@click.option("--erased", is_flag=True, help="Also those whose face data was erased.")
@pass_place
@as_json_option
def person_list(place: Place, office_id: str, erased: bool, as_json: bool) -> None:
    """List an office's people."""
    people = place.read(lambda tx: tx.people.everyone(office_id, erased))
    print_table([person_json(each) for each in people], ("person_id", "nip", "name", "templates", "erased"), as_json)


@person.command("remove")
@click.argument("office_id")
@click.argument("person_id")
@click.option("--forget", is_flag=True, help="Also name and NIP: their presences stay in the books without a name.")
@pass_place
@as_json_option
def person_remove(place: Place, office_id: str, person_id: str, forget: bool, as_json: bool) -> None:
    """Erase a person's face data here and on every terminal."""
    version = place.change(lambda tx: roster.erase_person(tx, office_id, person_id, utc_now(), forget))
    print_values({"person_id": person_id, "gallery_version": version}, as_json)


@cli.group()
def device() -> None:
    """Terminals."""


@device.command("list")
@click.option("--office", "office_id", default=None)
@pass_place
@as_json_option
def device_list(place: Place, office_id: str | None, as_json: bool) -> None:
    """List the terminals."""
    devices = place.read(lambda tx: tx.devices.all(office_id))
    columns = ("office_id", "device_id", "last_seen_utc", "gallery_version", "revoked_utc")
    print_table([device_json(each) for each in devices], columns, as_json)


@device.command("revoke")
@click.argument("device_id")
@pass_place
@as_json_option
def device_revoke(place: Place, device_id: str, as_json: bool) -> None:
    """Refuse a terminal from now on; it stops recording and keeps what it has not sent."""
    revoked = place.change(lambda tx: terminals.revoke(tx, device_id, utc_now()))
    print_values({"device_id": revoked.device_id, "office_id": revoked.office_id}, as_json)


@cli.group()
def presence() -> None:
    """The day's presence."""


@presence.command("list")
@click.option("--office", "office_id", default=None, help="Default: every office.")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Default: today, local to the office."
)
@pass_place
@as_json_option
def presence_list(place: Place, office_id: str | None, day: dt.datetime | None, as_json: bool) -> None:
    """Who came and went on a day."""
    now = utc_now()
    date = None if day is None else day.date()

    def books(tx: Transaction) -> list[dict[str, Any]]:
        ids = [office_id] if office_id else [each.office_id for each in tx.offices.all()]
        return [daybook.as_json(daybook.open_day(tx, each, date, now)) for each in ids]

    found = place.read(books)
    if as_json:
        print_values({"offices": found}, as_json)
        return
    rows = [
        {
            "office": book["office_id"],
            "date": book["date"],
            "nip": each["nip"],
            "name": each["name"],
            "status": each["status"],
            "arrival": each["arrival"] and each["arrival"]["local"][11:16],
            "late_min": each["arrival"] and each["arrival"]["minutes_off"],
            "departure": each["departure"] and each["departure"]["local"][11:16],
            "early_min": each["departure"] and each["departure"]["minutes_off"],
        }
        for book in found
        for each in book["people"]
    ]
    print_table(
        rows, ("office", "date", "nip", "name", "status", "arrival", "late_min", "departure", "early_min"), False
    )


cli.add_command(keys)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; expected failures end with a message and the exit code that EXIT_CODES gives."""
    try:
        cli(arguments, prog_name="etpp")
    except EtppError as error:
        click.echo(f"etpp: {error}", err=True)
        sys.exit(EXIT_CODES.get(type(error), 70))


if __name__ == "__main__":
    main()
