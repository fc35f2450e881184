"""`kiosk provision`: make this machine a terminal of an office."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from kiosk import config as configuration
from kiosk.commands.options import config_option, state_option
from kiosk.errors import IdentityError
from kiosk.journal.outbox import recorder_of
from kiosk.link.provision import provision
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity, candidate, parse_provisioning
from kiosk.machine.state import StateFolder

if TYPE_CHECKING:
    from kiosk.machine.invitation import Invitation

SCAN_S = 60.0
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@click.command("provision")
@click.argument("code", required=False)
@click.option("--server", "server_url", metavar="URL", help="Address of the e-TPP server.")
@click.option("--scan", is_flag=True, help="Read code and address from the console's QR code, held to the camera.")
@click.option("--ca-file", type=click.Path(path_type=Path), help="The office's own certificate authority.")
@click.option("--replace", is_flag=True, help="Give up the identity that this machine has and take a new one.")
@click.option("--rotate-key", is_flag=True, help="Change the key of a provisioned terminal with its next heartbeat.")
@config_option
@state_option
def command(
    code: str | None,
    server_url: str | None,
    scan: bool,
    ca_file: Path | None,
    replace: bool,
    rotate_key: bool,
    config: Path | None,
    state: Path,
) -> None:
    """Make this machine a terminal, with the one-time CODE from the console."""
    settings = configuration.load(config)
    server = settings.server
    folder = StateFolder(state).open()
    if rotate_key:
        Identity.load(folder.identity_dir).begin_rotation()
        click.echo("the key changes with the next heartbeat of `kiosk sync`")
        return
    if scan:
        invitation = _scan(settings.camera)
        code, server_url = invitation.code, server_url or invitation.server_url
    address = server_url or server.url
    if not code or not address:
        raise click.UsageError("give the code, and the server's address with --server URL; or use --scan.")
    check_address(address)
    authority = str(ca_file.resolve()) if ca_file else server.ca_file
    # Nothing may be recorded under the old identity while it is being given up.
    with folder.lock("sync"), folder.lock("run"):
        if (folder.identity_dir / "provisioning.json").exists() and not replace and not _revoked(folder):
            raise IdentityError("this machine is a terminal already. Use --replace to give that identity up.")
        applicant = candidate(folder.identity_dir, recorder=recorder_of(folder.outbox_path))
        answer = provision(
            code.strip(),
            address,
            public_key=applicant.public_key,
            sign=applicant.sign,
            ca_file=authority,
            timeout_s=server.timeout_s,
            clock=SystemClock(),
        )
        record = parse_provisioning(answer, address, authority)
        applicant.adopt(record)
        folder.status_path.unlink(missing_ok=True)  # what it says is of the former identity, "revoked" perhaps
    click.echo(f"terminal {record.device_id} of {record.office_name}")


def check_address(address: str) -> None:
    """TLS everywhere but on this machine itself (docs/protocol.md, "Common rules")."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise click.UsageError("the server's address must start with https:// (http:// only on this machine itself).")


def _scan(camera: configuration.Camera) -> Invitation:
    from kiosk.camera import configured_camera  # OpenCV takes a second to load, and only this needs it
    from kiosk.machine.invitation import watch_for_invitation

    source = configured_camera(camera)
    click.echo("hold the console's QR code to the camera")
    try:
        invitation = watch_for_invitation(source.read, SCAN_S)
    finally:
        source.close()
    if invitation is None:
        raise IdentityError(f"no code was read in {SCAN_S:.0f} s. Hold it nearer, or type it: `kiosk provision CODE`.")
    return invitation


def _revoked(folder: StateFolder) -> bool:
    return (folder.identity_dir / "revoked").exists()
