"""A regency that strains every page of the console: forty offices, names of 120 characters, every state there is."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa

from etpp.accounts import service
from etpp.allowance.model import Month
from etpp.allowance.policy import DELIVERED, delivered_text
from etpp.base.encoding import format_time
from etpp.bulletin import service as bulletin
from etpp.bulletin.asked import NewNotice, NewOfficer, NewPolicy
from etpp.bulletin.model import Duty
from etpp.db.bulletin_tables import score_months
from etpp.imports.keeping import Kept
from etpp.reports.jobs import Job, State, write_job
from etpp.roster.store import Offices, People
from etpp.serving.acting import Grant
from etpp.trial.making import Asked, make
from tests.contract.etpp.client import Terminal, time_of
from tests.contract.etpp.running import OFFICE, Running

DAY = "2026-11-24"
SCHOOL = "smpn-1-wates"
BROKEN = "kapanewon-rusak"
LONGEST_OFFICE = (
    "Unit Pelaksana Teknis Daerah Pusat Kesehatan Masyarakat Rawat Inap Pratama Panjatan Dua pada Dinas Kesehatan "
    "Kabupaten Kulon Progo Daerah Istimewa Yogyakarta"
)
OFFICES = ("Dinas Pertanian dan Pangan", "Badan Keuangan dan Aset", "Kapanewon Girimulyo", "Kalurahan Banjarharjo")
LONGEST_NAME = (
    "Dr. dr. R. Ng. Raden Mas Suryaningrat Kusumawardhana Hadiwinoto Prawirodirdjo Cokroaminoto, Sp.PD., "
    "M.Sc., M.Kes., FINASIM."
)[:120]
ONE_WORD = "Wahyuningrumsarikusumaningtyas" * 4
PEOPLE = (
    LONGEST_NAME,
    ONE_WORD,
    "Bambang Wicaksono, S.T.",
    "Dwi Rahayu, S.Kom.",
    "Eko Prasetyo, S.E.",
    "Fitri Handayani, M.Si.",
    "Gunawan",
    "Siti Nur Aini Rahmawati Puspitaningrum, S.Pd., M.Pd.",
)
FAULTS = ["camera_lost", "clock_untrusted", "disk_read_only", "gallery_stale", "identity_damaged", "recogniser_failed"]
NOBODY = "018f2c5e-0000-7000-8000-0000000000ff"
Page = tuple[str, str]
"""A name for a picture, and the path."""


def nip(number: int) -> str:
    return f"1970{number % 12 + 1:02d}15200501{number % 2 + 1}{number + 1:03d}"


def _decisions(etpp: Running) -> tuple[str, str]:
    """Letters, corrections and manual entries in each state, a sanction; a letter and an uncertain presence."""
    new = {
        "kind_id": "izin-terlambat",
        "number": "800/" + "1234567890" * 4,
        "date": "2026-11-20",
        "issuer": LONGEST_OFFICE,
        "first_utc": "2026-11-24T00:30:00.000Z",
        "until_utc": "2026-11-24T09:00:00.000Z",
        "submitted_by": "tu",
    }
    letters = [
        etpp.admin("POST", "letters", {**new, "people": [nip(n) for n in people]})["letter_id"]
        for people in ((0, 1, 2), (1,), (3,))
    ]
    etpp.admin("POST", f"letters/{letters[1]}/approve", {"by": "kepala"})
    etpp.admin("POST", f"letters/{letters[2]}/refuse", {"by": "kepala", "reason": ONE_WORD})
    for number in (0, 1):
        correction = {"person": nip(number), "date": DAY, "part": "arrival", "reason": ONE_WORD, "proposed_by": "tu"}
        made = etpp.admin("POST", "corrections", {**correction, "at_utc": f"{DAY}T00:10:00.000Z"})
        entry = {"person": nip(number), "office_id": OFFICE, "at_utc": f"{DAY}T00:20:00.000Z", "entered_by": "tu"}
        noted = etpp.admin("POST", "manual-entries", {**entry, "reason": LONGEST_OFFICE})
    etpp.admin("POST", f"corrections/{made['correction_id']}/approve", {"by": "kepala"})
    etpp.admin("POST", f"manual-entries/{noted['entry_id']}/confirm", {"by": "kepala"})
    person = etpp.admin("GET", f"letters/{letters[1]}")["person_ids"][0]
    days = {"first": "2026-12-01", "last": "2026-12-31"}
    etpp.admin("POST", "sanctions", {"by": "bkpp", "person_id": person, "percent": 25, "document": ONE_WORD, **days})
    return letters[0], etpp.admin("GET", "reviews?month=2026-11")["reviews"][0]["event_id"]


def _tried(etpp: Running, state: State) -> str:
    """A policy tried on the regency's October; as its process leaves it."""
    folder, now = etpp.state.folder / "trials", etpp.clock.now
    folder.mkdir(mode=0o700, exist_ok=True)
    asked = Asked(delivered_text(DELIVERED[0]).replace("2000000", "1234567"), Month(2026, 11))
    job = Job(
        job_id=str(uuid.uuid4()),
        kind="trial",
        office_id="all",
        month=str(asked.month),
        format="trial",
        state=state,
        asked=format_time(now),
    )
    make(etpp.database, asked, folder / f"{job.job_id}.trial", now, lambda stage, done, of: None)
    write_job(folder, job)
    return f"/policies/trials/{job.job_id}"


def _brought(etpp: Running) -> str:
    """A list of people with everything that can be wrong, brought and not decided on."""
    lines = [
        f"{nip(40 + n)};{name};{office};{ONE_WORD[:100]};{job_class};2026-01-01"
        for n, (name, office, job_class) in enumerate(
            [(LONGEST_NAME, "upt-puskesmas", 9), (ONE_WORD, OFFICE, 8), ("Ani", "tak ada", 8), ("Budi", SCHOOL, 99)] * 4
        )
    ]
    table = "\n".join(["NIP;Nama;OPD;Jabatan;Kelas;TMT", *lines]).encode()
    kept = Kept(etpp.state.folder / "imports")
    owner = etpp.bkpp.account_id
    return f"/imports/{kept.keep('people', '', owner, table, etpp.clock.now).import_id}"


def fill(etpp: Running) -> list[Page]:
    """The pages to be looked at, in no order that matters. The clock stands at 16:12 afterwards."""
    etpp.admin("POST", "offices", {"office_id": SCHOOL, "name": "SMP Negeri 1 Wates"})
    etpp.admin("POST", "offices", {"office_id": "upt-puskesmas", "name": LONGEST_OFFICE})
    etpp.admin("POST", "offices", {"office_id": BROKEN, "name": "Kapanewon dengan kalender rusak"})
    for number in range(37):
        name = f"{OFFICES[number % len(OFFICES)]} {number + 1}"
        etpp.admin("POST", "offices", {"office_id": f"kantor-{number:02d}", "name": name})
    good, school = etpp.terminal(), etpp.terminal(SCHOOL)
    bad, gone, lost = (etpp.terminal("upt-puskesmas") for _ in range(3))
    ids = [etpp.person(nip(n), name) for n, name in enumerate(PEOPLE)]

    def come(person: int, clock: str, state: str = "trusted", spread_s: float = 0) -> None:
        etpp.clock.local(f"{DAY} {clock}")
        batch = good.batch([good.presence(ids[person])], etpp.clock.now)
        at = etpp.clock.now - dt.timedelta(seconds=spread_s)
        batch["events"][0]["time"] = time_of(at, spread_s, state)
        good.post("events", batch)

    come(0, "07:05", "estimated")
    come(2, "07:12")
    come(1, "09:31", "uncertain", 7200)
    come(3, "15:48")
    come(0, "15:58")
    # A face that is the school's too, another face and name under a NIP, a NIP that waits twice and is elsewhere.
    etpp.person(nip(1), LONGEST_NAME, SCHOOL)
    for terminal, number, name, seed in (
        (school, 20, LONGEST_NAME, 1),
        (school, 22, "Kartika Sari", 4),
        (good, 0, "Kartika Sari, S.Pd.", 1),
        (good, 0, ONE_WORD, 7),
        (good, 1, ONE_WORD, 9),
        (good, 23, "Yuni Astuti", 30),
    ):
        terminal.send_events([terminal.enrolment(nip(number), name, seed, seed + 1)], at=etpp.clock.now)
    waits = good.enrolment(nip(26), LONGEST_NAME, 70, 71)
    good.send_events([waits, *(good.waiting(waits["event_id"]) for _ in range(9))], at=etpp.clock.now)
    good.send_events([good.waiting(NOBODY)], at=etpp.clock.now)  # on what is no enrolment
    decided = school.enrolment(nip(24), LONGEST_NAME, 1, 2)
    refused = school.enrolment(nip(25), ONE_WORD, 60, 61)
    school.send_events([decided, refused], at=etpp.clock.now)
    marks = {each["event_id"]: each["marks"] for each in etpp.admin("GET", "enrolments")["enrolments"]}
    answers = "&".join(f"accept={mark['key']}" for mark in marks[decided["event_id"]])
    etpp.admin("POST", f"offices/{SCHOOL}/enrolments/{decided['event_id']}/approve?{answers}")
    etpp.admin("POST", f"offices/{SCHOOL}/enrolments/{refused['event_id']}/reject")
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{ids[6]}?forget=true&asked_by={LONGEST_NAME}")
    good.send_events([good.presence(NOBODY), good.event("attack", {"model_id": "", "frames": -1})], at=etpp.clock.now)
    problem = {"type": "urn:presensi:problem:event-invalid", "detail": f"presence.{'x' * 150}: must be text"}
    counters = {"unknown": 1234567, "attack_refused": 98765, "refused_by_person": 123456}
    bad.heartbeat(
        queue={"waiting": 123456, "parked": 1234},
        faults=[*FAULTS, "something_new_that_no_release_of_this_server_knows_of"],
        camera="lost",
        wall_utc="1970-01-01T02:10:00.000Z",
        clock_state="unsynchronised",
        disk_free_bytes=1_100_000_000_000,
        counters=counters,
        parked=[{"event_id": NOBODY, "problem": problem}],
        software="presensi-kiosk 10.11.12+20261124.abcdef0123456789",
    )
    bad.last_hash = "ab" * 32
    bad.send_events([bad.attack()])
    for terminal in (gone, lost):
        etpp.admin("POST", f"devices/{terminal.device_id}/revoke")
    etpp.admin("POST", f"devices/{lost.device_id}/write-off")
    etpp.admin("POST", "offices/upt-puskesmas/codes")
    with etpp.database.begin() as tx:  # as an earlier release may have left it
        Offices(tx).set_calendar(BROKEN, "Kapanewon dengan kalender rusak", {"timezone": "Asia"})
    etpp.clock.local(f"{DAY} 16:12")
    good.heartbeat(gallery_version=9, wall_utc=f"{DAY}T09:12:00.000Z")
    letter, event = _decisions(etpp)
    offices = [each["office_id"] for each in etpp.admin("GET", "offices")["offices"]]
    many = etpp.member("pengelola.kepegawaian.dan.umum", *(Grant("operator", each) for each in offices))
    etpp.log_in(many)
    gone_technician = etpp.member("mantan-teknisi", Grant("technician"))
    with etpp.database.begin() as tx:
        service.set_disabled(tx, gone_technician.account_id, True, etpp.clock.now)
    waiting = etpp.admin("GET", "enrolments?state=pending")["enrolments"]
    marked = max(waiting, key=lambda each: len(each["marks"]))
    enrolment = f"/enrolments/{marked['office_id']}/{marked['event_id']}"
    person = f"/offices/{OFFICE}/people/{ids[0]}"
    with etpp.database.read() as tx:
        employees = {each.person_id: each.employee_id for each in People(tx).everyone(OFFICE, include_erased=True)}
    for number, reason in ((0, "Saya hadir sejak pagi. " * 20), (1, "salahketik" * 45), (2, "Antrean panjang.")):
        about = {"month": "2026-11", "about": f"day:{DAY}", "reason": reason.strip()}
        filed = etpp.admin("POST", "objections", {"by": employees[ids[number]], **about})["objection_id"]
    said = {"by": "bkpp", "upheld": True, "answer": "Antreannya tercatat. " * 20}
    etpp.admin("POST", f"objections/{filed}/answer", said | {"answer": said["answer"].strip()})
    withdrawn, refused_consent = tell(etpp, good, ids)
    return [
        ("officers", "/officers"),
        ("notices", "/notices"),
        ("nip-pin", "/nip-pin"),
        ("signals", "/signals"),
        ("fading", "/fading"),
        ("consents", "/consents"),
        ("consent", f"/consents/{OFFICE}/{withdrawn}"),
        ("consent-refused", f"/consents/{OFFICE}/{refused_consent}"),
        ("erasures", "/erasures"),
        ("erasure", f"/erasures/{OFFICE}/{ids[6]}"),
        ("objections", "/objections"),
        ("objections-answered", "/objections?answered=1"),
        ("overview", f"/?date={DAY}"),
        ("overview-day-off", "/?date=2026-11-22"),
        ("day", f"/offices/{OFFICE}?date={DAY}"),
        ("day-longest-office", f"/offices/upt-puskesmas?date={DAY}"),
        ("find", "/people"),
        ("find-some", "/people?q=1970&sort=-name"),
        ("person", f"/people/{employees[ids[0]]}?month=2026-11&year=1"),
        ("objections", "/objections"),
        ("charts", f"/offices/{OFFICE}/charts?month=2026-11"),
        ("person-one-word", f"/people/{employees[ids[1]]}"),
        ("phones", f"/people/{employees[ids[0]]}/phones"),
        ("phone-start", "/m"),
        ("people", f"/offices/{OFFICE}/people"),
        ("people-none", "/offices/upt-puskesmas/people"),
        ("rename", f"{person}/rename"),
        ("rename-one-word", f"/offices/{OFFICE}/people/{ids[1]}/rename"),
        ("erase", f"{person}/erase"),
        ("terminals", "/terminals"),
        ("revoke", f"/terminals/{good.device_id}/revoke"),
        ("write-off", f"/terminals/{gone.device_id}/write-off"),
        ("withdraw", "/offices/upt-puskesmas/codes/withdraw"),
        ("enrolments", "/enrolments"),
        ("approve", f"{enrolment}/approve"),
        ("reject", f"{enrolment}/reject"),
        ("events", "/events"),
        ("resting", "/events/resting"),
        ("accounts", "/accounts"),
        ("account-new", "/accounts/new"),
        ("account-of-many-roles", f"/accounts/{many.account_id}"),
        ("audit", "/audit"),
        ("my-account", "/account"),
        ("authenticator", "/account/totp"),
        ("passkey", "/account/passkey"),
        ("letters", "/letters?month=2026-11"),
        ("letter", f"/letters/{letter}"),
        ("letter-new", "/letters/new"),
        ("letter-revoke", f"/letters/{letter}/revoke"),
        ("corrections", "/corrections?month=2026-11"),
        ("correction-new", "/corrections/new"),
        ("reviews", "/reviews?month=2026-11"),
        ("review", f"/reviews/{OFFICE}/{event}"),
        ("manual", "/manual-entries?month=2026-11"),
        ("manual-new", "/manual-entries/new"),
        ("discipline", f"/discipline?office_id={OFFICE}&year=2026"),
        ("months", "/months?month=2026-11"),
        ("month", f"/offices/{OFFICE}/months/2026-11"),
        ("scores", "/scores?month=2026-11"),
        ("sanctions", "/sanctions"),
        ("policies", "/policies"),
        ("reports", "/reports"),
        ("calendar", "/calendar?month=2026-12&office_id=upt-puskesmas&day=2026-12-25"),
        ("calendar-regency", "/calendar?month=2027-02"),
        ("calendar-preview", f"/calendar/preview?what=off&first=2026-12-24&until=2026-12-31&name={ONE_WORD[:100]}"),
        ("policy-trial", _tried(etpp, "done")),
        ("policy-trial-ended", _tried(etpp, "cancelled")),
        ("imports", "/imports"),
        ("import-preview", _brought(etpp)),
        ("refused", f"/offices/{BROKEN}?date={DAY}"),
        ("not-found", "/nothing"),
    ]


def tell(etpp: Running, terminal: Terminal, ids: list[str]) -> tuple[str, str]:
    """Officers, notices, signals and faces that fade, of long names and texts. The ids of a withdrawn consent and of
    one that was not given."""
    now = etpp.clock.now
    duties: frozenset[Duty] = frozenset({"enrol", "maintain"})
    with etpp.database.begin() as tx:
        for name in ("Prof. Dr. dr. Raden Mas Tumenggung Suryadiningrat Kusumawardhana, Sp.PD-KGEH, M.Kes.", "X" * 60):
            new = NewOfficer(office_id=OFFICE, name=name, may=duties, by="bkpp")
            bulletin.add_officer(tx, new, "$argon2id$of-nobody", now)
        text = (
            "Upacara Hari Guru besok pukul 07.30 di halaman kantor; semua pegawai memakai seragam KORPRI lengkap. " * 2
        )
        for office_id, until in ((OFFICE, 1), (None, 30)):
            new_notice = NewNotice(
                office_id=office_id,
                text_id=text[:200].strip(),
                text_en=text[:190].strip(),
                from_utc=now,
                until_utc=now + dt.timedelta(days=until),
                by="bkpp",
            )
            bulletin.add_notice(tx, new_notice, now)
        bulletin.set_policy(tx, NewPolicy(office_id=OFFICE, policy="with-officer", per_month=3, by="bkpp"), now)
        months = [f"2026-{month:02d}" for month in range(5, 11)]
        rows = [(OFFICE, f"p{n}", m, 6 + 0.05 * (-1) ** (n + i)) for n in range(40) for i, m in enumerate(months)]
        rows += [(OFFICE, who, m, 6 - 0.2 * i) for who in ids[:2] for i, m in enumerate(months)]
        names = ("office_id", "person_id", "month", "score")
        said = {"model_id": "dlib-resnet-v1", "presences": 40}
        tx.execute(sa.insert(score_months), [dict(zip(names, row, strict=True)) | said for row in rows])
    told = [
        terminal.event("occurrence", {"what": "two-people", "person_ids": ids[:2], "detail": "within 4 minutes"}),
        terminal.event("occurrence", {"what": "tamper"}),
        terminal.event("occurrence", {"what": "duress", "person_ids": ids[:1]}),
    ]
    did = {"what": "officer-did", "officer": "Prof. Dr. dr. Raden Mas Tumenggung Suryadiningrat Kusumawardhana"}
    withdrawn = terminal.event("occurrence", {**did, "person_ids": ids[:1], "detail": "consent-withdrawn"})
    refused = terminal.event("occurrence", {**did, "detail": "consent-refused"})
    terminal.send_events([*told, withdrawn, refused], at=now)
    return withdrawn["event_id"], refused["event_id"]
