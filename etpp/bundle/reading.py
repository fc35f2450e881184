"""The file as it comes from somebody: a ZIP of exactly the members that its manifest names, read in bounded memory.

Nothing is unpacked to a disk. Refused: what is no ZIP or hides something between or behind its members, a name that is
not one of ours (so no path leads anywhere), a name that stands twice, encryption, unknown compression, and more than
the limits, by what is said and by what really comes out.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from etpp.base.encoding import parse_json
from etpp.base.errors import Problem
from etpp.bundle.model import ENDING, FACTS, MANIFEST, README, Manifest, NotABundle
from etpp.bundle.sealing import manifest_of

MAX_FILE_BYTES = 2 << 30
MAX_WHOLE_BYTES = 4 << 30
"""Of all members together, unpacked: an office of two thousand people has about 400 MB."""
MAX_RATIO = 200
"""Unpacked to packed. Rows of facts come to 5 to 30; deflate itself ends at 1,032."""
SMALL = 1 << 20
"""Below so many bytes a member may be as dense as it likes."""
MAX_MANIFEST_BYTES = 4 << 20
MAX_LINE_BYTES = 8 << 20
MAX_MEMBERS = 64
_PIECE = 1 << 16
_LOCAL = struct.Struct("<4s5H3I2H")


class Bundle:
    """An open bundle. Use it in a `with` block."""

    def __init__(self, path: Path) -> None:
        """Raises NotABundle, and OSError where there is no such file."""
        self._file = path.open("rb")
        try:
            self._zip, self._infos = _opened(self._file)
            self.manifest = self._manifest()
        except BaseException:
            self._file.close()
            raise
        self.digests: dict[str, tuple[int, str]] = {}
        """Of each member that was read to its end: bytes and SHA-256."""

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._infos)

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """A table's rows. Raises ValueError, which names the line."""
        for number, line in enumerate(self._lines(name), 1):
            try:
                yield parse_json(line)
            except Problem as problem:
                raise ValueError(f"row {number} is not one: {problem.detail}") from problem

    def read(self, name: str) -> None:
        """For its hash alone."""
        for _ in self._pieces(name, MAX_WHOLE_BYTES):
            pass

    def _manifest(self) -> Manifest:
        info = self._infos.get(MANIFEST)
        if info is None or info.file_size > MAX_MANIFEST_BYTES:
            raise NotABundle("it has no manifest of a size that a manifest has")
        try:
            with self._zip.open(info) as file:
                return manifest_of(parse_json(file.read(MAX_MANIFEST_BYTES)))
        except Problem as problem:
            raise NotABundle(f"the manifest cannot be read: {problem.detail}") from problem
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise NotABundle("the manifest is damaged") from error

    def _lines(self, name: str) -> Iterator[bytes]:
        rest = b""
        for piece in self._pieces(name, MAX_WHOLE_BYTES):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > MAX_LINE_BYTES:
                raise ValueError(f"a row has more than {MAX_LINE_BYTES} bytes")
        if rest:
            raise ValueError("its last row does not end")

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(self._infos[name]) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    if size > most:
                        raise ValueError("it is larger than a bundle may be")
                    digest.update(piece)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError("it is damaged: it cannot be unpacked") from error
        self.digests[name] = size, digest.hexdigest()


def _opened(file: BinaryIO) -> tuple[zipfile.ZipFile, Mapping[str, zipfile.ZipInfo]]:
    size = file.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise NotABundle(f"it has more than {MAX_FILE_BYTES} bytes")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
        raise NotABundle("it is no ZIP file, or was cut off") from error
    infos = archive.infolist()
    names = [each.filename for each in infos]
    if len(names) > MAX_MEMBERS:
        raise NotABundle(f"it has more than {MAX_MEMBERS} members")
    if len(set(names)) < len(names):
        raise NotABundle("a name stands twice in it: two readers could see two contents")
    for each in infos:
        _refuse_member(each)
    if sum(each.file_size for each in infos) > MAX_WHOLE_BYTES:
        raise NotABundle(f"unpacked it would have more than {MAX_WHOLE_BYTES} bytes")
    _refuse_hidden(file, archive, infos, size)
    return archive, {each.filename: each for each in infos}


def _refuse_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    table = name.removeprefix(FACTS).removesuffix(ENDING)
    is_table = name == f"{FACTS}{table}{ENDING}" and table.isascii() and table.replace("_", "").isalpha()
    if name not in (MANIFEST, README) and not is_table:
        raise NotABundle("a member has a name that no bundle has")
    if info.flag_bits & 0x1:
        raise NotABundle("a member is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotABundle("a member is packed in a way that no bundle is")
    if info.file_size > SMALL and info.file_size > MAX_RATIO * info.compress_size:
        raise NotABundle("a member would unpack to far more than it holds")


def _refuse_hidden(file: BinaryIO, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], size: int) -> None:
    """The members must lie one behind the other from the first byte to the directory, and nothing follows that: else
    two members could share bytes, which is how a small file becomes petabytes, or carry what no reader shows."""
    place = 0
    for each in sorted(infos, key=lambda each: each.header_offset):
        file.seek(each.header_offset)
        header = file.read(_LOCAL.size)
        if each.header_offset != place or len(header) < _LOCAL.size:
            raise NotABundle("its members overlap, or something lies between them")
        fields = _LOCAL.unpack(header)
        place += _LOCAL.size + fields[-2] + fields[-1] + each.compress_size
    if archive.start_dir != place or archive.comment:
        raise NotABundle("something lies between its members and their list")
    if size - place > 256 * (len(infos) + 2):
        raise NotABundle("something lies behind its list of members")
