"""The state folder: the server's secrets, each a file of mode 0600 made on first use."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path

from etpp import files
from etpp.errors import StateError
from etpp.keyring import KeyRing

CONSOLE_USER = "bkpp"

# Parameters as OWASP's password storage cheat sheet gives them for scrypt; 32 MiB for one check.
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


class State:
    """Opens or makes the folder. Raises StateError when it cannot be used.

    Files: `gallery-key` (the keys that sign galleries: `keyring.py`), `admin-token`, `session-key`,
    `console-password.scrypt` and, until the password is changed for the first time, `console-password` with the
    generated one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        prepare_folder(folder)
        try:
            self.keys = KeyRing(folder / "gallery-key")
            self.session_key = bytes.fromhex(self._secret("session-key"))
            self.admin_token = self._secret("admin-token")
            if not (folder / "console-password.scrypt").exists():
                password = secrets.token_urlsafe(12)
                self.set_password(password)
                self._write("console-password", password)
        except OSError as error:
            raise _unusable(folder, error) from error
        except ValueError as error:
            raise StateError(f"{folder}: a key file is damaged; put it back from the backup") from error

    def set_password(self, password: str) -> None:
        """Replace the console's password; the generated one is removed from the disk."""
        salt = secrets.token_bytes(16)
        self._write("console-password.scrypt", json.dumps({"salt": salt.hex(), "hash": _scrypt(password, salt).hex()}))
        (self.folder / "console-password").unlink(missing_ok=True)

    def session_key_now(self) -> bytes:
        """Signs the console's sessions; another one after a new password, which thereby ends every log-in."""
        kept = (self.folder / "console-password.scrypt").read_bytes()
        return hmac.new(self.session_key, kept, hashlib.sha256).digest()

    def check_password(self, user: str, password: str) -> bool:
        """In constant time for users that exist and those that do not. Takes a tenth of a second of work."""
        kept = json.loads((self.folder / "console-password.scrypt").read_text(encoding="ascii"))
        right = hmac.compare_digest(_scrypt(password, bytes.fromhex(kept["salt"])), bytes.fromhex(kept["hash"]))
        return hmac.compare_digest(user.encode(), CONSOLE_USER.encode()) and right

    def _secret(self, name: str) -> str:
        path = self.folder / name
        if not path.exists():
            self._write(name, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()

    def _write(self, name: str, text: str) -> None:
        files.replace(self.folder / name, text)


def prepare_folder(folder: Path) -> None:
    """Make the folder, readable by its owner only. Raises StateError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> StateError:
    return StateError(f"{folder}: {error.strerror}. Check that the server's user owns the folder.")


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)
