"""The composition root of `kiosk run`: what the terminal is made of, and which part runs in which thread.

capture ──Latest──> recognition ──Sighting──> Terminal.pump (screen, main thread) <── clerk, housekeeper
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from enrollment.desk import ScreenEnrolment, consent_text
from kiosk.config import Config
from kiosk.face import quality
from kiosk.gallery import TinyGallery
from kiosk.journal import waiting
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine import memory
from kiosk.machine.backlight import Backlight
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.indicators import open_indicators
from kiosk.machine.lacks import Lacks
from kiosk.machine.model_files import ModelStore
from kiosk.machine.phone import PhoneCodes
from kiosk.machine.quiet import QuietVoice, quiet
from kiosk.machine.sensors import open_sensors
from kiosk.machine.state import StateFolder
from kiosk.machine.tries import Tries
from kiosk.machine.voice import open_voice
from kiosk.machine.watchdog import Watchdog
from kiosk.matcher import Matcher, comparable
from kiosk.model import DLIB_RESNET_V1, EMPTY_GALLERY, GallerySnapshot
from kiosk.model.recognisers import counting
from kiosk.parts import (
    camera_opener,
    encounter_settings,
    first_models,
    first_source,
    limits_of,
    recogniser_opener,
    threshold_table,
)
from kiosk.terminal import encounter as enc
from kiosk.terminal.attending import Attending
from kiosk.terminal.capture import Capture, Latest
from kiosk.terminal.claims import Claims
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.desk import Desk, Means
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.housekeeping import Housekeeper
from kiosk.terminal.orders import orders
from kiosk.terminal.recognition import Recognition
from kiosk.terminal.renewal import sampling
from kiosk.terminal.report import Report
from kiosk.terminal.running import Terminal
from kiosk.terminal.standstill import SCREEN_WITHIN_S
from kiosk.terminal.threads import Threads
from kiosk.terminal.trace import Trace
from kiosk.ui import catalogue, rehearsal
from kiosk.ui import main as screen
from kiosk.ui.announcer import Announcer
from kiosk.ui.officer.source import AreaSource
from kiosk.ui.sources import LiveSource

log = logging.getLogger(__name__)

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
    threshold_table(config)
    identity = Identity.load(state.open().identity_dir)
    with state.lock("run"):
        SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open().close()


class Kiosk:
    """All parts of one terminal."""

    def __init__(self, config: Config, options: RunOptions) -> None:
        memory.one_arena()
        state, display = options.state, config.display
        self._threads = Threads()
        self._watchdog = Watchdog.from_environment(ALIVE_WITHIN_S)
        self._screen_up = threading.Event()  # nobody is asked anything before there is a screen to ask on
        faults, latest, lacks = FaultBoard(), Latest(config.recognition.fps), Lacks()

        table = threshold_table(config)
        identity = Identity.load(state.identity_dir)
        self._outbox = SqliteOutbox(state.outbox_path, identity.device_id, key=identity.storage_key).open()
        clock = SystemClock(self._outbox.anchors)
        installed = partial(ModelStore(options.models_dir).recognisers, lacks.of("recogniser"))

        def matcher_of(snapshot: GallerySnapshot) -> Matcher:
            # Whom this terminal alone knows decides nothing for the others.
            settings, model_id = config.recognition, counting(waiting.approved(snapshot), installed())
            if snapshot.office and model_id != snapshot.office.recogniser:
                log.warning("the office's recogniser %s cannot be used yet: dlib's is", snapshot.office.recogniser)
            own = table if table is not None and table.model_id == model_id else None
            templates = comparable(snapshot.templates, model_id)
            return Matcher(templates, settings.fpir, settings.margin, own, model_id=model_id)

        def use_gallery(snapshot: GallerySnapshot) -> None:
            matcher = matcher_of(snapshot)
            self._recognition.use(matcher, sampling(snapshot, matcher.model_id, installed()))
            self._clerk.model_id = matcher.model_id

        open_source = camera_opener(config)
        self._source = first_source(open_source, faults, options.wait_for_camera)
        self._capture = Capture(
            open_source,
            latest,
            faults,
            retry_s=config.camera.retry_s,
            retry_ceiling_s=config.camera.retry_ceiling_s,
        )
        self._recognition = Recognition(
            recogniser_opener(config, options.models_dir, state.path / "cache", lacks),
            matcher_of(EMPTY_GALLERY),
            latest,
            faults,
            lambda sighting, stage_ms: terminal.sighted(enc.Saw(sighting), stage_ms),
            clock.monotonic_s,
        )
        first_models(self._recognition, options.wait_for_camera)

        self._trace = Trace(options.trace, lacks.of("trace"))
        zone = ZoneInfo(identity.provisioning.timezone)

        def is_quiet() -> bool:
            return quiet(config.voice.quiet, clock.now().wall_utc.astimezone(zone).time())

        language = state.language(config.terminal.language, catalogue.LANGUAGES)
        voice = open_voice(config.voice.enabled, language, lacks.of("voice"), volume=config.voice.volume)
        self._voice = QuietVoice(voice, is_quiet)
        self._indicators = open_indicators(**config.indicators.model_dump(), lost=lacks.of("lamps"), is_quiet=is_quiet)
        terminal = Terminal(
            settings=encounter_settings(config),
            clock=clock,
            faults=faults,
            trace=self._trace,
            restart_recognition=self._recognition.restart,
            latest_start=lambda: self._recognition.start,
            office_name=identity.provisioning.office_name,
            timezone=identity.provisioning.timezone,
            standby_s=display.standby_s,
        )
        invite = PhoneCodes(state.identity_dir, clock.now, config.phone.address or config.server.url).make
        claims = Claims(Tries(state.claims_path))
        self._clerk = Clerk(self._outbox, clock, faults, DLIB_RESNET_V1, terminal.reply, invite, claims)
        terminal.employ(self._clerk)
        self._sensors = open_sensors(
            **config.sensors.model_dump(),
            moved=terminal.moved,
            opened=lambda: self._clerk.order(enc.Happened("tamper")),
            lost=lacks.of("sensors"),
        )
        self._housekeeper = Housekeeper(
            terminal,
            self._clerk,
            TinyGallery(state.gallery_path, identity.storage_key),
            self._outbox,
            faults,
            clock,
            use_gallery=use_gallery,
            sync_status=state.read_status,
            revoked=lambda: identity.revoked,
            report=Report(state, faults, latest, lacks).tell,
            gallery_max_age_days=config.terminal.gallery_max_age_days,
        )
        self._housekeeper.load_gallery()  # also when there is none yet: nobody is looked for in vain
        self._housekeeper.look()
        self._attending = Attending(terminal, clock)
        self._desk = Desk(
            Means(
                outbox=self._outbox,
                clock=clock,
                faults=faults,
                latest=latest,
                tries=Tries(state.tries_path),
                officers=lambda: terminal.snapshot.bulletin.officers,
                enrolment=partial(ScreenEnrolment, config, state.path),
                rest=self._recognition.rest,
                keep=partial(state.keep_language, configured=config.terminal.language),
                carry=orders(state, self._outbox, identity, clock, self._threads.stop),
                enrolled=self._housekeeper.enrolled,
                waits=self._housekeeper.waits,
            ),
            self._attending.reply,
        )
        self._attending.employ(self._desk)

        self._area = AreaSource(self._attending, consent_text, partial(quality.shares, limits=limits_of(config)))
        self._backlight = Backlight(lost=lacks.of("backlight"))
        self.terminal = terminal
        self.screen = LiveSource(
            terminal,
            latest,
            catalogue.load(language),
            stop=self._threads.stop,
            shown=Announcer(self._voice, self._indicators, self._backlight.dim).announce,
            alive=self._screen_lives,
            officer=self._area,
        )
        self._attending.speak = self.screen.speak
        self._show = partial(
            screen.show,
            self.screen,
            display.mode,
            display.fullscreen,
            display.rotation,
            display.screens_dir,
            lacks.of("pictures of the screens"),
            self._area,
            rehearsal.scenes(config.terminal.language, consent_text(), partial(self._watchdog.progress, "screen")),
        )

    def run(self) -> None:
        """Blocks the main thread, which Kivy must have. Raises what a thread that failed raised."""
        memory.hand_back()
        stop = self._threads.stop
        alive = {part: partial(self._watchdog.progress, part) for part in ALIVE_WITHIN_S}
        work: dict[str, Callable[[], None]] = {
            "capture": lambda: self._see(alive["capture"]),
            "recognition": lambda: self._recognition.run(stop, alive["recognition"]),
            "housekeeper": lambda: self._housekeeper.run(stop, alive["housekeeper"]),
            "watchdog": lambda: self._watchdog.run(stop),
            "clerk": self._clerk.run,
            "desk": self._desk.run,
            "backlight": self._backlight.run,
        }
        with self._threads.running(work, self._wake):
            self._watchdog.notifier.ready("running")
            self._show()
        self._threads.raise_failure()

    def stop(self) -> None:
        """End `run`; any thread."""
        self._threads.stop.set()

    def close(self) -> None:
        for part in (self._sensors, self._voice, self._indicators, self._trace, self._outbox):
            part.close()

    def _see(self, alive: Callable[[], None]) -> None:
        self._screen_up.wait()
        memory.settle()  # all is made, and nobody has been seen yet
        self._capture.run(self._threads.stop, alive, self._source)

    def _screen_lives(self) -> None:
        self._watchdog.progress("screen")
        self._screen_up.set()

    def _wake(self) -> None:
        self._watchdog.notifier.stopping()
        self._screen_up.set()
        self._clerk.stop()
        self._desk.stop()
        self._backlight.stop()
