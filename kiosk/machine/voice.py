"""The terminal's voice: espeak-ng, offline, in Indonesian or English.

A terminal without espeak-ng or without sound is silent and works: the screen says all that the voice says.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from collections.abc import Sequence
from functools import partial

from kiosk.machine.lacks import Lost
from kiosk.ports import Voice

_log = logging.getLogger(__name__)

_LONGEST_S = 15.0
"""A sound device that hangs must not silence the terminal for ever; the longest text takes about 6 s."""

_WORDS_A_MINUTE = 150

_LOST = partial(_log.warning, "no voice: %s")


class Silence:
    """Says nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing to free."""


class EspeakVoice:
    """Speaks one text after the other in a thread of its own; of those that wait only the latest is kept.

    The text goes to espeak-ng by its standard input: a command line can be read by every user of the machine, and
    texts hold names.
    """

    def __init__(self, command: Sequence[str], longest_s: float = _LONGEST_S, lost: Lost = _LOST) -> None:
        """`lost` is told once what is wrong; each text is tried all the same, for a sound device may come back."""
        self._command, self._longest_s, self._lost = list(command), longest_s, lost
        self._change = threading.Condition()
        self._next: str | None = None
        self._speaking: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._complained = False
        self._thread = threading.Thread(target=self._work, name="voice", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Speak without blocking; a later text replaces one that still waits."""
        with self._change:
            self._next = text
            self._change.notify()

    def close(self) -> None:
        """Fall silent, in mid-word if need be. Nothing is said afterwards."""
        with self._change:
            self._closed = True
            if self._speaking is not None:
                self._speaking.kill()
            self._change.notify()
        self._thread.join(timeout=self._longest_s)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or self._next is not None)
                if self._closed:
                    return
                text, self._next = self._next or "", None
                process = self._speaking = self._start()
            if process is not None:
                self._finish(process, text)

    def _start(self) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            self._complain(error.strerror or "cannot be started")
        except Exception as error:  # noqa: BLE001 - one text is not worth the voice
            self._complain(f"cannot be started ({type(error).__name__})")
        return None

    def _finish(self, process: subprocess.Popen[bytes], text: str) -> None:
        try:
            process.communicate(text.encode(errors="replace"), timeout=self._longest_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self._complain(f"was not done after {self._longest_s:g} s")
        except Exception as error:  # noqa: BLE001 - as above; and its words may hold a name
            process.kill()
            with process:  # closed and waited for
                self._complain(f"failed ({type(error).__name__})")
        else:
            if process.returncode > 0:
                self._complain(f"ended with code {process.returncode}")

    def _complain(self, why: str) -> None:
        """Once: a terminal without sound would else fill the log."""
        if not self._complained:
            self._complained = True
            self._lost(f"{self._command[0]} {why}; check espeak-ng and the sound device")


_SPEAKERS = {"jv": "id"}
"""espeak-ng has no Javanese voice; the Indonesian one reads Javanese as it is written."""


def open_voice(enabled: bool, language: str, lost: Lost = _LOST, *, volume: int = 50) -> Voice:
    """espeak-ng in the terminal's language; Silence when not enabled, not installed or without volume (per cent). Never
    raises: `lost` is told."""
    if not enabled or volume <= 0:
        return Silence()
    program = shutil.which("espeak-ng")
    if program is None:
        lost("espeak-ng is not installed (apt install espeak-ng)")
        return Silence()
    return EspeakVoice(
        [
            program,
            "-v",
            _SPEAKERS.get(language, language),
            "-s",
            str(_WORDS_A_MINUTE),
            "-a",
            str(2 * volume),
            "--stdin",
        ],
        lost=lost,
    )
