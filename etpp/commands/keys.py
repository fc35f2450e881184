"""`etpp keys`: the keys that sign galleries, changed without a visit to any terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from etpp.base.clock import utc_now
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.terminals.keyring import KeyRing, Ring
from etpp.terminals.model import Device
from etpp.terminals.store import Devices


@click.group("keys")
def command() -> None:
    """The keys that sign galleries."""


@command.command("list")
@pass_place
@as_json_option
def list_keys(place: Place, as_json: bool) -> None:
    """List the keys in use, and the terminals that do not hold all of them."""
    ring = place.secrets().keys.now()
    devices = _alive(place)
    missing = {each.key_id: lacking(devices, ring, each.key_id) for each in ring.signers}
    rows = [
        {
            "key_id": key_id,
            "signs": key_id == ring.signer.key_id,
            "held_by": len(devices) - len(found),
            "terminals": len(devices),
        }
        for key_id, found in missing.items()
    ]
    behind = [
        {
            "office_id": device.office_id,
            "device_id": device.device_id,
            "last_seen_utc": None if device.last_seen_utc is None else format_time(device.last_seen_utc),
            "lacks": [key_id for key_id, found in missing.items() if device in found],
        }
        for device in devices
        if any(device in found for found in missing.values())
    ]
    if as_json:
        print_values({"serial": ring.serial, "keys": rows, "behind": behind}, as_json)
        return
    print_table(rows, ("key_id", "signs", "held_by", "terminals"), False)
    if behind:
        click.echo("\nTerminals that have not said that they hold all of them:")
        print_table(behind, ("office_id", "device_id", "last_seen_utc", "lacks"), False)


@command.command()
@pass_place
@as_json_option
def rotate(place: Place, as_json: bool) -> None:
    """Make a new key. The old one goes on signing until it is retired; terminals take the new one with a heartbeat."""
    ring = place.secrets().keys
    with ring.changing() as now:
        changed = now.with_new_key(utc_now())
        ring.keep(changed)
    print_values({"key_id": changed.signers[-1].key_id, "serial": changed.serial}, as_json)


@command.command()
@click.argument("key_id")
@click.option("--force", is_flag=True, help="Although terminals have not taken the key that will sign: a stolen key.")
@pass_place
@as_json_option
def retire(place: Place, key_id: str, force: bool, as_json: bool) -> None:
    """Give up a key: nothing that it signed is believed any more by a terminal that has heard of it.

    Refused while a terminal that is not revoked has not said that it holds the key which signs from then on. With
    --force such a terminal refuses galleries until its next heartbeats have brought it the keys; one that does not take
    them (its software ignores them, or a thief gave it others) has to be provisioned anew.
    """
    ring: KeyRing = place.secrets().keys
    with ring.changing() as now:
        changed = now.without(key_id, utc_now())
        missing = lacking(_alive(place), now, changed.signer.key_id)
        if missing and not force:
            raise Conflict(
                f"{len(missing)} terminals have not said that they hold the key {changed.signer.key_id}, which will "
                "sign then: see `etpp keys list`. Wait for their heartbeats, revoke them, or use --force."
            )
        ring.keep(changed)
    print_values({"key_id": key_id, "serial": changed.serial, "behind": [each.device_id for each in missing]}, as_json)
    if missing:
        click.echo(
            f"{len(missing)} terminals refuse galleries until their heartbeats have brought them the keys. "
            "Provision anew those that `etpp keys list` still names after they were seen again.",
            err=True,
        )


def lacking(devices: Sequence[Device], ring: Ring, key_id: str) -> list[Device]:
    """Those that have not said that they hold the key."""
    return [device for device in devices if key_id not in ring.held(_serial(device))]


def _serial(device: Device) -> int | None:
    """What the newest heartbeat named; None before the first, and from a terminal whose software names nothing."""
    serial = (device.heartbeat or {}).get("server_keys_serial")
    return serial if isinstance(serial, int) else None


def _alive(place: Place) -> list[Device]:
    return [device for device in place.read(lambda tx: Devices(tx).all()) if device.revoked_utc is None]
