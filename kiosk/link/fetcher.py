"""Fetching the gallery by long poll, and bringing it in only when all that protects it holds."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk import wire
from kiosk.errors import GalleryError, ServerError
from kiosk.link.client import Client
from kiosk.link.download import Download
from kiosk.link.ports import GalleryCache, Signer
from kiosk.ports import Clock
from kiosk.wire.gallery import NotNewer, open_gallery

log = logging.getLogger(__name__)


class GalleryFetcher:
    """One thread, with a connection of its own."""

    def __init__(
        self,
        client: Client,
        cache: GalleryCache,
        signer: Signer,
        clock: Clock,
        download: Download,
        on_removal: Callable[[], object],
    ) -> None:
        self._client = client
        self._cache = cache
        self._signer = signer
        self._clock = clock
        self._on_removal = on_removal
        self._download = download
        self._version = cache.version()
        # A download from before the restart goes on, if it is one of everything or builds on what is here. Any other
        # is gone before a heartbeat can say what has been erased.
        self._whole = download.begun and download.since == 0
        download.aim(self._since)

    @property
    def version(self) -> int:
        return self._version

    def fetch(self, wait_s: int) -> bool:
        """Wait for something newer and apply it; whether there was. Raises what the client and the cache raise."""
        self._download.aim(self._since)
        try:
            answer = self._client.gallery(self._since, wait_s, self._download)
        except wire.WireError:
            self._download.forget()
            raise
        if answer is None:
            self._download.forget()
            return False
        try:
            return self._bring_in(answer)
        finally:
            self._download.forget()

    def discard(self) -> None:
        """The terminal was revoked: what it has begun to fetch is of no use to it."""
        self._download.forget()

    @property
    def _since(self) -> int:
        return 0 if self._whole else self._version

    def _bring_in(self, answer: wire.Json) -> bool:
        try:
            manifest, payload = open_gallery(
                answer,
                device_id=self._signer.device_id,
                current_version=self._version,
                verify=self._signer.verify_server,
            )
            self._cache.apply(manifest, payload, self._clock.now().wall_utc)
        except (wire.WireError, GalleryError) as error:
            # The next request asks for everything: a delta that does not fit is not tried twice. But asking for
            # everything does not make it newer: what was replayed, or fetched whole in vain, is simply not taken.
            self._whole = not isinstance(error, NotNewer)
            if isinstance(error, wire.WireError):
                raise ServerError(f"the server's gallery was refused: {error}.") from error
            raise
        self._download.forget()
        if manifest.base_version is None or payload.get("removed"):
            # Somebody may be gone: before this version is reported as erased, so is every other trace of a face.
            self._on_removal()
        self._version, self._whole = manifest.version, False
        log.info(
            "gallery version %d applied (%s)", manifest.version, "whole" if manifest.base_version is None else "changes"
        )
        return True
