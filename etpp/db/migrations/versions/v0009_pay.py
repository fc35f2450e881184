"""Pay: the tables of its facts and of closed months; who a face belongs to in the whole regency."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

# The tables as they were made; etpp/db/pay_tables.py has them as they are.
tables = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
UTC = sa.DateTime(timezone=True)
offices = sa.Table(
    "offices",
    tables,
    sa.Column("office_id", sa.String(64), primary_key=True),
    sa.Column("calendar", sa.JSON),
    sa.Column("created_utc", UTC),
)
people = sa.Table(
    "people",
    tables,
    *(sa.Column(name, sa.String) for name in ("office_id", "person_id", "nip", "name", "employee_id")),
    *(sa.Column(name, sa.BigInteger) for name in ("changed_version", "erased_version")),
)
versions = sa.Table(
    "gallery_versions",
    tables,
    sa.Column("office_id", sa.String),
    sa.Column("version", sa.BigInteger),
    sa.Column("issued_utc", UTC),
)
events = sa.Table(
    "events",
    tables,
    *(sa.Column(name, sa.String) for name in ("office_id", "person_id", "status")),
    sa.Column("utc", UTC),
)
BEFORE = {"offices", "people", "gallery_versions", "events"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = dt.timedelta(days=1)


def _id(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(64), nullable=nullable)


def _text(name: str, length: int = 200, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _utc(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UTC, nullable=nullable)


def _period() -> tuple[Any, ...]:
    return sa.Column("first", sa.Date, nullable=False), sa.Column("last", sa.Date)


def _json(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _facts(name: str, *columns: Any, once: bool = False) -> None:
    """The first column is the fact's id. `once`: it stands for one row, whoever writes at the same moment."""
    of_id = (columns[0].name,) if once else (columns[0].name, "fact_no")
    sa.Table(
        name,
        tables,
        sa.Column("fact_no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *columns,
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("recorded_utc", UTC, nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.Index(f"ix_{name}_{columns[0].name}", *of_id, unique=once),
        sa.Index(f"ix_{name}_recorded_utc", "recorded_utc"),
    )


_facts(
    "employees", _id("person_id"), _text("name"), sa.Column("nip", sa.String(18)), sa.Column("other_id", sa.String(64))
)
sa.Table(
    "numbers",
    tables,
    sa.Column("number", sa.String(64), primary_key=True),
    _id("person_id"),
    sa.Index("ix_numbers_person_id", "person_id"),
)
_facts("office_places", _id("office_id"), _id("parent_id", nullable=True), _text("kind", 20), _text("timezone", 64))
_facts(
    "assignments",
    _id("assignment_id"),
    _id("person_id"),
    _id("office_id"),
    _text("post_id", 120),
    sa.Column("job_class", sa.Integer, nullable=False),
    _text("rank", 20),
    _text("status", 20),
    _id("superior_id", nullable=True),
    *_period(),
    sa.Column("entitled", sa.Boolean, nullable=False),
    sa.Index("ix_assignments_person_id", "person_id"),
    sa.Index("ix_assignments_office_id", "office_id"),
)
_facts(
    "actings",
    _id("acting_id"),
    _id("person_id"),
    _text("post_id", 120),
    sa.Column("job_class", sa.Integer, nullable=False),
    *_period(),
    sa.Index("ix_actings_person_id", "person_id"),
)
_facts("deputies", _id("deputising_id"), _id("superior_id"), _id("deputy_id"), *_period())

_facts(
    "work_periods", _id("period_id"), _id("scope", nullable=True), *_period(), _json("days"), _text("season", 20)
)
_facts(
    "special_days",
    _id("special_id"),
    _id("scope", nullable=True),
    sa.Column("date", sa.Date, nullable=False),
    _json("hours", nullable=True),
    _text("name"),
    _utc("decided_utc"),
)
_facts(
    "occasions",
    _id("occasion_id"),
    _id("scope", nullable=True),
    _text("name"),
    *_period(),
    _json("window"),
    _json("weekdays", nullable=True),
    sa.Column("on_days_off", sa.Boolean, nullable=False),
    sa.Column("for_shifts", sa.Boolean, nullable=False),
    _json("without_offices"),
)
_facts("shifts", _id("shift_id"), _json("hours"))
_facts(
    "roster_days",
    _id("roster_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _id("shift_id", nullable=True),
    _utc("decided_utc"),
    sa.Index("ix_roster_days_date", "date"),
    sa.Index("ix_roster_days_person_id", "person_id"),
)
_facts("by_roster", _id("person_id"), *_period())

_facts("kind_catalogues", _id("catalogue_id"), sa.Column("text", sa.Text, nullable=False))
_facts(
    "letters",
    _id("letter_id"),
    _id("kind_id"),
    _text("number"),
    sa.Column("date", sa.Date, nullable=False),
    _text("issuer"),
    _json("person_ids"),
    _utc("first_utc"),
    _utc("until_utc"),
    _id("submitted_by"),
    _utc("submitted_utc"),
    sa.Column("document_sha256", sa.String(64)),
    sa.Index("ix_letters_until_utc", "until_utc"),
)
sa.Table(
    "letter_people",
    tables,
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("letter_id", sa.String(64), primary_key=True),
    sa.Index("ix_letter_people_letter_id", "letter_id"),
)
_facts(
    "letter_decisions",
    _id("decision_id"),
    _id("letter_id"),
    sa.Column("approved", sa.Boolean, nullable=False),
    _id("by"),
    _utc("decided_utc"),
    _text("reason", 500),
    sa.Index("ix_letter_decisions_letter_id", "letter_id"),
    once=True,
)
_facts(
    "letter_revocations",
    _id("revocation_id"),
    _id("letter_id"),
    _id("by"),
    _utc("revoked_utc"),
    _text("reason", 500),
    sa.Index("ix_letter_revocations_letter_id", "letter_id"),
    once=True,
)
sa.Table(
    "documents",
    tables,
    sa.Column("sha256", sa.String(64), primary_key=True),
    _text("media_type", 40),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    _utc("stored_utc"),
    _id("stored_by"),
)

_facts(
    "activity_items",
    _id("item_id"),
    _text("name"),
    _text("unit", 40),
    *_period(),
    sa.Column("most_a_day", sa.String(64)),
)
_facts(
    "activity_weights",
    _id("weight_id"),
    _id("item_id"),
    *_period(),
    sa.Column("points", sa.String(64), nullable=False),
    _text("post_id", 120, nullable=True),
    sa.Column("job_class", sa.Integer),
)
_facts(
    "entries",
    _id("entry_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _id("item_id"),
    sa.Column("quantity", sa.String(64), nullable=False),
    _text("note", 500),
    _utc("entered_utc"),
    _utc("start_utc", nullable=True),
    _utc("end_utc", nullable=True),
    sa.Column("evidence_sha256", sa.String(64)),
    sa.Index("ix_entries_person_id_date", "person_id", "date"),
    sa.Index("ix_entries_date", "date"),
    once=True,
)
_facts(
    "entry_steps",
    _id("step_id"),
    _id("entry_id"),
    _text("step", 20),
    _id("by"),
    _utc("at_utc"),
    _text("reason", 500),
    sa.Index("ix_entry_steps_entry_id", "entry_id"),
    once=True,
)

_facts(
    "corrections",
    _id("correction_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _text("part", 20),
    _utc("at_utc", nullable=True),
    _text("reason", 500),
    _id("proposed_by"),
    _utc("proposed_utc"),
    _id("occasion_id"),
    _id("letter_id"),
    sa.Index("ix_corrections_person_id_date", "person_id", "date"),
    sa.Index("ix_corrections_date", "date"),
    once=True,
)
_facts(
    "correction_decisions",
    _id("decision_id"),
    _id("correction_id"),
    sa.Column("approved", sa.Boolean, nullable=False),
    _id("by"),
    _utc("decided_utc"),
    sa.Index("ix_correction_decisions_correction_id", "correction_id"),
    once=True,
)
_facts(
    "time_decisions",
    _id("decision_id"),
    _id("event_id"),
    _utc("utc"),
    _id("by"),
    _utc("decided_utc"),
    sa.Index("ix_time_decisions_event_id", "event_id"),
    once=True,
)
_facts(
    "manual_entries",
    _id("entry_id"),
    _id("person_id"),
    _utc("at_utc"),
    _id("office_id"),
    _text("reason", 500),
    _id("entered_by"),
    _utc("entered_utc"),
    _id("confirmed_by", nullable=True),
    sa.Index("ix_manual_entries_person_id_at_utc", "person_id", "at_utc"),
    sa.Index("ix_manual_entries_at_utc", "at_utc"),
)

sa.Table(
    "policy_texts",
    tables,
    sa.Column("sha256", sa.String(64), primary_key=True),
    _id("policy_id"),
    sa.Column("text", sa.Text, nullable=False),
    _utc("stored_utc"),
)
_facts("policy_uses", _id("use_id"), sa.Column("sha256", sa.String(64), nullable=False), *_period())
_facts(
    "sanctions",
    _id("sanction_id"),
    _id("person_id"),
    sa.Column("percent", sa.String(64), nullable=False),
    *_period(),
    _text("document"),
    sa.Index("ix_sanctions_person_id", "person_id"),
)
_facts(
    "office_scores",
    _id("score_id"),
    _id("office_id"),
    _json("month"),
    sa.Column("percent", sa.String(64), nullable=False),
    _utc("decided_utc"),
    sa.Index("ix_office_scores_office_id", "office_id"),
    once=True,
)


def _office_month() -> tuple[Any, ...]:
    return (
        sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
    )


_facts(
    "month_steps",
    _id("step_id"),
    _id("office_id"),
    _text("month", 7),
    _text("step", 20),
    sa.Column("hash", sa.String(64), nullable=False),
    _id("by"),
    _utc("at_utc"),
    sa.Index("ix_month_steps_office_id_month", "office_id", "month"),
    once=True,
)
sa.Table(
    "closings",
    tables,
    *_office_month(),
    _utc("as_of_utc"),
    sa.Column("policy_sha256", sa.String(64), nullable=False),
    _json("reports"),
    _json("despite", nullable=True),
    sa.Column("total", sa.String(64), nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("key_id", sa.String(64), nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    _id("closed_by"),
    sa.Index("ix_closings_as_of_utc", "as_of_utc"),
)
sa.Table(
    "closed_statements",
    tables,
    *_office_month(),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("net", sa.String(64), nullable=False),
    _json("document"),
    sa.Index("ix_closed_statements_person_id_month", "person_id", "month"),
)
sa.Table(
    "adjustments",
    tables,
    *_office_month(),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("of_month", sa.String(7), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("amount", sa.String(64), nullable=False),
    _text("rule"),
    _json("because"),
    sa.Index("ix_adjustments_person_id_of_month", "person_id", "of_month"),
)


def upgrade() -> None:
    op.add_column("people", sa.Column("employee_id", sa.String(64), nullable=True))
    tables.create_all(op.get_bind(), tables=[each for each in tables.sorted_tables if each.name not in BEFORE])
    _offices_of_before()
    _people_of_before()
    with op.batch_alter_table("people") as altered:
        altered.alter_column("employee_id", existing_type=sa.String(64), nullable=False)
    op.create_index("ix_people_employee_id", "people", ["employee_id"])
    op.add_column("events", sa.Column("accepted_utc", sa.DateTime(timezone=True), nullable=True))
    late = sa.text("accepted_utc IS NOT NULL")
    op.create_index("ix_events_accepted_utc", "events", ["accepted_utc"], sqlite_where=late, postgresql_where=late)


def downgrade() -> None:
    op.drop_index("ix_events_accepted_utc", "events")
    op.drop_column("events", "accepted_utc")
    op.drop_index("ix_people_employee_id", "people")
    op.drop_column("people", "employee_id")
    tables.drop_all(op.get_bind(), tables=[each for each in tables.sorted_tables if each.name not in BEFORE])


def _offices_of_before() -> None:
    """Each office's calendar as facts. One that no terminal can read (`etpp check` names it) has none."""
    for office in op.get_bind().execute(sa.select(offices)).all():
        said = {"recorded_utc": office.created_utc, "recorded_by": "migration", "withdrawn": False}
        zone = _zone(office.calendar)
        place = {"office_id": office.office_id, "parent_id": None, "kind": "office", "timezone": zone.key}
        _insert("office_places", {**place, **said})
        try:
            pieces = _pieces(office.calendar["periods"])
            holidays = [dt.date.fromisoformat(day) for day in office.calendar["holidays"]]
        except (KeyError, TypeError, ValueError):
            continue
        for first, last, days in pieces:
            period = {"period_id": f"{office.office_id}:{first}", "scope": office.office_id, "season": "usual"}
            _insert("work_periods", {**period, "first": first, "last": last, "days": days, **said})
        for day in sorted(set(holidays)):
            special = {"special_id": f"{office.office_id}:{day}", "scope": office.office_id, "date": day, "name": ""}
            _insert("special_days", {**special, "hours": None, "decided_utc": office.created_utc, **said})


def _pieces(periods: list[Any]) -> list[Any]:
    """(first, last, hours by weekday) that do not overlap: of several periods that held, the last counted."""
    read = [(_day(p["first"]), None if p["last"] is None else _day(p["last"]), p["days"]) for p in periods]
    starts = sorted({first for first, _, _ in read} | {last + ONE_DAY for _, last, _ in read if last is not None})
    pieces: list[Any] = []
    for place, start in enumerate(starts):
        following = starts[place + 1] if place + 1 < len(starts) else None
        holding = [days for first, last, days in read if first <= start and (last is None or start <= last)]
        if holding:
            pieces.append((start, None if following is None else following - ONE_DAY, _hours(holding[-1])))
    return pieces


def _hours(days: dict[str, Any]) -> dict[str, Any]:
    plain = {"break_minutes": 0, "grace_late_minutes": 0, "grace_early_minutes": 0, "core": None, "need_minutes": None}
    return {
        str(WEEKDAYS.index(name)): {"start": f"{start}:00", "end": f"{end}:00", **plain}
        for name, (start, end) in days.items()
    }


def _people_of_before() -> None:
    """A NIP is one person in the whole regency, who has belonged to the offices that knew the face. Which post it was
    nobody said, so nothing is paid for these days until the roster is imported."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(people).order_by(people.c.office_id, people.c.person_id)).all()
    issued = {(v.office_id, v.version): v.issued_utc for v in connection.execute(sa.select(versions))}
    seen = sa.select(events.c.office_id, events.c.person_id, sa.func.min(events.c.utc, type_=UTC).label("utc"))
    seen = seen.where(events.c.status == "accepted").group_by(events.c.office_id, events.c.person_id)
    first_seen = {(each.office_id, each.person_id): each.utc for each in connection.execute(seen)}
    made = {office.office_id: office for office in connection.execute(sa.select(offices))}
    employee_of: dict[str, str] = {}
    stays: dict[str, list[Any]] = {}
    for row in rows:
        employee = employee_of.setdefault(row.nip, row.person_id) if row.nip is not None else row.person_id
        here = (people.c.office_id == row.office_id, people.c.person_id == row.person_id)
        connection.execute(sa.update(people).where(*here).values(employee_id=employee))
        office = made[row.office_id]
        zone = _zone(office.calendar)
        known = [issued.get((row.office_id, row.changed_version)), first_seen.get((row.office_id, row.person_id))]
        begun = min((moment for moment in known if moment is not None), default=office.created_utc)
        gone = None if row.erased_version is None else issued.get((row.office_id, row.erased_version))
        last = None if gone is None else _local(gone, zone)
        stays.setdefault(employee, []).append((_local(begun, zone), last, row, office.created_utc))
    for employee, all_stays in stays.items():
        known_rows = [row for _, _, row, _ in all_stays if row.nip is not None]
        if known_rows:
            enrolled = next((row for row in known_rows if row.erased_version is None), known_rows[0])
            said = {"recorded_utc": all_stays[0][3], "recorded_by": "migration", "withdrawn": False}
            who = {"person_id": employee, "name": enrolled.name, "nip": enrolled.nip, "other_id": None}
            _insert("employees", {**who, **said})
            _insert("numbers", {"number": enrolled.nip, "person_id": employee})
        _insert_stays(employee, sorted(all_stays, key=lambda stay: stay[0]))


def _insert_stays(employee: str, ordered: list[Any]) -> None:
    """One after the other: nobody belongs to two offices on one day."""
    for place, (first, last, row, recorded) in enumerate(ordered):
        following = ordered[place + 1][0] if place + 1 < len(ordered) else None
        if following is not None and (last is None or last >= following):
            last = following - ONE_DAY
        if last is not None and last < first:
            continue
        contract = row.nip is not None and row.nip[12] == "2" and row.nip[13] != "0"
        assignment = {
            "assignment_id": f"{row.office_id}:{row.person_id}",
            "person_id": employee,
            "office_id": row.office_id,
            "post_id": "",
            "job_class": 0,
            "rank": "",
            "status": "pppk" if contract else "pns",
            "superior_id": None,
            "first": first,
            "last": last,
            "entitled": False,
        }
        said = {"recorded_utc": recorded, "recorded_by": "migration", "withdrawn": False}
        _insert("assignments", {**assignment, **said})


def _insert(name: str, values: dict[str, Any]) -> None:
    op.get_bind().execute(sa.insert(tables.tables[name]).values(values))


def _zone(calendar: dict[str, Any]) -> ZoneInfo:
    try:
        return ZoneInfo(calendar["timezone"])
    except (KeyError, TypeError, ValueError, OSError):  # one that no terminal can read either
        return ZoneInfo("Asia/Jakarta")


def _local(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    aware = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    return aware.astimezone(zone).date()


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
