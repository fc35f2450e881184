"""`etpp cohort`: the numbers by which terminals compare faces."""

from __future__ import annotations

import click

from etpp.base.clock import utc_now
from etpp.books.staging import forget_staged
from etpp.commands.place import Place, as_json_option, operated_by, pass_place, print_values
from etpp.faces.cohort import refresh
from etpp.faces.moving import settle
from etpp.faces.recognisers import RECOGNISERS
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger


@click.command("cohort")
@pass_place
@as_json_option
def command(place: Place, as_json: bool) -> None:
    """Bring the templates' cohort numbers up to date over the whole regency; for a nightly timer.

    It also forgets carried events that have not become whole in 30 days, and takes faces off the terminals of offices
    that their people have left.
    """
    with place.database() as database:
        with database.begin() as tx:
            forget_staged(tx, utc_now())
            settled = settle(tx, utc_now())
            if settled:
                after = {**operated_by(), "faces_settled": settled}
                Ledger(tx).append(Said("command", "etpp cohort", {}, after=after), utc_now())
        changed = sum(refresh(database, each.model_id, utc_now()) for each in RECOGNISERS.values() if each.numbered)
    print_values({"people_changed": changed, "faces_settled": settled}, as_json)
