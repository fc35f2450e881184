"""The state folder: the rooms' secrets, each a file of mode 0600 made on first use."""

from __future__ import annotations

from pathlib import Path

from etpp.accounts.secrets import Secrets
from etpp.base.errors import StateError
from etpp.terminals.keyring import KeyRing


class State:
    """Opens or makes the folder. Raises StateError when it cannot be used.

    `keys`: the file `gallery-key`, the keys that sign galleries. `secrets`: what lets people in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        prepare_folder(folder)
        try:
            self.keys = KeyRing(folder / "gallery-key")
            self.secrets = Secrets(folder)
        except OSError as error:
            raise _unusable(folder, error) from error
        except ValueError as error:
            raise StateError(f"{folder}: a key file is damaged; put it back from the backup") from error


def prepare_folder(folder: Path) -> None:
    """Make the folder, readable by its owner only. Raises StateError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> StateError:
    return StateError(f"{folder}: {error.strerror}. Check that the server's user owns the folder.")
