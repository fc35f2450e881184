"""`etpp audit bundle` and `etpp audit check`: a closed month in one signed file, and whether such a file holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import click

from etpp.allowance.model import Month
from etpp.base.clock import utc_now
from etpp.base.encoding import format_time
from etpp.bundle.check import check
from etpp.bundle.making import Asked, make
from etpp.bundle.model import Checked, NotABundle
from etpp.commands.local import MONTH
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.erasures.model import SETTLED
from etpp.erasures.model import Checked as CheckedProof
from etpp.erasures.sealing import check_file as check_proof
from etpp.erasures.sealing import is_proof
from etpp.roster import register

BROKEN, NO_FILE = 65, 66
"""Exit codes when something does not hold (EX_DATAERR), and when there is no such file (EX_NOINPUT)."""
MOST_MEMORY = 6 << 30
"""Of the process that opens a stranger's file: an office of two thousand people takes about two gigabytes."""


@click.command("bundle")
@click.option("--office", "office_id", required=True)
@click.option("--month", type=MONTH, required=True, help="A closed month such as 2026-11.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@pass_place
@as_json_option
def bundle(place: Place, office_id: str, month: Month, out: Path, as_json: bool) -> None:
    """Write a closed month with everything that is needed to check it without this server into one signed file.

    It holds personal data. That it was taken out is in the audit log.
    """
    place.change(lambda tx: register.office(tx, office_id), {"office_id": office_id, "month": str(month)})
    ring = place.secrets().keys.now()
    with place.database() as database:
        make(database, ring, Asked(office_id, month, "command"), out, utc_now(), lambda stage, done, of: None)  # noqa: ARG005
    values = {"file": str(out), "bytes": out.stat().st_size, "root": ring.root}
    print_values(values, as_json)


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", "roots", multiple=True, help="Id of a key that you know to be the server's, from elsewhere.")
@as_json_option
def check_file(file: Path, roots: tuple[str, ...], as_json: bool) -> None:
    """Check FILE, made by `etpp audit bundle`, without server and database, and name whatever does not hold. A proof of
    erasure, taken from the console, is checked for its signature, and what it says is printed.

    Every hash, chain and signature is made again, and every statement is reckoned anew from the facts in the file. Exit
    code 0: all holds; 65: something does not, or the file is no bundle; 66: there is no such file. Without --key all
    rests on the server's first key as the file names it: compare its id, which is printed, with the one that BKPP has
    published (`etpp keys list`).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        if is_proof(file):
            _tell_erasure(check_proof(file, roots), as_json)
            return
        found = check(file, roots)
    except OSError as error:
        click.echo(f"{file}: {error.strerror}", err=True)
        sys.exit(NO_FILE)
    except (NotABundle, MemoryError) as error:
        why = str(error) or "it takes more memory than any bundle does"
        if as_json:
            print_values({"holds": False, "refused": why}, as_json)
        else:
            click.echo(f"{file} is no bundle that can be checked: {why}")
        sys.exit(BROKEN)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    _tell(found, as_json)
    if found.faults:
        sys.exit(BROKEN)


def _tell_erasure(found: CheckedProof, as_json: bool) -> None:
    """Exits with BROKEN when none of the server's keys signed it."""
    said = found.document
    waiting = [each["device_id"] for each in said["terminals"] if each["state"] not in SETTLED]
    values = {
        "holds": found.signed,
        "office_id": said["office_id"],
        "person_id": said["person_id"],
        "complete": said["complete"],
        "made": said["made_utc"],
        "made_by": said["made_by"],
        "root": found.root,
        "waiting": waiting,
    }
    if as_json:
        print_values(values, as_json)
    else:
        click.echo(
            f"erasure of {said['person_id']} at {said['office_id']}: {'HOLDS' if found.signed else 'NOT SIGNED'}"
        )
        click.echo(f"made {said['made_utc']} by {said['made_by']}, {said['software']}")
        click.echo(f"everything rests on the key {found.root}: is that the one that BKPP has published?")
        for each in said["erasures"]:
            click.echo(
                f"erased {each['erased_utc']} by {each['done_by']}, at the wish of: {each['asked_by'] or 'not said'}"
            )
        for each in said["terminals"]:
            click.echo(f"  terminal {each['device_id']}: {each['state']} {each['said_utc'] or ''}".rstrip())
    if not found.signed:
        sys.exit(BROKEN)


def _tell(found: Checked, as_json: bool) -> None:
    manifest, audited = found.manifest, found.audited
    values = {
        "holds": not found.faults,
        "office_id": manifest.office_id,
        "month": manifest.month,
        "made": format_time(manifest.made_utc),
        "made_by": manifest.made_by,
        "software": manifest.software,
        "root": found.root,
        "statements": None if audited is None else audited.statements,
        "presences": None if audited is None else audited.events,
        "signed": None if audited is None else audited.signed,
    }
    if as_json:
        faults = [{"what": each.what, "detail": each.said} for each in found.faults]
        print_values(values | {"faults": faults}, as_json)
        return
    click.echo(f"{manifest.office_id} {manifest.month}: {'HOLDS' if not found.faults else 'DOES NOT HOLD'}")
    click.echo(f"made {values['made']} by {manifest.made_by}, {manifest.software}")
    click.echo(f"everything rests on the key {found.root}: is that the one that BKPP has published?")
    if audited is not None:
        click.echo(f"{audited.statements} statements reckoned again from the facts in the file")
        click.echo(f"{audited.events} presences, {audited.signed} of them signed by their terminals")
        for device, events in audited.unsigned:
            click.echo(f"  not signed by its terminal, an older one: {events} presences of {device}")
        for each in audited.otherwise:
            click.echo(f"  look at this: {each}")
        for person, entry in audited.manual:
            click.echo(f"  rests on a manual entry: {entry} of {person}")
        for person, correction in audited.corrections:
            click.echo(f"  rests on a correction: {correction} of {person}")
        for each in audited.despite:
            click.echo(f"  was open when two people closed it: {each}")
    for fault in found.faults:
        click.echo(f"  {fault.what}: {fault.said}")
