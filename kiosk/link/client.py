"""The four calls of docs/protocol.md: what an answer must be before anything in it is believed.

Here, and for every call alike: the protocol's header, problem documents, a counter that the server has seen already, a
key rotation whose answer was lost, a terminal that was revoked, and an anchor from every answer that tells the time.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from kiosk import wire
from kiosk.errors import IdentityError, ProtocolMismatch, Refused, ServerError
from kiosk.link.download import Download
from kiosk.link.http import Answer, Transport
from kiosk.link.ports import Signer
from kiosk.model import Anchor
from kiosk.ports import Clock
from kiosk.wire import Json, WireError

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""For a refusal that another signature cures at once: a counter that is too low, the other key of a rotation."""

HEADERS = {wire.PROTOCOL_HEADER: str(wire.PROTOCOL)}


class Client:
    """The calls of one provisioned terminal. One thread at a time: it has one connection.

    Raises Unreachable, Refused, ProtocolMismatch, ServerError (an answer that breaks the protocol), and IdentityError
    once the terminal is revoked.
    """

    def __init__(
        self, transport: Transport, signer: Signer, clock: Clock, on_anchor: Callable[[Anchor], object]
    ) -> None:
        self._transport = transport
        self._signer = signer
        self._clock = clock
        self._url = f"{signer.server_url}/v1/devices/{signer.device_id}"
        self._on_anchor = on_anchor

    def events(self, body: bytes) -> Json:
        return self._post("events", body)

    def heartbeat(self, report: Json) -> Json:
        return self._post("heartbeat", wire.dumps(report))

    def gallery(self, since: int, wait_s: int, download: Download) -> Json | None:
        """The answer to call 3, None for 204. Give the same `download` again to go on after a cut.

        When an answer came, whether it can be used or not, there is nothing left to go on with: the caller forgets it.
        """

        def ask() -> Answer:
            # What is left of a download must not wait for something newer.
            begun = download.begun
            wait = 0 if begun else wait_s
            url = f"{self._url}/gallery?since={since}&wait_s={wait}"
            answer = self._transport.get(url, HEADERS, wait_s=wait, download=download)
            # 416: nothing lies behind what is here, and yet it was not enough. By now it is forgotten: ask for all.
            return ask() if answer.status == 416 and begun else answer

        answer = self._call(ask)
        return None if answer.status == 204 else _json(answer)

    def abort(self) -> None:
        """From another thread: end the call that is under way, and let no other one begin."""
        self._transport.abort()

    def _post(self, call: str, body: bytes) -> Json:
        answer = self._call(lambda: self._transport.post(f"{self._url}/{call}", body, HEADERS))
        data = _json(answer)
        self._anchor(answer, data)
        return data

    def _call(self, ask: Callable[[], Answer]) -> Answer:
        attempts_left = ATTEMPTS
        while True:
            answer = ask()
            attempts_left -= 1
            try:
                check(answer)
            except Refused as refusal:
                if not self._cure(refusal) or not attempts_left:
                    raise
            else:
                self._signer.confirm_key()
                return answer

    def _cure(self, refusal: Refused) -> bool:
        """Whether the same call can be made again at once with another signature."""
        if refusal.problem in {"device-revoked", "device-unknown"}:
            self._signer.revoke()
            raise IdentityError(
                "the server has revoked this terminal. It records no more; its events are kept: `kiosk events export`."
            ) from refusal
        if refusal.problem == "replayed-request":
            highest = refusal.members.get("highest_nonce")
            if isinstance(highest, int):
                log.warning("the server has seen this terminal's request counter already; going on above it")
                self._signer.raise_nonce_above(highest)
                return True
        if refusal.problem == "signature-invalid":
            # Either the answer to a rotation was lost, or the other thread has just changed the key under this request.
            self._signer.try_other_key()
            return True
        return False

    def _anchor(self, answer: Answer, data: Json) -> None:
        middle_ms = (answer.sent_ms + answer.received_ms) // 2
        round_trip_ms = answer.received_ms - answer.sent_ms
        server_utc = wire.parse_utc(data.get("server_time"))
        self._on_anchor(Anchor(self._clock.now().boot_id, middle_ms, server_utc, round_trip_ms))


def check(answer: Answer) -> None:
    """Raises ProtocolMismatch for what comes from no e-TPP server of this version, Refused for its refusal."""
    version = answer.headers.get(wire.PROTOCOL_HEADER)
    if version is None and (answer.status in {413, 429} or answer.status >= 500):
        raise _refusal(answer)  # a proxy in between: takes no such body, is overloaded, or has lost its server
    if version is None:
        raise ProtocolMismatch(
            f"what answered (status {answer.status}) is not an e-TPP server. Check the address, and whether the "
            "network asks for a log-in first."
        )
    if answer.status >= 400:
        raise _refusal(answer)
    if version != str(wire.PROTOCOL):
        raise ProtocolMismatch("the server speaks another version of the protocol. Update this program.")
    if answer.status not in {200, 201, 204, 206}:
        raise ServerError(f"the server answered with status {answer.status}, which the protocol does not have.")


def _refusal(answer: Answer) -> ServerError:
    document: Json = {}
    with contextlib.suppress(WireError):  # a 502 of a proxy in between has a page, not a problem document
        document = wire.loads(answer.body)
    problem = "too-large" if answer.status == 413 else wire.problem_name(document)
    if problem == "protocol-version":
        return ProtocolMismatch("the server speaks another version of the protocol. Update this program.")
    # Seconds only: a date would be compared with a clock that may be wrong by years.
    after = answer.headers.get("Retry-After", "").strip()
    retry_after_s = float(after) if after.isdecimal() else None
    detail = str(document.get("detail", ""))[:200]
    return Refused(answer.status, problem, detail, retry_after_s, document)


def _json(answer: Answer) -> Json:
    return wire.loads(answer.body)
