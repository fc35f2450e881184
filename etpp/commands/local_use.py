"""`etpp local-use`: whether a terminal may know whom it has enrolled before BKPP has approved the face."""

from __future__ import annotations

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.bulletin import service
from etpp.bulletin.asked import NewLocalUse
from etpp.bulletin.model import MOST_DAYS
from etpp.commands.local import by_option, office_option
from etpp.commands.place import Place, as_json_option, pass_place, print_values


@click.command("local-use")
@click.argument("days", type=click.IntRange(0, MOST_DAYS))
@office_option
@by_option
@pass_place
@as_json_option
def command(place: Place, *, days: int, office_id: str | None, by: str, as_json: bool) -> None:
    """Let a terminal know whom it has enrolled for DAYS before BKPP has approved the face; 0 allows none of it.

    What it records meanwhile is held: it counts only when that very enrolment is approved.
    """
    new = asked(NewLocalUse, office_id=office_id, days=days, by=by)
    made = place.change(lambda tx: service.set_local_use(tx, new, utc_now()))
    print_values({"office_id": made.office_id, "days": made.days}, as_json)
