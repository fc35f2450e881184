"""The files of letters, outside of the database: `documents/ab/<sha256>` in the state folder, mode 0600.

The order is file, then row: what a kill leaves between them is a file that nobody knows, never a row without a file.
A file has the name of its own hash alone, whatever it was called, and no symbolic link is followed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from etpp.absence.content import MAX_BYTES
from etpp.base.errors import StoreUnavailable

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SHARD_NAME = 2
_PAGE = 500


class Cabinet:
    """Thread-safe, and for several processes at once. `state`: the state folder; what it needs there it makes."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "documents"

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """To be held from before `keep` until the file's row is committed: meanwhile nothing is collected."""
        with self._opened(make=True) as folder:
            fcntl.flock(folder, fcntl.LOCK_SH)
            yield

    def keep(self, content: bytes) -> str:
        """Its SHA-256. Durable when this returns; what lies under the name already is replaced by the same.

        Raises StoreUnavailable.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        with self._opened(make=True) as folder, _shard(folder, sha256[:2]) as shard:
            aside = f".{uuid.uuid4().hex}"
            with _translated():
                descriptor = os.open(aside, _NEW, 0o600, dir_fd=shard)
                try:
                    with os.fdopen(descriptor, "wb") as file:
                        _give(descriptor, shard)
                        file.write(content)
                        file.flush()
                        os.fsync(descriptor)
                    os.rename(aside, sha256, src_dir_fd=shard, dst_dir_fd=shard)
                except OSError:
                    os.unlink(aside, dir_fd=shard)
                    raise
                os.fsync(shard)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Raises StoreUnavailable when the file is missing, or not what its name says."""
        content = self._look(sha256)
        if content is None:
            raise StoreUnavailable("the file of this document is missing; put documents/ back from the backup")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreUnavailable("the file of this document was altered; put documents/ back from the backup")
        return content

    def collect(self, known: Callable[[Sequence[str]], set[str]]) -> int:
        """Remove what writers that were killed left, and the files that no row knows; how many. `known`: those of
        some hashes that have a row. Does nothing while somebody keeps a file."""
        if not self._folder.is_dir():
            return 0
        removed = 0
        with self._opened() as folder, _translated():
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0
            for name in (each for each in _names(folder) if len(each) == _SHARD_NAME):
                with _shard(folder, name) as shard:
                    names = _names(shard)
                    for start in range(0, len(names), _PAGE):
                        page = names[start : start + _PAGE]
                        for each in set(page) - known(page):
                            os.unlink(each, dir_fd=shard)
                            removed += 1
        return removed

    def _look(self, sha256: str) -> bytes | None:
        if not self._folder.is_dir():
            return None
        with self._opened() as folder, _translated():
            try:
                shard = os.open(sha256[:2], _FOLDER, dir_fd=folder)
            except FileNotFoundError:
                return None
            try:
                descriptor = os.open(sha256, _READ, dir_fd=shard)
            except FileNotFoundError:
                return None
            finally:
                os.close(shard)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return b""
                return file.read(MAX_BYTES + 1)

    @contextmanager
    def _opened(self, make: bool = False) -> Iterator[int]:
        with _translated():
            if make and not self._folder.exists():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                above = os.open(self._folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    _give_folder(self._folder.name, above)
                finally:
                    os.close(above)
            descriptor = os.open(self._folder, _FOLDER)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _shard(folder: int, name: str) -> Iterator[int]:
    """The folder `ab` in it, made when it is not there."""
    with _translated():
        try:
            descriptor = os.open(name, _FOLDER, dir_fd=folder)
        except FileNotFoundError:
            try:
                os.mkdir(name, 0o700, dir_fd=folder)
            except FileExistsError:
                pass  # by another one at the same moment
            else:
                _give_folder(name, folder)
            descriptor = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _names(folder: int) -> list[str]:
    return sorted(os.listdir(folder))


def _give_folder(name: str, above: int) -> None:
    made = os.open(name, _FOLDER, dir_fd=above)
    try:
        _give(made, above)
    finally:
        os.close(made)
    os.fsync(above)


def _give(descriptor: int, above: int) -> None:
    """What an operator's command makes as root is the server's user's to read."""
    if os.geteuid() == 0:
        owner = os.fstat(above)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"the folder documents/ cannot be used now ({error.strerror})") from error
