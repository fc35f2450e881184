"""The phone's calls on both databases: each shows and files the own, and nobody else's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from etpp.allowance.store import USES, PolicyUse
from etpp.db import pay_tables
from etpp.phone.api import MAX_PHOTOGRAPH_BYTES, PHOTOGRAPHS_A_DAY
from etpp.serving.acting import Grant
from tests.contract.etpp.phone.scene import TODAY, Phones, phones
from tests.contract.etpp.running import Member, csrf_of, running_on
from tests.unit.etpp.absence.files import pdf

READS = ("today", "catalogue", "months/2026-11", "waiting")
CORRECTION = {"date": TODAY, "part": "arrival", "at_utc": "2026-12-03T00:25:00.000Z", "reason": "terminal mati"}
LETTER = {
    "kind_id": "izin-terlambat",
    "number": "800/1",
    "date": TODAY,
    "issuer": "Kepala Bidang",
    "first_utc": "2026-12-03T00:30:00.000Z",
    "until_utc": "2026-12-03T03:00:00.000Z",
}


@dataclass
class Caller:
    """Somebody's browser at the phone's calls."""

    url: str
    browser: requests.Session
    csrf: str

    @classmethod
    def of(cls, office: Phones, member: Member) -> Caller:
        browser = office.etpp.log_in(member)
        page = browser.get(f"{office.etpp.url}/console/account", timeout=60).text
        return cls(office.etpp.url, browser, csrf_of(page))

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.browser.get(f"{self.url}/phone/api/{path}", timeout=60, **more)

    def post(self, path: str, document: Any, csrf: str | None = None) -> requests.Response:
        headers = {"X-CSRF-Token": self.csrf if csrf is None else csrf}
        where = f"{self.url}/phone/api/{path}" if not path.startswith("/") else self.url + path
        more = {"data": document} if isinstance(document, bytes) else {"json": document}
        return self.browser.post(where, headers=headers, timeout=60, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def office(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    folder = tmp_path_factory.mktemp("calls")
    with running_on(database, folder) as etpp:
        yield phones(etpp)


@pytest.fixture(scope="module")
def budi(office: Phones) -> Caller:
    return Caller.of(office, office.budi)


@pytest.fixture(scope="module")
def boss(office: Phones) -> Caller:
    return Caller.of(office, office.boss)


# ---------------------------------------------------------------- reading


def test_today_says_what_is_the_own(budi: Caller, office: Phones) -> None:
    found = budi.get("today").json()
    assert (found["name"], found["date"], found["zone"]) == ("Budi Santosa", TODAY, "Asia/Jakarta")
    assert (found["target"], found["month_target"], found["csrf"]) == ("300", "6000", budi.csrf)
    day = found["today"]
    assert (day["arrival"], day["departure"], day["due"]) == ("07.49", None, ["07.30", "16.00"])
    assert (day["says"], day["tone"]) == ("Terlambat 19 menit", "doubt")  # the day is not over
    assert day["why"] == ["Terlambat 19 menit (terekam pukul 07.49 WIB; jam masuk 07.30 WIB)."]
    assert [each["entry_id"] for each in found["yesterday"]] == ["e4", "e5"]
    assert (found["superior"], found["waiting"]) == (False, 0)


def test_the_same_is_said_in_english(budi: Caller) -> None:
    assert budi.get("today?lang=en").json()["today"]["says"] == "Late by 19 minutes"
    assert budi.get("today?lang=xx").status_code == 400


def test_the_catalogue_has_what_the_post_may_enter_the_most_used_first(budi: Caller, office: Phones) -> None:
    found = budi.get("catalogue").json()
    assert found["items"][0] == {
        "item_id": "laporan",
        "name": "Menyusun laporan",
        "unit": "dokumen",
        "points": "300",
        "most_a_day": None,
        "used": found["items"][0]["used"],
        "quantity": "9",
        "note": "",
    }
    assert found["items"][0]["used"] > 20
    assert len(found["items"]) == 7
    assert {"cuti-sakit", "dinas-luar"} <= {each["kind_id"] for each in found["kinds"]}


def test_a_closed_month_is_told_as_it_was_closed_and_unfolds_to_the_day(budi: Caller, office: Phones) -> None:
    found = budi.get("months/2026-11").json()
    statement = office.etpp.admin("GET", f"employees/{office.scene.budi}/statements/2026-11")
    assert (found["pay"]["closed"], found["pay"]["net_amount"]) == (True, statement["net"])
    assert found["pay"]["short"] == ["Terlambat 12 menit, 25 November"]
    assert [each["key"] for each in found["pay"]["lines"]] == [each["key"] for each in statement["lines"]]
    own = found["pay"]["lines"][0]
    assert (own["name"], own["percent"]) == ("Prestasi perorangan", "100")
    leaves = [leaf["text"] for why in own["why"] for leaf in why["parts"]]
    assert [each for each in leaves if each.startswith("Terlambat 12 menit pada Rabu, 25 November 2026")]
    (late,) = [day for day in found["days"] if day["date"] == "2026-11-25"]
    assert (late["says"], late["mark"], late["recognised"]) == ("Terlambat 12 menit", "T", "300")
    assert len(found["days"]) == 30


def test_an_open_month_is_an_estimate_beside_the_closed_ones(budi: Caller, office: Phones) -> None:
    found = budi.get("months/2026-12").json()
    assert (found["pay"]["closed"], found["pay"]["state"]) == (False, "open")
    assert [each["month"] for each in found["earlier"]] == ["2026-11"]
    assert found["pay"]["open"] != []
    (ill,) = [day for day in found["days"] if day["date"] == "2026-12-01"]
    assert ill["status"] == "excused"
    assert "cuti sakit nomor 445/7" in ill["why"][0]


def test_a_month_before_the_service_is_not_there(budi: Caller) -> None:
    assert budi.get("months/2020-01").status_code == 404
    assert budi.get("months/2026-13").status_code == 400


def test_an_unchanged_answer_is_named_by_its_hash_and_kept_by_no_cache(budi: Caller, office: Phones) -> None:
    for path in READS:
        first = budi.get(path)
        assert first.headers["Cache-Control"] == "no-store"
        assert first.headers["Presensi-Time"] == "2026-12-03T02:15:00.000Z"
        again = budi.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Presensi-Time"] == "2026-12-03T02:15:00.000Z"
        assert budi.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_waits_is_ordered_by_how_unusual_it_is_and_says_why(boss: Caller, office: Phones) -> None:
    assert boss.get("today").json()["superior"] is True
    assert boss.get("today").json()["waiting"] == 7
    found = boss.get("waiting").json()
    why = {each["entry_id"]: each["unusual"] for each in found["entries"]}
    assert why == {
        "e0": ["first_use"],  # Sri's first letter, after a month of reports
        "e1": ["first_use"],
        "e2": [],
        "e3": ["leave"],
        "e4": ["quantity"],
        "e5": ["first_use"],
        "e6": ["late"],
    }
    assert found["entries"][-1]["entry_id"] == "e2"
    (many,) = [each for each in found["entries"] if each["entry_id"] == "e4"]
    assert (many["person"], many["quantity"], many["usual"], many["points"]) == ("Budi Santosa", "9", "1", "2700")


# ---------------------------------------------------------------- filing


def test_a_correction_is_of_ones_own_day_and_of_no_other(budi: Caller, office: Phones) -> None:
    made = budi.post("corrections", CORRECTION)
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    (found,) = budi.get("months/2026-12").json()["corrections"]
    assert (found["person_id"], found["proposed_by"]) == (office.scene.budi, office.scene.budi)
    assert budi.post("corrections", {**CORRECTION, "by": office.scene.sri}).status_code == 403
    assert budi.post("corrections", {**CORRECTION, "person": office.scene.sri}).status_code == 400
    assert budi.post("corrections", {**CORRECTION, "date": "2026-12-09"}).status_code == 409


def test_a_letter_is_for_oneself_with_the_file_that_was_brought(budi: Caller, office: Phones) -> None:
    kept = budi.post("documents", pdf(b"surat"))
    assert kept.status_code == 201
    made = budi.post("letters", {**LETTER, "document_sha256": kept.json()["sha256"]})
    assert (made.status_code, made.json()["state"]) == (201, "submitted")
    (found,) = [each for each in budi.get("months/2026-12").json()["letters"] if each["letter_id"] == made.json()["id"]]
    assert (found["person_ids"], found["submitted_by"]) == ([office.scene.budi], office.scene.budi)
    assert budi.post("letters", {**LETTER, "document_sha256": "0" * 64}).status_code == 404
    assert budi.post("letters", {**LETTER, "people": [office.scene.sri]}).status_code == 400
    assert budi.post("letters", {**LETTER, "by": office.scene.sri}).status_code == 403


@pytest.mark.parametrize("content", [b"<!doctype html><script>1</script>", b"", b"%PDF-1.4 no end"])
def test_what_is_no_picture_and_no_pdf_is_refused(budi: Caller, content: bytes) -> None:
    assert budi.post("documents", content).status_code == 409


def test_a_file_that_is_too_large_or_one_too_many_is_refused(office: Phones) -> None:
    sri = Caller.of(office, office.sri)
    assert sri.post("documents", b"x" * (MAX_PHOTOGRAPH_BYTES + 1)).status_code == 413
    for number in range(PHOTOGRAPHS_A_DAY):
        assert sri.post("documents", pdf(b"page %d" % number)).status_code == 201
    refused = sri.post("documents", pdf(b"one more"))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 60


def test_an_objection_is_answered_once_by_another_one(budi: Caller, office: Phones) -> None:
    asked = {"month": "2026-11", "about": "line:individual", "reason": "poin saya lebih banyak"}
    made = budi.post("objections", asked)
    assert made.status_code == 201
    objection = made.json()["objection_id"]
    for language, said in (("id", "sudah menunggu jawaban"), ("en", "waits for its answer already")):
        refused = budi.post(f"objections?lang={language}", asked)
        assert (refused.status_code, said in refused.json()["detail"]) == (409, True)
    assert budi.post("objections", {**asked, "about": "line:deduction:points"}).status_code == 201
    assert budi.post("/v1/admin/objections", {**asked, "by": office.scene.sri}).status_code == 403
    assert budi.post(f"/v1/admin/objections/{objection}/answer", {"upheld": True, "answer": "ya"}).status_code == 403
    for wrong in ({"about": "day:2026-12-01"}, {"about": "day:2026-11-31"}, {"about": "x"}, {"month": "2020-01"}):
        assert budi.post("/v1/admin/objections", {**asked, **wrong}).status_code in (400, 409), wrong
    future = {**asked, "month": "2026-12", "about": "day:2026-12-24"}
    assert budi.post("/v1/admin/objections", future).status_code == 409
    admin = office.etpp.admin
    assert objection in [each["objection_id"] for each in admin("GET", "objections")["objections"]]
    said = {"upheld": False, "answer": "Poin dihitung sesuai batas 6.000."}
    admin("POST", f"objections/{objection}/answer", {"by": office.scene.budi, **said}, expect=409)
    admin("POST", f"objections/{objection}/answer", {"by": "bkpp", **said})
    admin("POST", f"objections/{objection}/answer", {"by": "bkpp", **said}, expect=409)
    admin("POST", "objections/nothing/answer", {"by": "bkpp", **said}, expect=404)
    assert [each["about"] for each in admin("GET", "objections")["objections"]] == ["line:deduction:points"]
    (kept,) = admin("GET", "objections?answered=true")["objections"]
    seen, _ = budi.get("months/2026-11").json()["objections"]
    assert seen == kept
    assert (seen["state"], seen["answer"], seen["answered_by"]) == ("dismissed", said["answer"], "bkpp")
    assert budi.post("/v1/admin/objections", asked).status_code == 201  # whoever is not content objects anew


OBJECTION = {"month": "2026-12", "about": f"day:{TODAY}", "reason": "menunggu di terminal"}
FILINGS = {
    "corrections": (CORRECTION, {"reason": "alasan lain"}),
    "letters": (LETTER | {"number": "800/7"}, {"number": "800/8"}),
    "objections": (OBJECTION, {"reason": "alasan lain"}),
}


def filed(caller: Caller) -> list[str]:
    """The ids of all that is filed of December."""
    found = caller.get("months/2026-12").json()
    kinds = {"corrections": "correction_id", "letters": "letter_id", "objections": "objection_id"}
    return sorted(each[key] for kind, key in kinds.items() for each in found[kind])


@pytest.mark.parametrize("path", sorted(FILINGS))
def test_what_arrives_twice_under_the_phones_number_is_filed_once(budi: Caller, office: Phones, path: str) -> None:
    document, other = FILINGS[path]
    number = str(uuid.uuid4())
    before = filed(budi)
    first = budi.post(path, {**document, "filing_id": number})
    assert first.status_code == 201, first.text
    assert sorted([*before, number]) == filed(budi)
    with ThreadPoolExecutor(4) as pool:  # the phone has no answer yet, and sends it on several ways
        again = list(pool.map(lambda _: budi.post(path, {**document, "filing_id": number}), range(4)))
    assert [(each.status_code, each.json()) for each in again] == [(201, first.json())] * 4
    assert sorted([*before, number]) == filed(budi)
    for caller, asked in ((budi, document | other), (Caller.of(office, office.sri), document)):
        refused = caller.post(path, {**asked, "filing_id": number})
        assert (refused.status_code, refused.json()["key"]) == (409, "filing_other")
        assert "sudah diajukan isi yang lain" in refused.json()["detail"]
    assert budi.post(path, {**document, "filing_id": "x"}).status_code == 400
    assert sorted([*before, number]) == filed(budi)


@pytest.mark.parametrize("path", sorted(FILINGS))
def test_of_two_that_arrive_at_the_same_moment_one_is_filed(budi: Caller, office: Phones, path: str) -> None:
    document, number = FILINGS[path][0], str(uuid.uuid4())
    if path == "objections":
        document = {**document, "about": "day:2026-12-02"}
    before = filed(budi)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: budi.post(path, {**document, "filing_id": number}), range(4)))
    assert [each.status_code for each in found] == [201] * 4, [each.text for each in found]
    assert sorted([*before, number]) == filed(budi)


def test_the_second_arrival_is_answered_though_it_would_be_refused_now(budi: Caller, office: Phones) -> None:
    """The day may be closed for corrections meanwhile; the phone must hear that its first one arrived."""
    number = str(uuid.uuid4())
    asked = {**LETTER, "number": "800/9", "filing_id": number}
    assert budi.post("letters", asked).status_code == 201
    office.etpp.admin("POST", f"letters/{number}/revoke", {"by": "bkpp", "reason": "keliru"})
    again = budi.post("letters", asked)
    assert (again.status_code, again.json()["id"]) == (201, number)


# ---------------------------------------------------------------- what cannot be reckoned


def test_without_the_months_policy_the_pages_say_so_and_show_what_is_known(budi: Caller, office: Phones) -> None:
    now = office.etpp.clock.now
    with office.etpp.database.begin() as tx:
        USES.add(tx, [PolicyUse("lost", "0" * 64, dt.date(2026, 12, 1), None)], "bkpp", now)
    try:
        found = budi.get("today")
        assert found.status_code == 200, found.text
        assert (found.json()["name"], found.json()["gap"], found.json()["today"]) == ("Budi Santosa", "policy", None)
        assert found.json()["office"] == "Dinas Komunikasi dan Informatika"
        month = budi.get("months/2026-12").json()
        assert (month["gap"], month["days"], month["pay"]) == ("policy", [], None)
        assert [each["month"] for each in month["earlier"]] == ["2026-11"]
        assert month["letters"] != []
        assert budi.get("months/2026-11").json()["gap"] == ""
        assert budi.get("catalogue").json()["items"] != []
        assert Caller.of(office, office.boss).get("today").json()["waiting"] == 0
        refused = Caller.of(office, office.boss).get("waiting")
        assert (refused.status_code, "Kembalikan dari cadangan" in refused.json()["detail"]) == (404, True)
        console = office.etpp.log_in(office.etpp.bkpp)
        person = console.get(f"{office.etpp.url}/console/people/{office.scene.budi}?month=2026-12", timeout=60)
        assert (person.status_code, "Budi Santosa" in person.text) == (200, True)
    finally:
        with office.etpp.database.begin() as tx:
            USES.withdraw(tx, USES.find(tx, pay_tables.policy_uses.c.use_id == "lost"), "bkpp", now)
    assert budi.get("today").json()["gap"] == ""


# ---------------------------------------------------------------- whose


def test_nobody_reads_as_somebody_else(budi: Caller, office: Phones) -> None:
    for path in READS:
        assert budi.get(f"{path}?by={office.scene.sri}").status_code == 403, path
        assert office.scene.sri not in budi.get(path).text, path


def test_without_a_log_in_or_a_persons_account_there_is_nothing(office: Phones) -> None:
    nobody = Caller(office.etpp.url, requests.Session(), "")
    clerk = Caller.of(office, office.etpp.member("clerk", Grant("operator", "dinas-kominfo")))
    for path in READS:
        assert nobody.get(path).status_code == 401, path
        assert clerk.get(path).status_code == 403, path
    for caller, status in ((nobody, 401), (clerk, 403)):
        assert caller.post("corrections", CORRECTION).status_code == status
        assert caller.post("letters", LETTER).status_code == status
        assert caller.post("documents", pdf()).status_code == status


def test_nothing_is_filed_without_the_sessions_token(budi: Caller) -> None:
    for path, document in (("corrections", CORRECTION), ("letters", LETTER), ("documents", pdf())):
        for csrf in ("", "wrong"):
            assert budi.post(path, document, csrf=csrf).status_code == 403, path


def test_the_program_is_everybodys_and_nothing_else_lies_beside_it(office: Phones, tmp_path: Path) -> None:
    page = requests.get(f"{office.etpp.url}/phone/", timeout=60)
    assert page.status_code == 200
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    again = requests.get(page.url, headers={"If-None-Match": page.headers["ETag"]}, timeout=60)
    assert again.status_code == 304
    for path in ("index.html", "..%2Fapi.py", "api.py", "id.toml", "%2e%2e/app.py", "none.js"):
        assert requests.get(f"{office.etpp.url}/phone/{path}", timeout=60).status_code == 404, path


def test_who_has_the_phone_page_alone_is_led_there(budi: Caller, office: Phones) -> None:
    home = budi.browser.get(f"{office.etpp.url}/console/", timeout=60)
    assert home.url == f"{office.etpp.url}/phone/"
    assert budi.browser.get(f"{office.etpp.url}/console/objections", timeout=60).status_code == 403
