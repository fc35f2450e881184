"""The server's exceptions. Messages hold no personal data: they end in problem documents and logs.

EtppError
├── Problem            an answer other than success, as docs/protocol.md names them
├── StoreUnavailable   the database cannot store or read now: locked, full, gone
├── StateError         the state folder cannot be used
└── NotFound, Conflict what an administrator asked for does not exist, or cannot be done
"""

from __future__ import annotations

from collections.abc import Mapping


class EtppError(Exception):
    """Base of all expected failures.

    The message is English, for problem documents and the command line. `key` and `values` are what the console's
    catalogues know it by (table `refused`); without a key a page only says that it could not be done.
    """

    def __init__(self, message: str, *, key: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.key = key
        self.values = values


class Problem(EtppError):
    """Becomes a problem document (RFC 9457). `name` is a row of the protocol's table of problems."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        key: str | None = None,
        members: Mapping[str, object] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{name}: {detail}", key=key)
        self.name = name
        self.detail = detail
        self.members = dict(members or {})
        self.retry_after_s = retry_after_s


class StoreUnavailable(EtppError):
    """The books cannot be written or read at this moment; the same request may succeed later."""


class StateError(EtppError):
    """The state folder: not readable, not writable, or another one than the database's."""


class NotFound(EtppError):
    """There is no such office, person, terminal or enrolment."""


class Conflict(EtppError):
    """It exists already, or has been decided already."""
