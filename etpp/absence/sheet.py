"""Letters as a table: a row is one person of one letter; rows that say the same of it are one letter for all. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from etpp.base import sheets
from etpp.base.reader import Reader, date, text, whose
from etpp.base.sheets import Column, Fault, Row

COLUMNS = (
    Column("Jenis surat", ("Jenis", "Kode jenis", "Kind")),
    Column("Nomor surat", ("Nomor", "No surat", "Number")),
    Column("Tanggal surat", ("Tgl surat", "Tanggal", "Letter date")),
    Column("Penerbit", ("Pejabat penerbit", "Penandatangan", "Issuer")),
    Column("NIP", ("Pegawai", "NIP pegawai", "ID", "ID lain", "Employee")),
    Column("Nama", ("Nama pegawai", "Name"), required=False),
    Column("Mulai", ("Tanggal mulai", "Dari tanggal", "From", "Start")),
    Column("Sampai", ("Tanggal selesai", "Sampai tanggal", "Selesai", "Until", "End")),
    Column("Jam mulai", ("Dari jam", "Pukul mulai", "Start time"), required=False),
    Column("Jam selesai", ("Sampai jam", "Pukul selesai", "End time"), required=False),
)
_LONGEST = 200
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Said:
    """One row that can be read. `person`: a number or an id. `last` is a day of the letter; without `start` it holds
    from the beginning of its first day, without `end` until the end of its last."""

    line: int
    kind: str
    number: str
    date: dt.date
    issuer: str
    person: str
    first: dt.date
    last: dt.date
    start: dt.time | None
    end: dt.time | None

    def local(self) -> tuple[dt.datetime, dt.datetime]:
        """The beginning and the end, by the clock of wherever the person works."""
        until = dt.datetime.combine(self.last + _ONE_DAY, dt.time())
        if self.end is not None:
            until = dt.datetime.combine(self.last, self.end)
        return dt.datetime.combine(self.first, self.start or dt.time()), until


def understood(row: Row) -> Said | list[Fault]:
    """What a row says, or everything that is wrong with it."""
    if row.fault:
        return [Fault(row.line, row.fault)]
    reader, never = Reader(row), dt.date.min
    said = Said(
        row.line,
        reader.need("Jenis surat", text(_LONGEST), ""),
        reader.need("Nomor surat", text(_LONGEST), ""),
        reader.need("Tanggal surat", date, never),
        reader.need("Penerbit", text(_LONGEST), ""),
        reader.need("NIP", whose, ""),
        reader.need("Mulai", date, never),
        reader.need("Sampai", date, never),
        reader.take("Jam mulai", sheets.time, None),
        reader.take("Jam selesai", sheets.time, None),
    )
    if never not in (said.first, said.last):
        begins, ends = said.local()
        if said.last < said.first:
            reader.fault("Sampai", "is before the beginning")
        elif ends <= begins:
            reader.fault("Jam selesai", "is before the beginning")
    return reader.faults or said
