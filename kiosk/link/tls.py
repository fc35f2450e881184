"""TLS on a machine whose clock may be wrong.

A certificate has dates, and a terminal that wakes up in 1970 would refuse every server, and with it the only source of
the right time. So: while the wall clock is known to be right, OpenSSL checks everything as usual. While it is not, the
chain and the name are checked and the dates are not; and once the time is known from an anchor, the dates of the
server's own certificate are checked against that. What remains open: whoever stole the key of a certificate that has
since expired could pose as the server to a terminal that has met no server since its boot. He would see events; he
could not sign a gallery.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Mapping
from typing import Any

from kiosk.errors import ConfigError
from kiosk.model import ClockState
from kiosk.ports import Clock, UtcNow

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h); Python's ssl has no name for it."""

AGREE = dt.timedelta(hours=1)
"""The wall clock counts as right when it is no further than this from the time that the terminal trusts."""


def make_context(ca_file: str) -> ssl.SSLContext:
    """Verifies against `ca_file` only, or against the system's authorities when it is empty. Raises ConfigError."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[server] ca_file: {ca_file}: cannot be read as certificates in PEM form.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class DateCheck:
    """Decides before each handshake who checks the certificate's dates, and does it after it when it is not OpenSSL."""

    def __init__(self, clock: Clock, wall: UtcNow) -> None:
        self._clock = clock
        self._wall = wall

    def before(self, context: ssl.SSLContext) -> None:
        now = self._clock.now()
        right = now.clock_state is ClockState.SYNCHRONISED and abs(self._wall() - now.wall_utc) < AGREE
        if right:
            context.verify_flags &= ~NO_CHECK_TIME
        else:
            context.verify_flags |= NO_CHECK_TIME

    def after(self, certificate: Mapping[str, Any] | None) -> None:
        """Raises ssl.SSLCertVerificationError for a certificate that has expired or is not valid yet."""
        now = self._clock.now()
        if now.clock_state is not ClockState.SYNCHRONISED:
            return
        if not certificate:
            raise ssl.SSLCertVerificationError("the server sent no certificate")
        seconds = now.wall_utc.timestamp()
        if seconds < ssl.cert_time_to_seconds(certificate["notBefore"]):
            raise ssl.SSLCertVerificationError("the certificate is not valid yet")
        if seconds > ssl.cert_time_to_seconds(certificate["notAfter"]):
            raise ssl.SSLCertVerificationError("the certificate has expired")
