"""What people type and read travels over TLS, or not at all."""

from __future__ import annotations

import ipaddress

from fastapi import Request

from etpp.base.errors import Problem


def is_private(request: Request) -> bool:
    """Whether nobody between could read it: over TLS, or from this machine itself.

    Behind a reverse proxy the scheme is the one that the proxy was asked by (`X-Forwarded-Proto`).
    """
    return request.url.scheme == "https" or request.client is None or _is_here(request.client.host)


def require_private(request: Request) -> None:
    """Raises Problem `unauthorized` for a request that came in the clear from another machine."""
    if not is_private(request):
        raise Problem("unauthorized", "a token is taken over HTTPS only: ask by https://, or on the server itself")


def _is_here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True  # no network at all: a Unix socket, or a test's client in the same process
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
