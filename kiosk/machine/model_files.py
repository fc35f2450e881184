"""Model files that no Python package carries: which ones are known, whether they are here, how one gets in.

The product ships none of them. A file is used only when its SHA-256 is the one pinned below, so a damaged, exchanged
or merely newer file is never run. Without a file the parts that would use it say so and do without (see `Use`).
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from kiosk.errors import ModelError
from kiosk.machine.lacks import Lost
from kiosk.model import DLIB_RESNET_V1, ModelId
from kiosk.model.recognisers import FP_112, RECOGNISERS, W600K_112, Recogniser

_log = logging.getLogger(__name__)

_LOST = partial(_log.warning, "no recogniser: %s")

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One known model. `size_bytes` bounds what is read from an untrusted source; `use` says what it is for.

    `restrictions`: what its licence or its origin leaves open, which whoever installs it has to accept. `model_id`: of
    a recogniser, what its templates are called.
    """

    name: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    origin: str
    use: str
    restrictions: str = ""
    model_id: ModelId | None = None


PAD_MINIFAS = ModelFile(
    name="pad-minifas-128",
    file_name="pad-minifas-128.onnx",
    size_bytes=1_912_594,
    sha256="af2381b88f38769222ed93379e12444e2a50814575de1c46170de570c55a42b6",
    licence="Apache-2.0",
    origin="https://github.com/VietAnh954/face-antispoof-onnx, models/best/98.20/best_model.onnx",
    use="passive presentation attack detection; without it everybody is asked for a movement of the head",
)

_WIDE = "passive presentation attack detection of what surrounds the face; both or none, beside pad-minifas-128"
_MINIVISION = (
    "https://github.com/yakhyo/face-anti-spoofing (c175efef505b), from minivision-ai/Silent-Face-Anti-Spoofing"
)
_UNKNOWN_FACES = "Its training data is not published. Have somebody look at that before pay hangs on it."

PAD_WIDE_27 = ModelFile(
    name="pad-minifasnet-v2-80",
    file_name="pad-minifasnet-v2-80.onnx",
    size_bytes=1_743_561,
    sha256="4eed38f0bde33c9b805942a5f25e42ce1161e2bda545254be622be957727794e",
    licence="Apache-2.0",
    origin=_MINIVISION,
    use=_WIDE,
    restrictions=_UNKNOWN_FACES,
)

PAD_WIDE_40 = ModelFile(
    name="pad-minifasnet-v1se-80",
    file_name="pad-minifasnet-v1se-80.onnx",
    size_bytes=1_742_315,
    sha256="d819a69bac6b9ade2a0f4d9b60b618e1260f7bf3ba1fddff6c5d82131cb1083f",
    licence="Apache-2.0",
    origin=_MINIVISION,
    use=_WIDE,
    restrictions=_UNKNOWN_FACES,
)

PAD_WIDE = (PAD_WIDE_27, PAD_WIDE_40)
"""With crops of 2.7 and 4 times the face; of use only together."""

YUNET = ModelFile(
    name="face-detection-yunet",
    file_name="face_detection_yunet_2023mar.onnx",
    size_bytes=232_589,
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    licence="MIT",
    origin="https://github.com/opencv/opencv_zoo, models/face_detection_yunet",
    use="face detection at a distance, turned and in dim light; without it dlib's detector is used",
)

_RECOGNISES = "recognition where the office's gallery says so; without it dlib's descriptor is used"

RECOGNISER_FP_112 = ModelFile(
    name="recogniser-fp-112",
    file_name="recogniser-fp-112.onnx",
    size_bytes=4_829_942,
    sha256="dee8c607c1f9f8a8bc3e094a123a886386dae1982342c60998a1171d1f87f1b8",
    licence=FP_112.licence,
    origin="https://www.npmjs.com/package/faceplugin-face-recognition-js, 0.0.1, its PReLUs spelled out",
    use=_RECOGNISES,
    restrictions=FP_112.restrictions,
    model_id=FP_112.model_id,
)

RECOGNISER_W600K_112 = ModelFile(
    name="recogniser-w600k-112",
    file_name="recogniser-w600k-112.onnx",
    size_bytes=13_649_082,
    sha256="4368fd856dab0418d3ce773eb6cf2f9f6e7a9596923ea53676ca9f0be5c9103f",
    licence=W600K_112.licence,
    origin="https://github.com/nidheerakesh/offlineid, restored from its int8 file",
    use=_RECOGNISES,
    restrictions=W600K_112.restrictions,
    model_id=W600K_112.model_id,
)

MANIFEST: tuple[ModelFile, ...] = (PAD_MINIFAS, *PAD_WIDE, YUNET, RECOGNISER_FP_112, RECOGNISER_W600K_112)

_RECOGNISER_FILES = {model.model_id: model for model in MANIFEST if model.model_id is not None}


def recogniser_file(model_id: ModelId) -> tuple[Recogniser, ModelFile]:
    """What the recogniser is and which file it is in. Raises ModelError for one that is unknown, or needs no file."""
    if model_id not in _RECOGNISER_FILES:
        raise ModelError(f"there is no recogniser {model_id}. Known: {', '.join(RECOGNISERS)}.")
    return RECOGNISERS[model_id], _RECOGNISER_FILES[model_id]


Status = Literal["installed", "absent", "damaged"]


class ModelStore:
    """The folder of model files. Reading needs no lock: files are replaced as a whole and never changed in place."""

    def __init__(self, folder: Path, manifest: tuple[ModelFile, ...] = MANIFEST) -> None:
        self.folder = folder
        self.manifest = manifest

    def known(self, name: str) -> ModelFile:
        """The manifest's entry `name`. Raises ModelError naming the known ones."""
        for model in self.manifest:
            if model.name == name:
                return model
        raise ModelError(f"there is no model {name!r}. Known models: {', '.join(m.name for m in self.manifest)}.")

    def path(self, model: ModelFile) -> Path:
        """Where the file belongs, whether or not it is there."""
        return self.folder / model.file_name

    def status(self, model: ModelFile) -> Status:
        """Whether the file is here and is the pinned one. Reads the whole file; raises ModelError when it cannot."""
        path = self.path(model)
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            return "absent"
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error
        return "installed" if digest == model.sha256 else "damaged"

    def find(self, model: ModelFile) -> Path | None:
        """The verified file, or None when it is not installed. Raises ModelError when it is not the pinned one."""
        status = self.status(model)
        if status == "absent":
            return None
        if status == "damaged":
            raise ModelError(
                f"{self.path(model)}: is not the pinned {model.name} (its SHA-256 differs). "
                f"Remove it, or install the right one with `kiosk models install`."
            )
        return self.path(model)

    def recognisers(self, lost: Lost = _LOST) -> list[ModelId]:
        """dlib's, and those whose files are here and whole. `lost` is told of one that is there and cannot be used: an
        optional file must not keep a terminal from recording."""
        found = [DLIB_RESNET_V1]
        for model_id, file in _RECOGNISER_FILES.items():
            try:
                if self.find(file) is not None:
                    found.append(model_id)
            except ModelError as error:
                lost(str(error))
        return found

    def install(
        self, source: str, *, timeout_s: float = 30.0, accept: Callable[[ModelFile], bool] = lambda _: True
    ) -> ModelFile:
        """Copy or download the model file `source` (path, http, https or file URL) into the folder, atomically.

        Which model it is follows from its SHA-256 alone, never from its name; `accept` is then asked. Raises ModelError
        when the source cannot be read, is none of the known models or is not accepted, or the folder cannot be written;
        the folder is then unchanged.
        """
        ceiling = max(model.size_bytes for model in self.manifest)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".install-", dir=self.folder)
        except OSError as error:
            raise ModelError(
                f"{self.folder}: cannot be written ({error.strerror}). Run the command as the user who owns it, "
                f"or choose another folder with --model-dir."
            ) from error
        try:
            with os.fdopen(descriptor, "wb") as target, _opened(source, timeout_s) as stream:
                digest = _copy(stream, target, ceiling, source)
                target.flush()
                os.fsync(target.fileno())
            model = self._by_digest(digest, source)
            if not accept(model):
                raise ModelError(f"{model.name} was not installed: its terms were not accepted.")
            Path(temporary).chmod(0o644)
            Path(temporary).replace(self.path(model))
            _sync_folder(self.folder)
        except (OSError, http.client.HTTPException) as error:
            raise ModelError(f"{source}: could not be installed ({error}). Check the source and free space.") from error
        finally:
            Path(temporary).unlink(missing_ok=True)
        return model

    def _by_digest(self, digest: str, source: str) -> ModelFile:
        for model in self.manifest:
            if model.sha256 == digest:
                return model
        raise ModelError(
            f"{source}: is none of the known models (SHA-256 {digest}). `kiosk models list` shows what is expected "
            f"and where each comes from."
        )


@contextmanager
def _opened(source: str, timeout_s: float) -> Iterator[BinaryIO]:
    if source.partition(":")[0].lower() in {"http", "https", "file"}:
        try:
            response = urllib.request.urlopen(source, timeout=timeout_s)
        except (urllib.error.URLError, ValueError) as error:
            raise ModelError(f"{source}: cannot be fetched ({error}). Check the address and the network.") from error
        with response:
            yield response
    else:
        try:
            stream = Path(source).open("rb")  # noqa: SIM115 - opened here for its own message, closed below
        except OSError as error:
            raise ModelError(f"{source}: cannot be read ({error.strerror}). Give a file or an http(s) URL.") from error
        with stream:
            yield stream


def _copy(stream: BinaryIO, target: BinaryIO, ceiling: int, source: str) -> str:
    digest = hashlib.sha256()
    total = 0
    while chunk := stream.read(_CHUNK_BYTES):
        total += len(chunk)
        if total > ceiling:
            raise ModelError(f"{source}: is larger than every known model. `kiosk models list` shows what is expected.")
        digest.update(chunk)
        target.write(chunk)
    if getattr(stream, "length", None):  # of an HTTP response: what is still to come; a broken connection only ends
        raise ModelError(f"{source}: the download broke off after {total} bytes. Try again.")
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the rename durable: a power cut right after the installation must not lose it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
