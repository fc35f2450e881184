"""Fetching the gallery by long poll, and bringing it in only when all that protects it holds."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk import wire
from kiosk.errors import GalleryError, ServerError
from kiosk.ports import Clock
from kiosk.sync_client import Client
from kiosk.sync_http import Download
from kiosk.sync_ports import GalleryCache, Signer
from kiosk.wire_gallery import open_gallery

log = logging.getLogger(__name__)


class GalleryFetcher:
    """One thread, with a connection of its own."""

    def __init__(
        self, client: Client, cache: GalleryCache, signer: Signer, clock: Clock, on_removal: Callable[[], object]
    ) -> None:
        self._client = client
        self._cache = cache
        self._signer = signer
        self._clock = clock
        self._on_removal = on_removal
        self._download = Download()
        self._version = cache.version()
        self._whole = False

    @property
    def version(self) -> int:
        return self._version

    def fetch(self, wait_s: int) -> bool:
        """Wait for something newer and apply it; whether there was. Raises what the client and the cache raise."""
        since = 0 if self._whole else self._version
        answer = self._client.gallery(since, wait_s, self._download)
        if answer is None:
            return False
        try:
            manifest, payload = open_gallery(
                answer,
                device_id=self._signer.device_id,
                current_version=self._version,
                verify=self._signer.verify_server,
            )
            self._cache.apply(manifest, payload, self._clock.now().wall_utc)
        except (wire.WireError, GalleryError) as error:
            # The next request asks for everything: a delta that does not fit is not tried twice.
            self._whole = True
            if isinstance(error, wire.WireError):
                raise ServerError(f"the server's gallery was refused: {error}.") from error
            raise
        if manifest.base_version is None or payload.get("removed"):
            # Somebody may be gone: before this version is reported as erased, so is every other trace of a face.
            self._on_removal()
        self._version, self._whole = manifest.version, False
        log.info(
            "gallery version %d applied (%s)", manifest.version, "whole" if manifest.base_version is None else "changes"
        )
        return True
