"""What one row of a list of employees says: columns recognised by name, every fault of a row at once. Pure.

A column's name is the heading that the export writes; headings of other systems, Indonesian and English, are aliases.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etpp.base import nip as nips
from etpp.base import sheets, texts
from etpp.base.reader import Reader, date, text
from etpp.base.sheets import Column, Fault, Row
from etpp.roster.assignments import Status

COLUMNS = (
    Column("NIP", ("NIP baru", "Nomor Induk Pegawai", "Employee number"), required=False),
    Column("ID lain", ("NIK", "Nomor identitas", "Other id"), required=False),
    Column("Nama", ("Nama pegawai", "Nama lengkap", "Name")),
    Column("Kantor", ("OPD", "SKPD", "Unit", "Unit kerja", "Perangkat daerah", "Office")),
    Column("Jabatan", ("Nama jabatan", "Post", "Position")),
    Column("Kelas jabatan", ("Kelas", "Job class", "Class")),
    Column("Golongan", ("Gol", "Pangkat", "Golongan/Pangkat", "Pangkat/Golongan", "Golongan ruang", "Rank"), False),
    Column("Status", ("Status pegawai", "Status kepegawaian", "Employment"), required=False),
    Column("NIP atasan", ("Atasan", "Atasan (NIP)", "Superior"), required=False),
    Column("Mulai", ("TMT", "TMT jabatan", "Mulai tanggal", "From", "Start")),
    Column("Selesai", ("Sampai", "Sampai tanggal", "Until", "End"), required=False),
    Column("Plt", ("Plt.", "Pelaksana tugas", "Acting"), required=False),
    Column("Berhak TPP", ("TPP", "Entitled"), required=False),
)
HIGHEST_CLASS = 17
"""Kelas jabatan 1 to 17 (Permenpan RB 39/2013)."""
_LONGEST_POST = 120
_OTHER_ID = re.compile(r"[A-Za-z0-9._/-]{1,64}")
_RANK = re.compile(r"(I{1,3}|IV)/[a-e]|[IVX]{1,5}")
_STATUSES: dict[str, Status] = {
    "pns": "pns",
    "cpns": "pns",
    "pppk": "pppk",
    "p3k": "pppk",
    "kontrak": "contract",
    "contract": "contract",
    "honorer": "contract",
    "thl": "contract",
}
_TRUTHS = {"ya": True, "y": True, "yes": True, "plt": True, "tidak": False, "t": False, "no": False, "n": False}


@dataclass(frozen=True, slots=True)
class Listed:
    """One person's post, or acting post, from a date on; `last` None: the list says no end.

    NIP or other id, or both: then they stand for the same person. `unsaid`: columns that the list does not have.
    """

    line: int
    nip: str | None = field(repr=False)
    other_id: str | None = field(repr=False)
    name: str = field(repr=False)
    office: str
    post: str
    job_class: int
    rank: str
    status: Status
    superior: str | None = field(repr=False)
    first: dt.date
    last: dt.date | None
    acting: bool
    entitled: bool
    unsaid: frozenset[str] = frozenset()

    @property
    def numbers(self) -> Sequence[str]:
        return [number for number in (self.nip, self.other_id) if number is not None]


def understood(row: Row, now: dt.datetime) -> Listed | list[Fault]:
    """The row, or all that is wrong with it."""
    if row.fault:
        return [Fault(row.line, row.fault)]
    reader = Reader(row)
    nip = reader.take("NIP", lambda cell: nips.check_at(nips.compact(sheets.digits(cell)), now, now), "")
    other = reader.take("ID lain", _other_id, "")
    if not row["NIP"] and not row["ID lain"]:
        reader.fault("NIP", "is empty, and there is no other id")
    name = reader.need("Nama", texts.name, "")
    office = reader.need("Kantor", str, "")
    post = reader.need("Jabatan", text(_LONGEST_POST), "")
    job_class = reader.need("Kelas jabatan", _job_class, 0)
    rank = reader.take("Golongan", _rank, "")
    contract: Status = "pppk" if nip and nips.of_contract(nip) else "pns" if nip else "contract"
    status = reader.take("Status", _status, contract)
    superior = reader.take("NIP atasan", _superior, "")
    first = reader.need("Mulai", date, dt.date.min)
    last = reader.take("Selesai", date, dt.date.max)
    acting = reader.take("Plt", _truth, False)
    if last < first and not (acting and last == first - dt.timedelta(days=1)):  # an acting post that never was
        reader.fault("Selesai", "is before the beginning")
    entitled = reader.take("Berhak TPP", _truth, True)
    if reader.faults:
        return reader.faults
    return Listed(
        row.line,
        nip or None,
        other or None,
        name,
        office,
        post,
        job_class,
        rank,
        status,
        superior or None,
        first,
        None if last == dt.date.max else last,
        acting,
        entitled,
        row.missing,
    )


def cells(listed: Listed) -> Sequence[str]:
    """The row as the export writes it, in the order of COLUMNS."""
    return (
        listed.nip or "",
        listed.other_id or "",
        listed.name,
        listed.office,
        listed.post,
        str(listed.job_class),
        listed.rank,
        {"pns": "PNS", "pppk": "PPPK", "contract": "Kontrak"}[listed.status],
        listed.superior or "",
        listed.first.isoformat(),
        "" if listed.last is None else listed.last.isoformat(),
        "ya" if listed.acting else "",
        "ya" if listed.entitled else "tidak",
    )


def _other_id(cell: str) -> str:
    if not _OTHER_ID.fullmatch(sheets.digits(cell)):
        raise ValueError("must have 1 to 64 letters, digits and . _ / -")
    return cell


def _superior(cell: str) -> str:
    compact = nips.compact(sheets.digits(cell))
    return compact if re.fullmatch(r"[0-9]{18}", compact) else _other_id(cell)


def _job_class(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", cell) or not 1 <= int(cell) <= HIGHEST_CLASS:
        raise ValueError(f"must be a whole number from 1 to {HIGHEST_CLASS}")
    return int(cell)


def _rank(cell: str) -> str:
    found = _RANK.search(re.sub(r"\s*/\s*", "/", cell))
    if found is None:
        raise ValueError("must be a golongan such as III/c, of PPPK such as IX")
    return found[0]


def _status(cell: str) -> Status:
    status = _STATUSES.get(cell.casefold())
    if status is None:
        raise ValueError("must be PNS, PPPK or Kontrak")
    return status


def _truth(cell: str) -> bool:
    truth = _TRUTHS.get(cell.casefold().rstrip("."))
    if truth is None:
        raise ValueError("must be ya or tidak")
    return truth
