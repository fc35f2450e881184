"""`kiosk sync`: events out, gallery in. The composition root of that process."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from pathlib import Path

import click

from kiosk import config as configuration
from kiosk import sync
from kiosk.commands.options import config_option, state_option
from kiosk.errors import GalleryError, IdentityError
from kiosk.gallery import TinyGallery
from kiosk.journal import carry, waiting
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.download import Download
from kiosk.link.part import SealedPart
from kiosk.link.pause import network_state
from kiosk.machine.clock import SystemClock
from kiosk.machine.ending import ending
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder, SyncStatus
from kiosk.machine.watchdog import Notifier, Watchdog

log = logging.getLogger(__name__)

ALIVE_WITHIN_S = 300.0
"""The longest silence of either thread. A long poll takes a minute at most; a slow download reports every chunk."""


@click.command("sync")
@config_option
@state_option
def command(config: Path | None, state: Path) -> None:
    """Send events to the e-TPP server and fetch the gallery. Ends on SIGTERM or SIGINT."""
    server = configuration.load(config).server
    folder = StateFolder(state).open()
    manager = Notifier.from_environment()
    with ending() as stop, folder.lock("sync"):
        identity = Identity.load(folder.identity_dir, server_url=server.url)
        if identity.revoked:
            with contextlib.suppress(OSError):
                folder.gallery_part_path.unlink()
            folder.write_status(SyncStatus(revoked=True))
            raise IdentityError(
                "the server has revoked this terminal. `kiosk events export` saves what it still holds."
            )
        outbox = SqliteOutbox(folder.outbox_path, identity.device_id, key=identity.storage_key).open()
        try:
            clock = SystemClock(outbox.anchors)
            carry.vouch(outbox, clock.now(), identity.attest)
            carry.set_incomplete_aside(outbox)
            settings = sync.SyncSettings(
                ca_file=server.ca_file or identity.provisioning.ca_file,
                timeout_s=server.timeout_s,
                batch_events=server.batch_events,
                batch_bytes=server.batch_bytes,
                retry_s=server.retry_s,
                retry_ceiling_s=server.retry_ceiling_s,
                long_poll_s=server.long_poll_s,
                heartbeat_s=server.heartbeat_s,
                audit_days=server.audit_days,
            )
            cache = TinyGallery(folder.gallery_path, identity.storage_key)

            def in_use() -> list[str]:
                """Who waits is still known after a day; without a gallery that says so, nobody is."""
                try:
                    snapshot = cache.load()
                except GalleryError:
                    return []
                if snapshot.bulletin.local_use is None:
                    return []
                now = clock.now()
                held = outbox.own_enrolments(waiting.since(snapshot, now))
                return [each.event_id for each in waiting.usable(snapshot, held, now)]

            watchdog = Watchdog.from_environment(dict.fromkeys(sync.PARTS, ALIVE_WITHIN_S))
            parts = sync.SyncParts(
                folder=folder,
                queue=JournalQueue(outbox),
                cache=cache,
                signer=identity,
                clock=clock,
                in_step=clock.in_step,
                faults=outbox.faults,
                random=random.SystemRandom(),
                download=Download(
                    SealedPart(
                        folder.gallery_part_path,
                        identity.storage_key,
                        identity.device_id,
                        lambda: clock.now().wall_utc,
                    )
                ),
                progress=watchdog.progress,
                network=lambda: network_state() + folder.asked_to_send(),
                in_use=in_use,
            )
            log.info("sync with %s as terminal %s", identity.server_url, identity.device_id)
            manager.ready(f"terminal {identity.device_id} of {identity.server_url}")
            patting = threading.Thread(target=watchdog.run, args=(stop,), name="watchdog", daemon=True)
            patting.start()
            watchdog.notifier.ready("running")
            sync.run(settings, parts, stop)
            watchdog.notifier.stopping()
            patting.join()
        finally:
            manager.stopping()
            outbox.close()
