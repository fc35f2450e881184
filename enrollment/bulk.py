"""Mass enrolment: one person after the other, each whole or not at all, so that it can be interrupted and repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from enrollment import characters, photos
from enrollment.consent import Consent
from enrollment.listing import Row
from enrollment.nip import compact
from enrollment.refusal import Refusal
from enrollment.registrar import Enrolled, Registrar, Sitting
from kiosk.face.quality import Limits
from kiosk.ports import FaceEngine


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. "already": enrolled before, by the gallery or by an earlier run of the same list."""

    row: Row
    status: Literal["accepted", "already", "refused"]
    refusal: Refusal | None = None
    enrolled: Enrolled | None = None
    skipped: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What holds for all people of one list. `needed` good pictures of each, or as many as there are if fewer."""

    folder: Path
    office_id: str
    consent: Consent
    needed: int
    replace: bool = False
    dry_run: bool = False


def enrol_all(
    order: Order, rows: Sequence[Row], registrar: Registrar, engine: FaceEngine, bounds: Limits
) -> Iterator[Outcome]:
    """One outcome a row, as soon as it is known; what was accepted is on disk by then. Raises OutboxError."""
    copies = Counter(compact(row.nip) for row in rows)
    for row, same in zip(rows, _sharing(order.folder, rows), strict=True):
        try:
            if row.fault is not None:
                raise row.fault
            if row.nip and copies[compact(row.nip)] > 1:
                raise Refusal("nip_repeated")
            others = [str(each.line) for each in same if each is not row]
            yield _enrol(order, row, others, registrar, engine, bounds)
        except Refusal as refusal:
            status: Literal["already", "refused"] = "already" if refusal.reason == "nip_enrolled" else "refused"
            yield Outcome(row, status, refusal)


def _enrol(
    order: Order, row: Row, others: Sequence[str], registrar: Registrar, engine: FaceEngine, bounds: Limits
) -> Outcome:
    """`others`: the lines that name the same folder."""
    if not row.consent:
        raise Refusal("no_consent")
    applicant = registrar.admit(row.nip, row.name, order.office_id, replace=order.replace)
    if others:
        raise Refusal("folder_shared", lines=", ".join(others))
    gathered = photos.gather(engine, photos.find([_pictures(order.folder, row.folder)]), bounds)
    if registrar.already_sent(applicant.parts.nip, gathered.shots):
        return Outcome(row, "already")
    needed = min(order.needed, gathered.pictures)
    sitting = Sitting(gathered.shots, needed, one_sitting=False)
    enrolled = registrar.enrol(applicant, sitting, order.consent, dry_run=order.dry_run)
    return Outcome(row, "accepted", enrolled=enrolled, skipped=gathered.skipped)


def _sharing(folder: Path, rows: Sequence[Row]) -> list[list[Row]]:
    """Of each row, the rows that name the same folder, however they write it: nobody can say whose face is in it."""
    whose: dict[Path, list[Row]] = {}
    found = []
    for row in rows:
        try:
            same = whose.setdefault(_pictures(folder, row.folder).resolve(), [])
        except Refusal:
            same = []  # it says so when it is its turn
        same.append(row)
        found.append(same)
    return found


def _pictures(folder: Path, name: str) -> Path:
    """The person's folder. A list that points elsewhere is a mistake, and could enrol another person's pictures.

    The name is tried as it stands, then as other systems take it: \\ for /, and capital letters like small ones.
    """
    names = dict.fromkeys([name, characters.seen(name), characters.seen(name).replace("\\", "/")])
    try:
        whole = folder.resolve()
        paths = [(folder / each).resolve() for each in names if each]
        if not paths or not all(path.is_relative_to(whole) and path != whole for path in paths):
            raise Refusal("folder_outside")
        found = [path for path in paths if path.is_dir()] or _in_other_letters(whole, paths[-1])
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, a character that no path has
        raise Refusal("no_pictures") from error
    if not found:
        raise Refusal("no_pictures")
    return found[0]


def _in_other_letters(folder: Path, path: Path) -> list[Path]:
    """The one folder in `folder` whose name differs from that of `path` in capital letters only."""
    alike = [each for each in folder.iterdir() if each.name.casefold() == path.name.casefold() and each.is_dir()]
    return alike if path.parent == folder and len(alike) == 1 else []
