"""The composition root of `kiosk run`: the only place that wires the terminal's parts and starts its threads.

capture ──Latest──> recognition ──Sighting──> Terminal.pump (screen, main thread) <── clerk, housekeeper
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kiosk.camera import open_camera
from kiosk.config import Config
from kiosk.errors import CameraError, ConfigError, GalleryError, ModelError, OutboxError, StateError
from kiosk.face import open_engine, quality
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.liveness import Liveness
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.indicators import open_indicators
from kiosk.machine.model_files import ModelStore
from kiosk.machine.state import CameraState, StateFolder
from kiosk.machine.voice import open_voice
from kiosk.machine.watchdog import Watchdog
from kiosk.matcher import Matcher
from kiosk.model import DLIB_RESNET_V1, EMPTY_GALLERY, Fault, Frame, GallerySnapshot, Hint, Quality
from kiosk.ports import FaceMatcher, FrameSource
from kiosk.scores.threshold import ThresholdTable, load_table
from kiosk.terminal import encounter as enc
from kiosk.terminal.capture import Capture, Latest
from kiosk.terminal.encounter import Button
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.recognise import Recogniser
from kiosk.terminal.recognition import Recognition
from kiosk.terminal.running import Clerk, Housekeeper, Office, Terminal, fault_of, gallery_is_stale
from kiosk.terminal.standstill import SCREEN_WITHIN_S
from kiosk.terminal.trace import Trace
from kiosk.ui import catalogue, view
from kiosk.ui import main as screen
from kiosk.ui.viewstate import Lamp, ViewState

log = logging.getLogger(__name__)

PROBE_EVERY = 10
"""While the disk refuses writes it is tried once in so many rounds of the housekeeper (one a second)."""

ALIVE_WITHIN_S = {"capture": 60.0, "recognition": 30.0, "housekeeper": 300.0, "screen": SCREEN_WITHIN_S}
"""The longest silence of each part before systemd restarts the terminal. A camera may take its back-off's ceiling; the
housekeeper waits for the journal, and saving 200,000 events of a damaged one takes 20 s on an x86 core."""


@dataclass(frozen=True)
class RunOptions:
    """What the command line adds to the configuration."""

    state: StateFolder
    models_dir: Path
    trace: Path | None = None
    wait_for_camera: bool = False


@contextlib.contextmanager
def opened(config: Config, options: RunOptions) -> Iterator[Kiosk]:
    """The terminal, ready to run. Raises KioskError when it cannot start at all."""
    with options.state.open().lock("run"):
        kiosk = Kiosk(config, options)
        try:
            yield kiosk
        finally:
            kiosk.close()


def check_start(config: Config, state: StateFolder) -> None:
    """Raises what `opened` would, of what has to be there before anything can be on the screen."""
    _threshold_table(config)
    identity = Identity.load(state.open().identity_dir)
    key = identity.storage_key
    with state.lock("run"):
        SqliteOutbox(state.outbox_path, identity.device_id, key=key).open().close()


class Kiosk:
    """All parts of one terminal. Implements the screen's `ScreenSource`."""

    def __init__(self, config: Config, options: RunOptions) -> None:
        self._config = config
        self._state = options.state
        self._stop = threading.Event()
        self._screen_up = threading.Event()  # nobody is asked anything before there is a screen to ask on
        self._failure: Exception | None = None
        self._faults = FaultBoard()
        self._latest = Latest()
        self._watchdog = Watchdog.from_environment(ALIVE_WITHIN_S)

        self._table = _threshold_table(config)
        self._identity = identity = Identity.load(self._state.identity_dir)
        self._outbox = SqliteOutbox(self._state.outbox_path, identity.device_id, key=identity.storage_key).open()
        self._clock = SystemClock(self._outbox.anchors)
        self._gallery = TinyGallery(self._state.gallery_path, identity.storage_key)
        camera = config.camera
        size = (camera.width, camera.height)
        self._open_camera = partial(open_camera, camera.source, *size, camera.fps, camera.timeout_s)
        self._source = self._first_source(options.wait_for_camera)
        self._capture = Capture(
            self._open_camera,
            self._latest,
            self._faults,
            retry_s=camera.retry_s,
            retry_ceiling_s=camera.retry_ceiling_s,
        )
        self._recognition = Recognition(
            partial(self._open_recogniser, options.models_dir),
            self._matcher(EMPTY_GALLERY),
            self._latest,
            self._faults,
            lambda sighting, stage_ms: self._terminal.sighted(enc.Saw(sighting), stage_ms),
            self._clock.monotonic_s,
        )
        self._first_models(options.wait_for_camera)
        self._trace = Trace(options.trace)
        self._catalogue = catalogue.load(config.terminal.language)
        self._voice = open_voice(config.voice.enabled, config.terminal.language)
        self._indicators = open_indicators(
            config.indicators.enabled,
            green_pin=config.indicators.green_pin,
            red_pin=config.indicators.red_pin,
            buzzer_pin=config.indicators.buzzer_pin,
        )
        self._terminal = Terminal(
            settings=encounter_settings(config),
            clock=self._clock,
            faults=self._faults,
            trace=self._trace,
            restart_recognition=self._recognition.restart,
            office_name=identity.provisioning.office_name,
            timezone=identity.provisioning.timezone,
        )
        self._clerk = Clerk(self._outbox, self._clock, self._faults, DLIB_RESNET_V1, self._terminal.reply)
        self._terminal.employ(self._clerk)
        self._view: ViewState | None = None
        self._rounds = 0
        self._told: tuple[CameraState, tuple[str, ...]] | None = None
        self._load_gallery()  # also when there is none yet: nobody is looked for in vain
        self._look_after()

    def run(self) -> None:
        """Blocks the main thread, which Kivy must have."""
        _hand_back_memory()
        with self._threads():
            self._watchdog.notifier.ready("running")
            display = self._config.display
            screen.show(self, display.mode, display.fullscreen, display.screens_dir)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._voice.close()
        self._indicators.close()
        self._trace.close()
        self._outbox.close()

    # ------------------------------------------------------------ ScreenSource, in the main thread

    def pump(self) -> ViewState:
        self._watchdog.progress("screen")
        self._screen_up.set()
        now_s = self._terminal.pump()
        shown = view.render(
            self._terminal.encounter, self._terminal.status(), now_s, self._terminal.settings, self._catalogue
        )
        self._announce(shown)
        return shown

    def frame(self) -> Frame | None:
        return self._latest.peek()

    def press(self, button: Button) -> None:
        self._terminal.press(button)

    def type_nip(self, digits: str) -> None:
        self._terminal.type_nip(digits)

    def stopping(self) -> bool:
        return self._stop.is_set()

    def _announce(self, shown: ViewState) -> None:
        """Voice and lamps follow the screen: once for each new thing to say or show."""
        before, self._view = self._view, shown
        if shown.speech is not None and (before is None or before.speech != shown.speech):
            self._voice.say(shown.speech.text)
        if before is None or before.lamp is not shown.lamp:
            lamps: dict[Lamp, Callable[[], None]] = {
                Lamp.IDLE: self._indicators.idle,
                Lamp.BUSY: self._indicators.busy,
                Lamp.SUCCESS: self._indicators.success,
                Lamp.REFUSAL: self._indicators.refusal,
                Lamp.FAULT: self._indicators.fault,
            }
            lamps[shown.lamp]()

    # ------------------------------------------------------------ threads

    @contextlib.contextmanager
    def _threads(self) -> Iterator[None]:
        """All threads run inside; a thread that fails stops the terminal, which systemd then starts again."""
        alive = {part: partial(self._watchdog.progress, part) for part in ALIVE_WITHIN_S}
        housekeeper = Housekeeper((self._look_after,))
        work: dict[str, Callable[[], None]] = {
            "capture": lambda: self._see(alive["capture"]),
            "recognition": lambda: self._recognition.run(self._stop, alive["recognition"]),
            "housekeeper": lambda: housekeeper.run(self._stop, alive["housekeeper"]),
            "watchdog": lambda: self._watchdog.run(self._stop),
            "clerk": self._clerk.run,
        }
        threads = [threading.Thread(target=self._guarded, args=(name, w), name=name) for name, w in work.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._watchdog.notifier.stopping()
            self._stop.set()
            self._screen_up.set()
            self._clerk.stop()
            for thread in threads:
                thread.join()

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            log.exception("%s failed: the terminal stops", name)
            self._failure = error
            self._stop.set()

    def _see(self, alive: Callable[[], None]) -> None:
        self._screen_up.wait()
        self._capture.run(self._stop, alive, self._source)

    # ------------------------------------------------------------ once a second

    def _look_after(self) -> None:
        self._rounds += 1
        status = self._state.read_status(self._clock.now())
        if self._gallery.changed():
            self._load_gallery()
        snapshot = self._clerk.office.snapshot
        self._clerk.office = Office(snapshot, status.connected if status.boot_id else None)
        confirmed = status.gallery_confirmed_utc or snapshot.fetched_utc
        max_age_days = self._config.terminal.gallery_max_age_days
        self._faults.set(Fault.GALLERY_STALE, gallery_is_stale(confirmed, self._clock.now(), max_age_days))
        # The status may be lost in a power cut, the mark in the identity is not.
        self._faults.set(Fault.DEVICE_REVOKED, status.revoked or self._identity.revoked)
        try:
            self._terminal.queue_state = self._outbox.queue_state()
            self._faults.set(Fault.JOURNAL_DAMAGED, Fault.JOURNAL_DAMAGED in self._outbox.faults())
        except OutboxError as error:
            log.warning("the journal cannot be read: %s", error)
            self._faults.set(fault_of(error), True)
        if self._rounds % PROBE_EVERY == 0 and self._faults.current() & enc.DISK_FAULTS:
            self._clerk.order(enc.Count("disk_probe"))
        self._report()

    def _report(self) -> None:
        """Tell `kiosk sync`, for the heartbeat, what has changed in camera and faults."""
        faults = self._faults.current()
        told = (camera_state(faults, self._latest.peek()), tuple(sorted(fault.value for fault in faults)))
        if told == self._told:
            return
        try:
            self._state.write_terminal(*told)
        except StateError as error:
            log.warning("the heartbeat will not know of a change: %s", error)
        else:
            self._told = told

    def _load_gallery(self) -> None:
        try:
            snapshot = self._gallery.load()
            matcher = self._matcher(snapshot)
        except GalleryError as error:
            log.error("the gallery cannot be used: %s", error)
            self._faults.set(Fault.GALLERY_DAMAGED, True)
            self._faults.set(Fault.GALLERY_EMPTY, not self._clerk.office.snapshot.templates)
            return
        self._faults.set(Fault.GALLERY_DAMAGED, self._gallery.damaged)
        self._faults.set(Fault.GALLERY_EMPTY, not snapshot.templates)
        self._clerk.office = Office(snapshot, self._clerk.office.connected)
        self._recognition.use(matcher)
        log.info("gallery version %d: %d people", snapshot.version, len(snapshot.people))

    def _matcher(self, snapshot: GallerySnapshot) -> Matcher:
        settings = self._config.recognition
        return Matcher(snapshot, fpir=settings.fpir, margin=settings.margin, table=self._table)

    def _first_source(self, wait_for_camera: bool) -> FrameSource | None:
        try:
            return self._open_camera()
        except CameraError:
            if not wait_for_camera:
                raise
            self._faults.set(Fault.CAMERA_ABSENT, True)
            return None

    def _first_models(self, wait: bool) -> None:
        try:
            self._recognition.open()
        except ModelError as error:
            if not wait:
                raise
            self._recognition.failed(error)

    def _open_recogniser(self, models_dir: Path, matcher: FaceMatcher, tracks: int) -> Recogniser:
        config = self._config
        return Recogniser(
            open_engine(config.recognition.engine, models_dir=models_dir, cache_dir=self._state.path / "cache"),
            matcher,
            Liveness(config.liveness.policy, ModelStore(models_dir), challenge_s=config.liveness.challenge_s),
            judge_of(config),
            config.recognition.max_frames,
            min_frames=config.recognition.min_frames,
            looks=config.recognition.looks,
            tracks=tracks,
        )


def _hand_back_memory() -> None:
    """glibc keeps what the start needed once, the engine's self-test above all: 40 MB that the machine can use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def camera_state(faults: frozenset[Fault], frame: Frame | None) -> CameraState:
    """The heartbeat's word for it."""
    if Fault.CAMERA_LOST in faults:
        return "lost"
    if Fault.CAMERA_ABSENT in faults:
        return "absent"
    return "unknown" if frame is None else "ok"


def encounter_settings(config: Config) -> enc.Settings:
    """The encounter's times and counts, from the configuration."""
    return enc.Settings(
        min_frames=config.recognition.min_frames,
        max_frames=config.recognition.max_frames,
        confirm_s=config.encounter.confirm_s,
        result_s=config.encounter.result_s,
        leave_s=config.encounter.leave_s,
        refused_pause_s=config.encounter.refused_pause_s,
        repeat_interval_s=config.encounter.repeat_interval_min * 60,
    )


def _threshold_table(config: Config) -> ThresholdTable | None:
    """The office's own, or None for the packaged one. Raises ConfigError when the file cannot serve."""
    if not config.recognition.fpir_table:
        return None
    try:
        table = load_table(Path(config.recognition.fpir_table))
        table.check_model(DLIB_RESNET_V1)
    except ModelError as error:
        raise ConfigError(f"[recognition] fpir_table: {error}") from error
    return table


def judge_of(config: Config) -> Callable[[Quality], Hint | None]:
    """What is wrong with a face, by the configured limits."""
    return partial(quality.judge, limits=quality.Limits(**config.quality.model_dump()))
