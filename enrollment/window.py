"""`enroll gui`: the terminal's screens of an enrolment as a window on a laptop. The composition root of it.

The officer's area, its desk and its sheets are those of the running terminal; what differs is where the looks come from
(`enrollment.tray`), and that nothing is recorded here.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from enrollment import consent as consents
from enrollment import name as names
from enrollment import nip as nips
from enrollment.desk import ScreenEnrolment, consent_text
from enrollment.refusal import Refusal
from enrollment.station import Records, opened_records
from enrollment.tray import AtWindow, Dropped
from kiosk.camera import configured_camera
from kiosk.config import Config
from kiosk.errors import CameraError, GalleryError
from kiosk.face import quality
from kiosk.face.quality import Limits
from kiosk.gallery import TinyGallery
from kiosk.machine.state import StateFolder
from kiosk.machine.tries import Tries
from kiosk.model import (
    NOBODY,
    Awaiting,
    ClockState,
    Fault,
    Frame,
    GallerySnapshot,
    QueueState,
    Sighting,
    TerminalStatus,
)
from kiosk.parts import limits_of
from kiosk.ports import FrameSource
from kiosk.terminal.attending import Attending
from kiosk.terminal.capture import Capture, Latest
from kiosk.terminal.desk import Carried, Desk, Means
from kiosk.terminal.encounter import Button
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.officer import Act, Page
from kiosk.terminal.threads import Threads
from kiosk.ui import catalogue
from kiosk.ui import main as screen
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.officer.source import AreaSource
from kiosk.ui.viewstate import BLANK, ViewState

log = logging.getLogger(__name__)

_NO_QUEUE = QueueState(waiting=0, parked=0, oldest_waiting_utc=None)
"""No page of a window tells of the queue: see `kiosk.terminal.officer.values.AT_WINDOW`."""

SIZE_PX = (1000, 600)
"""The terminal's sheet a quarter larger: it fits every laptop's screen, with a title above it."""


@dataclass(frozen=True, slots=True)
class WindowOrder:
    """What the command line says. `officer` empty: whoever knows an officer's PIN; `nip` and `name`: somebody whom the
    office's list does not have; `pictures` of the first person who is chosen; `camera` "none": pictures only."""

    officer: str
    camera: str
    nip: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    pictures: tuple[Path, ...] = ()
    screens: Path | None = None
    language: str = ""


class Looking:
    """The laptop's camera, which looks only while it is asked to. One thread's, but for `latest`."""

    def __init__(
        self, open_source: Callable[[], FrameSource] | None, latest: Latest, faults: FaultBoard, retry_s: float
    ) -> None:
        self.latest = latest
        self.there = False
        self._open_source = open_source
        self._faults = faults
        self._retry_s = retry_s
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def look(self, on: bool) -> None:
        """Begin or end; `there` says whether there is a camera."""
        if not on:
            self._stop.set()
            if self._thread is not None:
                self._thread.join()
            self._thread = None
            return
        self.there = False
        if self._open_source is None:
            return
        try:
            source = self._open_source()
        except CameraError as error:
            log.warning("pictures only: %s", error)
            return
        self.there = True
        self._stop = threading.Event()
        capture = Capture(
            self._open_source, self.latest, self._faults, retry_s=self._retry_s, retry_ceiling_s=self._retry_s
        )
        self._thread = threading.Thread(
            target=self._run, args=(capture, self._stop, source), name="camera", daemon=True
        )
        self._thread.start()

    def _run(self, capture: Capture, stop: threading.Event, source: FrameSource) -> None:
        """A camera that fails in a way of its own counts as pulled out, and is opened anew for the next person."""
        try:
            capture.run(stop, lambda: None, source)
        except Exception:
            log.exception("the camera failed")
            self._faults.set(Fault.CAMERA_LOST, True)


class Office:
    """`kiosk.terminal.attending.Held` where nothing is recorded: the office's people, and one more."""

    sighting: Sighting = NOBODY

    def __init__(self, gallery: TinyGallery, more: Awaiting | None) -> None:
        self._gallery = gallery
        self._more = more
        self.snapshot = self._with_more(_loaded(gallery))

    def hold(self) -> bool:
        return True

    def release(self, as_before: bool = False) -> None:
        """Nothing was held."""

    def moved(self) -> None:
        """A laptop's screen has a light of its own."""

    def renew(self) -> None:
        """Take what `kiosk sync` has fetched meanwhile."""
        if self._gallery.changed():
            self.snapshot = self._with_more(_loaded(self._gallery))

    def _with_more(self, snapshot: GallerySnapshot) -> GallerySnapshot:
        more, told = self._more, snapshot.bulletin
        known = {*(person.nip for person in snapshot.people.values()), *(each.nip for each in told.awaiting)}
        if more is None or more.nip in known:
            return snapshot
        return replace(snapshot, bulletin=replace(told, awaiting=(*told.awaiting, more)))


def _loaded(gallery: TinyGallery) -> GallerySnapshot:
    try:
        return gallery.load()
    except GalleryError as error:
        log.warning("the office's people are not known: %s", error)
        return GallerySnapshot(0, None, {}, ())


class WindowSource:
    """The window's `ScreenSource` and `OfficerSource`: the area is always open, and the window closes with it."""

    def __init__(
        self,
        order: WindowOrder,
        records: Records,
        office: Office,
        latest: Latest,
        attending: Attending,
        limits: Limits,
        language: str,
        stop: threading.Event,
    ) -> None:
        self._order = order
        self._records = records
        self._office = office
        self._latest = latest
        self._attending = attending
        self._area = AreaSource(attending, consent_text, partial(quality.shares, limits=limits))
        self._catalogue = catalogue.load(language)
        self._pictures = list(order.pictures)
        self._closing = False
        self._stop = stop
        self._zone = ZoneInfo(records.identity.provisioning.timezone)
        attending.speak = self._speak
        attending.area = replace(attending.area, window=True)

    def pump(self) -> ViewState:
        attending = self._attending
        if not attending.area.open and not self._closing:
            self._open()
        if attending.area.page in (Page.PIN, Page.MENU):
            self._office.renew()
        if attending.area.page is Page.PERSON:
            for path in self._pictures:
                attending.drop(path)
            self._pictures.clear()
        self._area.pump(BLANK, self._status(), self._records.clock.monotonic_s(), self._catalogue)
        return BLANK

    def _open(self) -> None:
        if self._order.officer:
            self._attending.enter(self._order.officer)
        else:
            self._attending.open()

    def _status(self) -> TerminalStatus:
        moment = self._records.clock.now()
        return TerminalStatus(
            local_time=moment.wall_utc.astimezone(self._zone),
            office_name=self._records.identity.provisioning.office_name,
            people=len(self._office.snapshot.people),
            connected=None,
            queue=_NO_QUEUE,
            clock_trusted=moment.clock_state is ClockState.SYNCHRONISED,
        )

    def _speak(self, language: str) -> None:
        self._catalogue = catalogue.load(language)

    def frame(self) -> Frame | None:
        return self._latest.peek()

    def press(self, button: Button) -> None:
        """There is no encounter."""

    def type_nip(self, digits: str) -> None:
        """There is no pad."""

    def stopping(self) -> bool:
        return self._closing or self._stop.is_set()

    def sheet(self) -> Sheet | None:
        return self._area.sheet()

    def corner(self, down: bool) -> None:
        """The area is open."""

    def touch(self, act: Act, value: str) -> None:
        leaves = act is Act.LEAVE and (bool(self._order.officer) or self._attending.area.page is Page.PIN)
        self._closing = self._closing or leaves
        self._area.touch(act, value)

    def sign(self, picture: bytes) -> None:
        self._area.sign(picture)

    def drop(self, path: Path) -> None:
        self._area.drop(path)


def show(order: WindowOrder, config: Config, path: Path) -> None:
    """Open the window; until it is closed. Never beside a running terminal, nor beside another enrolment.

    Raises Refusal not_provisioned, device_revoked, no_consent, officer_name, nip_*, name_*; IdentityError, StateError,
    StateInUse, OutboxError; KioskError where no window can be opened.
    """
    today = dt.datetime.now(dt.UTC).date()
    more = Awaiting(nips.parse(order.nip, today).nip, names.parse(order.name), "none") if order.nip else None
    if order.officer:
        before = consents.given(order.officer, consents.DEFAULT_TEXT_ID, dt.datetime.now(dt.UTC))
        order = replace(order, officer=before.officer)
    with opened_records(path) as (state, records):
        office = Office(TinyGallery(state.gallery_path, records.identity.storage_key), more)
        if not order.officer and not office.snapshot.bulletin.officers:
            raise Refusal("no_officers")
        _run(order, config, state, records, office)


def _run(order: WindowOrder, config: Config, state: StateFolder, records: Records, office: Office) -> None:
    abandon, faults, threads = threading.Event(), FaultBoard(), Threads()
    tray = Dropped(abandon)
    source = order.camera or config.camera.source
    opener = None if source == "none" else partial(configured_camera, config.camera, source=source)
    looking = Looking(opener, Latest(config.recognition.fps), faults, config.camera.retry_s)
    take = AtWindow(tray, lambda: looking.there)
    attending = Attending(office, records.clock, tray)
    nothing: dict[str, Callable[[], Carried]] = {}
    desk = Desk(
        Means(
            outbox=records.outbox,
            clock=records.clock,
            faults=faults,
            latest=looking.latest,
            tries=Tries(state.tries_path),
            officers=lambda: office.snapshot.bulletin.officers,
            enrolment=partial(ScreenEnrolment, config, state.path, take),
            rest=looking.look,
            keep=partial(state.keep_language, configured=config.terminal.language),
            carry=nothing,
            abandon=abandon,
        ),
        attending.reply,
    )
    attending.employ(desk)
    limits = limits_of(config)
    language = order.language or state.language(config.terminal.language, catalogue.LANGUAGES)
    shown = WindowSource(order, records, office, looking.latest, attending, limits, language, threads.stop)
    with threads.running({"desk": desk.run}, desk.stop):
        screen.run(shown, title="Presensi", mode="window", screens_dir=order.screens, size_px=SIZE_PX, officer=shown)
    threads.raise_failure()
