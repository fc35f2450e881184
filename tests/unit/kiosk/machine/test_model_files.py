"""The model folder: only pinned files get in, and only whole ones."""

from __future__ import annotations

import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import ModelError
from kiosk.machine.model_files import MANIFEST, PAD_MINIFAS, PAD_WIDE, ModelFile, ModelStore, recogniser_file
from kiosk.model import DLIB_RESNET_V1

CONTENT = b"weights" * 1000
MODEL = ModelFile(
    name="toy",
    file_name="toy.onnx",
    size_bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="CC0",
    origin="https://example.org/toy",
    use="tests",
)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", (MODEL,))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "any name"
    path.write_bytes(CONTENT)
    return path


class _Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/toy":
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT)
            case "/cut-off":
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT[:100])
            case "/endless":
                self.send_response(200)
                self.end_headers()
                try:
                    while True:
                        self.wfile.write(bytes(1 << 20))
                except OSError:
                    return
            case _:
                self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test's output is not the place."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()
        thread.join()


def only_whole_files(store: ModelStore) -> bool:
    return all(path.read_bytes() == CONTENT for path in store.folder.iterdir()) if store.folder.exists() else True


def test_a_file_is_known_by_its_content_and_gets_its_own_name(store: ModelStore, source: Path) -> None:
    assert store.status(MODEL) == "absent"
    assert store.find(MODEL) is None
    assert store.install(str(source)) is MODEL
    assert store.find(MODEL) == store.folder / "toy.onnx"
    assert store.status(MODEL) == "installed"
    assert [path.name for path in store.folder.iterdir()] == ["toy.onnx"]


def test_an_installed_model_can_be_read_by_the_service_user(store: ModelStore, source: Path) -> None:
    store.install(str(source))
    assert store.path(MODEL).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("how", ["http", "file"])
def test_it_comes_by_url_too(store: ModelStore, source: Path, server: str, how: str) -> None:
    assert store.install(f"{server}/toy" if how == "http" else source.as_uri()) is MODEL
    assert store.status(MODEL) == "installed"


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"?"])
def test_any_other_content_is_refused_and_leaves_nothing(store: ModelStore, source: Path, content: bytes) -> None:
    source.write_bytes(content)
    with pytest.raises(ModelError, match="kiosk models list"):
        store.install(str(source))
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("path", ["/cut-off", "/endless", "/absent"])
def test_a_download_that_fails_leaves_what_was_there(store: ModelStore, source: Path, server: str, path: str) -> None:
    store.install(str(source))
    with pytest.raises(ModelError):
        store.install(server + path)
    assert store.status(MODEL) == "installed"
    assert only_whole_files(store)


@pytest.mark.parametrize("source", ["/does/not/exist", "http://127.0.0.1:1/x", "http://", "https://[bad", "."])
def test_a_source_that_cannot_be_read_says_what_to_do(store: ModelStore, source: str) -> None:
    with pytest.raises(ModelError, match=r"Give|Check"):
        store.install(source)


def test_a_damaged_file_is_not_used_and_can_be_replaced(store: ModelStore, source: Path) -> None:
    store.install(str(source))
    store.path(MODEL).write_bytes(CONTENT[:-5])
    assert store.status(MODEL) == "damaged"
    with pytest.raises(ModelError, match="kiosk models install"):
        store.find(MODEL)
    store.install(str(source))
    assert store.find(MODEL) is not None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="--model-dir"):
        ModelStore(tmp_path / "file" / "models", (MODEL,)).install(str(source))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error_and_not_absent(store: ModelStore, source: Path) -> None:
    store.install(str(source))
    store.path(MODEL).chmod(0)
    with pytest.raises(ModelError, match="permissions"):
        store.status(MODEL)


@pytest.mark.parametrize("kind", ["loop", "folder"])
def test_what_cannot_be_read_in_its_place_is_an_error_too(store: ModelStore, kind: str) -> None:
    store.folder.mkdir()
    if kind == "loop":
        store.path(MODEL).symlink_to(store.path(MODEL))
    else:
        store.path(MODEL).mkdir()
    with pytest.raises(ModelError, match="permissions"):
        store.find(MODEL)


def test_a_file_in_the_place_of_the_folder_holds_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert ModelStore(tmp_path / "file", (MODEL,)).find(MODEL) is None


def test_a_download_that_breaks_off_is_told_from_a_foreign_file(store: ModelStore, server: str) -> None:
    with pytest.raises(ModelError, match=r"broke off|IncompleteRead"):
        store.install(server + "/cut-off")


def test_an_unknown_name_names_the_known_ones(store: ModelStore) -> None:
    assert store.known("toy") is MODEL
    with pytest.raises(ModelError, match="toy"):
        store.known("other")


def test_the_manifest_says_all_that_must_be_said() -> None:
    assert PAD_MINIFAS in MANIFEST
    assert len({model.name for model in MANIFEST}) == len({model.file_name for model in MANIFEST}) == len(MANIFEST)
    for model in MANIFEST:
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.size_bytes > 0
        assert all((model.licence, model.origin.startswith("https://"), model.use))


def test_nothing_is_installed_before_its_terms_are_accepted(store: ModelStore, source: Path) -> None:
    asked: list[str] = []

    def refuse(model: ModelFile) -> bool:
        asked.append(model.name)
        return False

    with pytest.raises(ModelError, match="not accepted"):
        store.install(str(source), accept=refuse)
    assert asked == ["toy"]
    assert list(store.folder.iterdir()) == []
    assert store.install(str(source), accept=lambda model: model is MODEL) is MODEL
    assert store.status(MODEL) == "installed"


def test_a_recogniser_says_what_its_licence_leaves_open() -> None:
    open_terms = {model for model in MANIFEST if model.restrictions}
    assert open_terms == {model for model in MANIFEST if model.model_id is not None} | set(PAD_WIDE)
    for model in MANIFEST:
        assert (model.model_id is None) or recogniser_file(model.model_id)[1] is model
    with pytest.raises(ModelError, match="there is no recogniser dlib-resnet-v1"):
        recogniser_file(DLIB_RESNET_V1)
