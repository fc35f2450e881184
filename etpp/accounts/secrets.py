"""What lets people in that no table holds: the administrator's token, the key that seals second factors."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from etpp.base import files


class Secrets:
    """Files of the state folder, made on first use: `admin-token`, `account-key` and, until the first administrator has
    chosen another password, `console-password` with the generated one.

    Raises OSError, and ValueError for a damaged file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.admin_token = self._secret("admin-token")
        self.account_key = bytes.fromhex(self._secret("account-key"))

    def is_token(self, said: str) -> bool:
        return hmac.compare_digest(said.encode(), self.admin_token.encode())

    @property
    def first_password(self) -> Path:
        return self._folder / "console-password"

    def keep_first_password(self, password: str) -> None:
        files.replace(self.first_password, password)

    def forget_first_password(self) -> None:
        self.first_password.unlink(missing_ok=True)

    def _secret(self, name: str) -> str:
        path = self._folder / name
        if not path.exists():
            files.replace(path, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()
