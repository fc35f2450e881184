"""Every page of the officer's area, with people who do not exist: for pictures and tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from kiosk.model import (
    EventKind,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    Nip,
    PersonId,
    QueueState,
    Refused,
    Sighting,
    TerminalStatus,
)
from kiosk.ports import Look, Pictured, Told
from kiosk.terminal.officer import Area, Done, Enrollable, Page
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.officer.people import People
from kiosk.ui.officer.scene import Scene
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.officer.view import sheet

NOW_S = 1000.0

PEOPLE = (
    Enrollable(Nip("198503152010011004"), "Bagus Contohadi, S.E.", PersonId("p-1"), "enrolled"),
    Enrollable(Nip("197911192005012001"), "Drs. H. Raden Mas Suryadiningrat Wirayudakusuma, M.Si."),
    Enrollable(Nip("199001012015032002"), "Citra Contohwati", None, "waiting"),
    Enrollable(Nip("199107232019031005"), "Dwi Contohanto", None, "refused"),
    Enrollable(Nip("198806052011012003"), "Endang Contohsari", PersonId("p-5"), "enrolled", renew=True),
    Enrollable(Nip("198309142008011006"), "Fajar Umpamawan", PersonId("p-6"), "other"),
)

_OFFICER = Area(
    page=Page.MENU,
    since_s=NOW_S,
    touched_s=NOW_S,
    officer_id="o-1",
    officer="Ratna Petugaswati",
    may=frozenset({"enrol", "maintain"}),
)
_PIN = Area(page=Page.PIN, since_s=NOW_S, touched_s=NOW_S)
_BOX = (0.35, 0.2, 0.65, 0.75)
_WRONG = {
    "id": "Ada lebih dari satu wajah dalam gambar. Hanya orang yang didaftarkan boleh tampak; minta orang lain "
    "menyingkir dan tutupi poster berwajah.",
    "en": "There is more than one face in the picture. Only the person who is enrolled may be seen; ask others to "
    "step aside and cover posters with faces.",
    "jv": "Wonten pasuryan langkung saking satunggal. Namung ingkang kadaftar ingkang pareng ketingal; sanèsipun "
    "nyingkir, poster ingkang wonten pasuryanipun dipuntutup.",
}
_TURNED = {
    "id": "Wajah menoleh atau miring terlalu jauh. Hadapkan wajah ke kamera dan tegakkan kepala.",
    "en": "The face is turned or tilted too far. Look at the camera and hold the head upright.",
    "jv": "Pasuryan nolèh utawi miring sanget. Madhep kaméra, sirah jejeg.",
}
_ALIKE = {
    "id": "Wajah ini sudah terdaftar pada NIP lain (••••••••2010011004). Periksa kartu identitas. Bila memang orang "
    "lain yang mirip (kembar, saudara), atau NIP itu dulu salah ketik, tekan tombol di bawah; bila tidak, hubungi "
    "BKPP.",
    "en": "This face is already enrolled under another NIP (••••••••2010011004). Check the identity card. If it is "
    "another person who looks alike (a twin, a sibling), or that NIP was mistyped, press the button below; if not, "
    "call BKPP.",
    "jv": "Pasuryan punika sampun kadaftar ing NIP sanès (••••••••2010011004). Kertu idhèntitas dipunpriksa. Menawi "
    "pancèn tiyang sanès ingkang mèmper (kembar, sadhèrèk), utawi NIP punika rumiyin lepat ketik, pencèt kenop ing "
    "ngandhap; menawi boten, matur BKPP.",
}
_LIVE = LivenessVerdict(Liveness.LIVE, 1.0, "example")
_KNOWN = Match(PersonId("p-1"), 0.6, 0.3, 0.5, 3, "accepted")
_STRANGER = Match(None, 0.1, 0.0, 0.5, 12, "below_threshold")


def areas() -> Iterator[tuple[str, Area]]:
    """By the picture's name."""
    yield "pin", _PIN
    yield "pin-typed", replace(_PIN, typed="4829", by_face=True)
    yield "pin-wrong", replace(_PIN, why="pin_wrong", left=2)
    yield "pin-checking", replace(_PIN, waiting=True)
    yield "pin-no_officers", replace(_PIN, why="no_officers")
    yield "pin-face_unknown", replace(_PIN, why="face_unknown", by_face=True)
    yield "pin-disk", replace(_PIN, why="disk")
    yield "pin-failed", replace(_PIN, why="failed")
    yield "pin-locked-soon", replace(_PIN, why="pin_locked", until_s=NOW_S + 45)
    yield "pin-locked", replace(_PIN, why="pin_locked_now", until_s=NOW_S + 1_790)
    yield "menu", _OFFICER
    yield "menu-restart", replace(_OFFICER, sure=True)
    yield "menu-enrols-only", replace(_OFFICER, may=frozenset({"enrol"}))
    yield "people", replace(_OFFICER, page=Page.PEOPLE)
    yield "people-found", replace(_OFFICER, page=Page.PEOPLE, missing=False, typed="contoh")
    yield "people-nobody", replace(_OFFICER, page=Page.PEOPLE, typed="zzz")
    for number, name in ((1, "missing"), (0, "enrolled"), (3, "refused"), (4, "renew"), (5, "other")):
        yield f"person-{name}", replace(_OFFICER, page=Page.PERSON, person=PEOPLE[number])
    yield "person-withdraw", replace(_OFFICER, page=Page.PERSON, person=PEOPLE[0], sure=True)
    reading = replace(_OFFICER, page=Page.CONSENT, person=PEOPLE[1])
    yield "consent", reading
    yield "consent-end", replace(reading, first=99)
    yield "sign-preparing", replace(reading, page=Page.SIGN)
    yield "sign", replace(reading, page=Page.SIGN, admitted=True)
    capture = replace(reading, page=Page.CAPTURE)
    yield "capture-front", replace(capture, look=Look("front", 0.6, box=_BOX))
    yield "capture-left", replace(capture, look=Look("left", 0.0, box=_BOX))
    yield "capture-right", replace(capture, look=Look("right", 0.4, box=_BOX))
    yield "capture-nobody", replace(capture, look=Look("front", 0.0, nobody=True))
    yield "capture-dark", replace(capture, look=Look("front", 0.3, Hint.TOO_DARK, box=_BOX))
    yield "capture-verify", replace(capture, look=Look("verify", 0.3, box=_BOX))
    window = replace(capture, window=True)
    yield "person-window", replace(window, page=Page.PERSON, held=2)
    yield "person-window-renew", replace(window, page=Page.PERSON, person=PEOPLE[4])
    yield "pictures-none", replace(window, look=Look("front", 0.0, pictures=Pictured(0, 4, False, False)))
    yield "pictures-wrong", replace(window, look=Look("left", 0.5, pictures=Pictured(2, 4, False, True, 3, _WRONG)))
    yield "pictures-enough", replace(window, look=Look("right", 1.0, pictures=Pictured(4, 4, True, True, 5)))
    yield "pictures-nobody", replace(_OFFICER, page=Page.TOLD, done=Done(False, key="officer.pictures.nobody"))
    told = replace(reading, page=Page.TOLD)
    note = {
        "id": "Tidak ada gambar wajah yang menoleh sedikit; pengenalan dari samping lebih lemah.",
        "en": "There is no picture with the head slightly turned; recognition from the side will be weaker.",
        "jv": "Boten wonten gambar pasuryan ingkang nolèh sekedhik; panepangan saking sisih langkung ringkih.",
    }
    yield "told-enrolled", replace(told, done=Done(True, (note,), "officer.done.enrolled", {"templates": 5}))
    yield "told-waiting", told
    for key in ("disk", "camera", "failed", "unexpected", "no_stick"):
        yield f"told-{key}", replace(told, done=Done(False, (), f"officer.done.{key}"))
    for key in ("sync", "restart"):
        yield f"told-{key}", replace(told, done=Done(True, (), f"officer.done.{key}"))
    yield "told-refused", replace(told, done=Done(False, (_TURNED,)))
    known_face = replace(told, done=Done(False, (_ALIKE,), like="2010011004"))
    yield "told-alike", known_face
    yield "other", replace(known_face, page=Page.OTHER, typed="198503152010")
    yield "other-wrong", replace(known_face, page=Page.OTHER, why="another")
    yield "other-whole", replace(known_face, page=Page.OTHER, typed="198503152010011004")
    yield (
        "told-export",
        replace(told, done=Done(True, (), "officer.done.export", {"count": 1240, "code": "K7Q2M-9XWPA-4D8ZR-TB6NE"})),
    )
    used = Done(True, (), "officer.done.enrolled_used", {"templates": 5})
    yield "told-enrolled_used", replace(told, done=used)
    yield "told-withdrawn", replace(told, done=Done(True, (), "officer.done.withdrawn"))
    yield "told-no-consent", replace(told, done=Done(True, (), "officer.done.consent_refused"))
    yield "queue", replace(_OFFICER, page=Page.QUEUE)
    when = dt.datetime(2026, 11, 23, 0, 31, tzinfo=dt.UTC)
    whys = ("person-unknown", "event-invalid", "hash-wrong", "event-id-reused", "event-unproven", "carried-refused")
    kinds: tuple[EventKind, ...] = ("presence", "enrolment", "occurrence", "attack", "presence", "presence")
    refused = tuple(
        Refused(kind, when - dt.timedelta(hours=n), why) for n, (kind, why) in enumerate(zip(kinds, whys, strict=True))
    )
    yield "refused", replace(_OFFICER, page=Page.REFUSED, refused=refused)
    yield (
        "refused-end",
        replace(_OFFICER, page=Page.REFUSED, refused=(*refused, Refused(None, None, "newer-than-this")), first=4),
    )
    yield "refused-waiting", replace(_OFFICER, page=Page.REFUSED)
    yield "refused-none", replace(_OFFICER, page=Page.REFUSED, refused=())
    yield "camera", replace(_OFFICER, page=Page.CAMERA, sighting=Sighting(1.0, 1, 1, _BOX))
    known = Sighting(1.0, 1, 1, _BOX, match=_KNOWN, liveness=_LIVE)
    yield "recognise", replace(_OFFICER, page=Page.RECOGNISE, sighting=known)
    yield "recognise-stranger", replace(_OFFICER, page=Page.RECOGNISE, sighting=replace(known, match=_STRANGER))
    alike = replace(known, match=replace(_STRANGER, look_alikes=(PersonId("p-1"), PersonId("p-5"))))
    yield "recognise-alike", replace(_OFFICER, page=Page.RECOGNISE, sighting=alike)
    asked = LivenessVerdict(Liveness.PENDING, 0.5, "doubt")
    close = replace(known, match=replace(_KNOWN, score=0.52), liveness=asked)
    yield "recognise-close", replace(_OFFICER, page=Page.RECOGNISE, sighting=close)
    yield "sound", replace(_OFFICER, page=Page.SOUND)
    yield "language", replace(_OFFICER, page=Page.LANGUAGE)
    yield "cleaning", replace(_OFFICER, page=Page.CLEANING, since_s=NOW_S - 8)


def scene(status: TerminalStatus, consent: Told) -> Scene:
    waits = QueueState(waiting=42, parked=2, oldest_waiting_utc=status.local_time)
    return Scene(
        people=People(PEOPLE),
        status=replace(status, connected=False, queue=waits),
        consent=consent,
        recognise_name=lambda _sighting: PEOPLE[0].name,
        judged={"focus": 1.6, "light": 0.8, "contrast": 1.1, "distance": 0.4},
    )


def sheets(status: TerminalStatus, consent: Told, catalogue: Catalogue) -> Iterator[tuple[str, Sheet]]:
    """By the picture's name."""
    around = scene(status, consent)
    for name, area in areas():
        yield f"officer-{name}", sheet(area, around, NOW_S, catalogue)
