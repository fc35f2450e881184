"""What lets people in: the administrator's token, the key of the sessions, the console's password."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path

from etpp.base import files

CONSOLE_USER = "bkpp"

# Parameters as OWASP's password storage cheat sheet gives them for scrypt; 32 MiB for one check.
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


class Secrets:
    """Files of the state folder, made on first use: `admin-token`, `session-key`, `console-password.scrypt` and, until
    the password is changed for the first time, `console-password` with the generated one.

    Raises OSError, and ValueError for a damaged file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.session_key = bytes.fromhex(self._secret("session-key"))
        self.admin_token = self._secret("admin-token")
        if not (folder / "console-password.scrypt").exists():
            password = secrets.token_urlsafe(12)
            self.set_password(password)
            self._write("console-password", password)

    def set_password(self, password: str) -> None:
        """Replace the console's password; the generated one is removed from the disk."""
        salt = secrets.token_bytes(16)
        self._write("console-password.scrypt", json.dumps({"salt": salt.hex(), "hash": _scrypt(password, salt).hex()}))
        (self._folder / "console-password").unlink(missing_ok=True)

    def session_key_now(self) -> bytes:
        """Signs the console's sessions; another one after a new password, which thereby ends every log-in."""
        kept = (self._folder / "console-password.scrypt").read_bytes()
        return hmac.new(self.session_key, kept, hashlib.sha256).digest()

    def check_password(self, user: str, password: str) -> bool:
        """In constant time for users that exist and those that do not. Takes a tenth of a second of work."""
        kept = json.loads((self._folder / "console-password.scrypt").read_text(encoding="ascii"))
        right = hmac.compare_digest(_scrypt(password, bytes.fromhex(kept["salt"])), bytes.fromhex(kept["hash"]))
        return hmac.compare_digest(user.encode(), CONSOLE_USER.encode()) and right

    def _secret(self, name: str) -> str:
        path = self._folder / name
        if not path.exists():
            self._write(name, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()

    def _write(self, name: str, text: str) -> None:
        files.replace(self._folder / name, text)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)
