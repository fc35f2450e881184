"""The calendar's pages: a month as it is, and what BKPP changes in it, shown before it holds; on both databases."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
import requests

from etpp.calendar.proposals import propose_days_off
from tests.contract.etpp.desk import ELSEWHERE, Desk, filled
from tests.contract.etpp.running import OFFICE, running_on

pytestmark = pytest.mark.long_on_postgresql

HOLIDAY = {"what": "off", "first": "2026-12-10", "until": "2026-12-11", "name": "Libur <b>daerah</b>"}


@pytest.fixture(scope="module")
def desk(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("calendar")
    with running_on(database, folder) as etpp:
        made = filled(etpp)
        hours = {"start": "07:30", "end": "16:00", "break_minutes": 60}
        week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours)
        etpp.admin("POST", "calendar", {"by": "bkpp", "periods": [{"first": "2026-01-01", "days": week}]})
        yield made


def month(desk: Desk, month: str = "2026-12", office: str = "", day: str = "") -> str:
    return html.unescape(desk.get(f"/calendar?office_id={office}&month={month}&day={day}").text)


def of_day(page: str, date: str) -> str:
    """What a month shows of one of its days."""
    return page.split(f"day={date}#day")[1].split("</li>", maxsplit=1)[0]


def test_a_month_shows_each_day_and_where_it_comes_from(desk: Desk) -> None:
    regency = month(desk)
    assert "07.30–16.00" in of_day(regency, "2026-12-03")
    assert 'aria-current="date"' in of_day(regency, "2026-12-03")
    assert "Bukan hari kerja" in of_day(regency, "2026-12-05")
    assert "Usulan: Hari Raya Natal" in of_day(regency, "2026-12-25")
    office = month(desk, office=ELSEWHERE)
    assert "<small>kantor ini</small>" in of_day(office, "2026-12-03")  # its own week
    assert desk.get("/calendar?office_id=none").status_code == 404
    assert desk.get("/calendar?month=2026-13").status_code == 400
    assert desk.get("/calendar?day=x").status_code == 200


def test_a_span_is_made_a_holiday_after_what_it_changes_was_shown(desk: Desk) -> None:
    shown = desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=HOLIDAY, timeout=60)
    assert shown.status_code == 200
    assert "Libur &lt;b&gt;daerah" in shown.text
    assert "Tidak ada bulan yang sudah ditutup" in shown.text
    assert "Libur &lt;b&gt;daerah" not in month(desk)  # nothing holds yet
    done = desk.post("/calendar", **HOLIDAY)
    assert "Kalender sudah diputuskan" in done.text
    for date in ("2026-12-10", "2026-12-11"):
        assert "Libur <b>daerah</b>" in of_day(month(desk), date)
    assert (
        "Tidak ada yang berubah"
        in desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=HOLIDAY, timeout=60).text
    )


def test_an_office_has_half_a_day_and_an_assembly_of_its_own_and_takes_them_back(desk: Desk) -> None:
    half = {"what": "hours", "office_id": ELSEWHERE, "first": "2026-12-14", "name": "Rapat", "start": "07:30"}
    done = desk.post("/calendar", **half, end="11:30", **{"break": "0"})
    assert "07.30–11.30" in of_day(html.unescape(done.text), "2026-12-14")
    apel = {"what": "occasion", "office_id": ELSEWHERE, "first": "2026-12-15", "name": "Apel"}
    desk.post("/calendar", **apel, window_from="07:00", window_until="07:30")
    page = month(desk, office=ELSEWHERE, day="2026-12-14")
    assert "Apel 07.00–07.30" in of_day(page, "2026-12-15")
    assert "kantor ini" in of_day(page, "2026-12-14")
    assert "Apel" not in month(desk, office=OFFICE)
    assert "Batalkan: Rapat" in page
    back = {"what": "withdraw", "kind": "special_days", "fact": f"{ELSEWHERE}:2026-12-14", "first": "2026-12-14"}
    desk.post("/calendar", office_id=ELSEWHERE, **back)
    assert "Rapat" not in of_day(month(desk, office=ELSEWHERE), "2026-12-14")


def test_two_occasions_that_begin_at_one_minute_are_two_and_a_form_sent_twice_is_one(desk: Desk) -> None:
    asked = {"what": "occasion", "office_id": ELSEWHERE, "first": "2026-12-16", "window_from": "07:00"}
    for name, until in (("Apel", "07:30"), ("Senam", "07:30"), ("Apel", "07:45"), ("Senam", "07:30")):
        desk.post("/calendar", **asked, name=name, window_until=until)
    shown = of_day(month(desk, office=ELSEWHERE), "2026-12-16")
    assert [shown.count(each) for each in ("Apel 07.00–07.30", "Senam 07.00–07.30", "Apel 07.00–07.45")] == [1, 1, 1]
    page = month(desk, office=ELSEWHERE, day="2026-12-16")
    (fact, *_) = re.findall(r'name="fact" value="([^"]+)"', page.split("Batalkan: Senam")[0].split("<form")[-1])
    back = {"what": "withdraw", "kind": "occasions", "fact": fact, "first": "2026-12-16"}
    desk.post("/calendar", office_id=ELSEWHERE, **back)
    shown = of_day(month(desk, office=ELSEWHERE), "2026-12-16")
    assert ("Senam" in shown, shown.count("Apel")) == (False, 2)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({**HOLIDAY, "name": " "}, "Isi ini dahulu"),
        ({**HOLIDAY, "first": ""}, "Isi ini dahulu"),
        ({**HOLIDAY, "first": "2026-02-30"}, "Tulis tanggal"),
        ({**HOLIDAY, "until": "2026-12-01"}, "lebih awal"),
        ({**HOLIDAY, "until": "2027-12-01"}, "Paling lama 62 hari"),
        ({**HOLIDAY, "what": "hours", "start": "7", "end": "16:00"}, "Tulis jam"),
        ({**HOLIDAY, "what": "hours", "start": "07:30", "end": "08:00", "break": "90"}, "tidak dapat"),
        ({**HOLIDAY, "what": "occasion", "window_from": "08:00", "window_until": "07:00"}, "lebih awal"),
        ({"what": "ramadan", "first": "2027-01-01"}, "Usulan itu tidak ada"),
        ({"what": "withdraw", "kind": "shifts", "fact": "x", "first": "2026-12-01"}, ""),
        ({"what": "withdraw", "kind": "occasions", "fact": "x", "first": "2026-12-01"}, ""),
        ({"what": "burn", "first": "2026-12-01"}, ""),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_stays_typed(desk: Desk, typed: dict[str, str], words: str) -> None:
    before = month(desk)
    shown = desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=typed, timeout=60)
    assert (shown.status_code, desk.post("/calendar", **typed).status_code) == (409, 409)
    assert words in shown.text
    assert month(desk) == before


def test_proposals_are_taken_with_one_press(desk: Desk) -> None:
    done = desk.post("/calendar", what="day", first="2026-12-25")
    assert "Kalender sudah diputuskan" in done.text
    assert "Hari Raya Natal" in of_day(month(desk), "2026-12-25")
    assert "Usulan" not in of_day(month(desk), "2026-12-25")
    assert "<small>dari Seluruh kabupaten</small>" in of_day(month(desk, office=ELSEWHERE), "2026-12-25")
    coming = month(desk, "2027-02")
    assert "Ramadan diperkirakan" in coming
    first = coming.split('value="ramadan"><input type="hidden" name="first" value="')[1][:10]
    desk.post("/calendar", what="ramadan", first=first)
    taken = month(desk, "2027-02")
    assert "Ramadan diperkirakan" not in taken
    assert "08.00–15.00" in of_day(taken, "2027-02-15")
    desk.post("/calendar", what="year", first="2027-01-01")
    year = desk.etpp.admin("GET", "calendar?year=2027")
    assert {each["date"] for each in year["special_days"]} == {each.date.isoformat() for each in propose_days_off(2027)}
    assert desk.post("/calendar", what="year", first="2027-01-01").status_code == 409


def test_others_look_and_change_nothing(desk: Desk) -> None:
    page = desk.get("/calendar?month=2026-12&day=2026-12-17", desk.stranger)
    assert page.status_code == 200
    assert "/console/calendar/preview" not in page.text
    assert desk.get("/calendar/preview?what=off", desk.stranger).status_code == 403
    assert desk.post("/calendar", desk.stranger, **HOLIDAY).status_code == 403


def test_a_closed_month_is_said_before_it_is_touched(desk: Desk) -> None:
    """Also where one press would have done."""
    desk.scene.reported("2026-12-01 07:00")
    desk.etpp.clock.local("2026-12-03 08:00")
    desk.post(f"/offices/{OFFICE}/months/2026-11/check", desk.head)
    assert desk.post(f"/offices/{OFFICE}/months/2026-11/close").status_code == 200
    november_off = {"what": "off", "first": "2026-11-26", "name": "Libur susulan"}
    shown = desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=november_off, timeout=60).text
    assert "Sudah ditutup:" in shown
    assert "November 2026. Daftar yang ditutup tidak berubah" in shown
    asked = desk.post("/calendar", **november_off)
    assert "Sudah ditutup:" in asked.text
    assert "Libur susulan" not in of_day(month(desk, "2026-11"), "2026-11-26")
    november = "2026-11"
    done = desk.post("/calendar", closed=asked.text.split('name="closed" value="')[1].split('"')[0], **november_off)
    assert "Kalender sudah diputuskan" in done.text
    assert "Libur susulan" in of_day(month(desk, november), "2026-11-26")


def test_a_month_that_was_closed_since_the_preview_is_shown_before_it_is_touched(desk: Desk) -> None:
    """Whoever looked at a span that reached no closed month does not press one of them into a correction."""
    looked = {"what": "off", "first": "2026-11-27", "until": "2026-12-31", "name": "Libur panjang"}
    asked = desk.post("/calendar", closed="", **looked)
    assert "Sudah ditutup:" in asked.text
    assert "Libur panjang" not in of_day(month(desk, "2026-12"), "2026-12-31")


def test_the_preview_has_every_day_of_a_year_and_says_until_when_the_rest_goes_on(desk: Desk) -> None:
    page = desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params={"what": "year", "first": "2028-01-01"})
    assert "Desember 2028" in page.text.split("<table>")[0]
    assert "25 Desember 2028" in html.unescape(page.text)
    apel = {"what": "occasion", "first": "2028-01-03", "until": "2028-12-29", "name": "Apel"}
    apel |= {"window_from": "07:00", "window_until": "07:30"}
    page = desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=apel)
    assert "Maret 2028, – Jumat, 29 Desember 2028" in html.unescape(page.text)


def test_a_month_of_any_year_that_an_address_may_name_is_shown(desk: Desk) -> None:
    for named in ("1971-01", "2077-06", "2500-01", "8999-12"):
        assert desk.get(f"/calendar?month={named}").status_code == 200
    assert desk.post("/calendar", what="ramadan", first="2500-01-01").status_code == 409


def weekly(first: str, days: dict[str, tuple[str, str, str]], **more: str) -> dict[str, str]:
    """A week's form; a weekday that is not named is off."""
    parts = ("start", "end", "break")
    hours = {f"{day}_{part}": said for day, each in days.items() for part, said in zip(parts, each, strict=True)}
    return {"what": "week", "first": first, **hours, **more}


FOUR_DAYS = weekly(
    "2027-02-01", dict.fromkeys(("mon", "tue", "wed", "thu"), ("07:00", "16:30", "30")), office_id=ELSEWHERE
)


def preview_of(desk: Desk, form: dict[str, str]) -> requests.Response:
    return desk.bkpp.get(f"{desk.etpp.url}/console/calendar/preview", params=form, timeout=60)


def test_another_week_holds_from_a_date_after_what_it_changes_was_shown(desk: Desk) -> None:
    before = month(desk, office=ELSEWHERE)
    assert "Jam kerja mingguan" in before
    assert 'name="mon_start" type="time" value="07:30"' in before
    shown = html.unescape(preview_of(desk, FOUR_DAYS).text)
    assert "07.30–16.00" in shown
    assert "07.00–16.30" in shown
    assert "Tidak ada bulan yang sudah ditutup" in shown
    assert "07.00–16.30" not in month(desk, "2027-02", ELSEWHERE)  # nothing holds yet
    assert "Kalender sudah diputuskan" in desk.post("/calendar", **FOUR_DAYS).text
    after = month(desk, "2027-02", ELSEWHERE)
    assert "07.00–16.30" in of_day(after, "2027-02-01")
    assert "Bukan hari kerja" in of_day(month(desk, "2027-04", ELSEWHERE), "2027-04-09")  # a Friday
    assert "07.30–16.30" in of_day(month(desk, "2027-01", ELSEWHERE), "2027-01-29")  # the Friday before
    periods = desk.etpp.admin("GET", f"calendar?year=2027&office_id={ELSEWHERE}")["periods"]
    mine = [(each["first"], each["last"]) for each in periods if each["scope"] == ELSEWHERE]
    assert mine == [("2026-01-01", "2027-01-31"), ("2027-02-01", None)]
    assert "Tidak ada yang berubah" in preview_of(desk, FOUR_DAYS).text


def test_what_a_weeks_form_does_not_ask_for_stays(desk: Desk) -> None:
    hours = {"start": "07:00", "end": "14:00", "grace_late_minutes": 10}
    held = {"period_id": f"{OFFICE}:2026-01-01", "scope": OFFICE, "first": "2026-01-01"}
    period = {**held, "days": {"mon": hours, "tue": hours}}
    desk.etpp.admin("POST", "calendar", {"by": "bkpp", "periods": [period]})
    form = weekly("2027-04-05", {"mon": ("07:00", "15:00", "0"), "wed": ("08:00", "12:00", "")}, office_id=OFFICE)
    done = desk.post("/calendar", **form)
    assert "Kalender sudah diputuskan" in done.text
    periods = desk.etpp.admin("GET", f"calendar?year=2027&office_id={OFFICE}")["periods"]
    (made,) = [each for each in periods if each["scope"] == OFFICE and each["first"] == "2027-04-05"]
    assert {day: (each["end"], each["grace_late_minutes"]) for day, each in made["days"].items()} == {
        "mon": ("15:00", 10),
        "wed": ("12:00", 0),
    }


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (weekly("2027-05-03", {}), "mon_start"),
        (weekly("", {"mon": ("07:30", "16:00", "60")}), "week-first"),
        (weekly("2027-05-03", {"mon": ("07:30", "", "60")}), "mon_end"),
        (weekly("2027-05-03", {"tue": ("07:30", "08:00", "60")}), "tue_break"),
        (weekly("2027-05-03", {"tue": ("7 pagi", "16:00", "60")}), "tue_start"),
    ],
)
def test_a_week_that_is_wrong_is_said_beside_its_field(desk: Desk, form: dict[str, str], field: str) -> None:
    for answer in (preview_of(desk, form), desk.post("/calendar", **form)):
        assert answer.status_code == 409
        assert f'id="{field}-wrong"' in answer.text
    assert "2027-05-03" not in [each["first"] for each in desk.etpp.admin("GET", "calendar?year=2027")["periods"]]


def test_a_week_is_changed_by_bkpp_alone(desk: Desk) -> None:
    assert 'name="mon_start"' not in desk.get("/calendar", desk.head).text
    assert "Jam kerja mingguan" in desk.get("/calendar", desk.head).text
    assert desk.post("/calendar", desk.head, **FOUR_DAYS).status_code == 403
    assert preview_of(desk, {**FOUR_DAYS, "office_id": "none"}).status_code == 404
