"""A person's page and the search that leads to it, over HTTP on both databases."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import requests

from etpp.allowance import month as months
from etpp.allowance.model import Month
from etpp.base import sheets
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, EMPLOYEES
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.running import OFFICE, Running, running_on

ELSEWHERE = "dinas-lain"
HOSTILE = '<script>alert("x")</script>'
FORMULA = '=HYPERLINK("http://x";"y")'


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("insight")
    with running_on(database, folder) as etpp:
        yield filled(etpp)


def filled(etpp: Running) -> Scene:
    scene = november(etpp)
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-11-26 07:30", "2026-11-26 09:00")
        made = [
            Employee("p-hostile", HOSTILE, "198001012005011001"),
            Employee("p-formula", FORMULA, None, "THL-7"),
            Employee("p-percent", "100% Widodo_x", "198001012005011003"),
        ]
        EMPLOYEES.add(tx, made, "x", now)
        places = {"p-hostile": OFFICE, "p-formula": ELSEWHERE, "p-percent": ELSEWHERE}
        ASSIGNMENTS.add(
            tx,
            [
                Assignment(f"a-{who}", who, office, HOSTILE, 7, "III/c", "pns", None, dt.date(2026, 1, 1))
                for who, office in places.items()
            ],
            "x",
            now,
        )
        ASSIGNMENTS.add(
            tx,
            [
                Assignment(
                    "a-old",
                    "p-percent",
                    OFFICE,
                    "x",
                    7,
                    "III/c",
                    "pns",
                    None,
                    dt.date(2025, 1, 1),
                    dt.date(2025, 12, 31),
                )
            ],
            "x",
            now,
        )
    return scene


def browser(scene: Scene, role: str, office: str | None = None) -> requests.Session:
    login = f"b-{role}-{office or 'all'}"
    known = scene.etpp.__dict__.setdefault("browsers", {})
    if login not in known:
        known[login] = scene.etpp.log_in(scene.etpp.member(login, Grant(role, office)))  # type: ignore[arg-type]
    found: requests.Session = known[login]
    return found


def get(scene: Scene, path: str, role: str = "bkpp", office: str | None = None) -> requests.Response:
    return browser(scene, role, office).get(f"{scene.etpp.url}/console{path}", timeout=60, allow_redirects=False)


def names(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text[-300:]
    found = re.findall(r'<td class="name">\s*<a href="[^"]*">(.*?)</a>', answer.text, re.DOTALL)
    return [each.strip() for each in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=lest", ["Sri Lestari"]),
        ("q=SRI+tari", ["Sri Lestari"]),
        ("q=1985", ["Sri Lestari"]),
        ("q=THL-7", ["=HYPERLINK(&#34;http://x&#34;;&#34;y&#34;)"]),
        ("q=%25", ["100% Widodo_x"]),
        ("q=_", ["100% Widodo_x"]),
        ("q=nobody", []),
        ("q=s&sort=-name", ["Sri Lestari", "Budi Santosa", "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;"]),
        (f"office={ELSEWHERE}&q=widodo", ["100% Widodo_x"]),
        (f"office={ELSEWHERE}&q=sri", []),
        ("office=nothing", []),
        ("q=" + "x" * 5000, []),
        ("q=%00lestari%00", ["Sri Lestari"]),
        ("q=lestari&office=%00", ["Sri Lestari"]),
    ],
)
def test_a_part_of_a_name_or_number_finds_its_person(scene: Scene, query: str, expected: list[str]) -> None:
    assert names(get(scene, f"/people?{query}")) == expected


def test_a_role_at_an_office_finds_its_own_people_and_nobody_else(scene: Scene) -> None:
    for role in ("operator", "head"):
        here = names(get(scene, "/people", role, OFFICE))
        assert here == ["&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;", "Budi Santosa", "Sri Lestari"]
        assert names(get(scene, f"/people?office={ELSEWHERE}", role, OFFICE)) == []
        assert names(get(scene, "/people?q=widodo", role, OFFICE)) == []  # was here once, and serves elsewhere
        assert names(get(scene, "/people?q=widodo", role, ELSEWHERE)) == ["100% Widodo_x"]
        assert get(scene, f"/people/{scene.sri}", role, OFFICE).status_code == 200
        assert get(scene, f"/people/{scene.sri}", role, ELSEWHERE).status_code == 403
    assert get(scene, "/people", "technician").status_code == 403
    assert "Dinas Lain" not in get(scene, "/people", "operator", OFFICE).text


def test_the_file_holds_who_was_found_and_no_formula(scene: Scene) -> None:
    answer = get(scene, "/people?export=csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="pegawai-')
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 6
    assert any(line.startswith("\"'=HYPERLINK") for line in lines)
    read = sheets.read(get(scene, "/people?export=xlsx&q=lestari").content, (sheets.Column("nama"),))
    assert [row["nama"] for row in read] == ["Sri Lestari"]
    assert len(get(scene, "/people?export=csv", "head", ELSEWHERE).content.decode().splitlines()) == 3


def test_a_persons_page_tells_the_month_and_why(scene: Scene) -> None:
    page = get(scene, f"/people/{scene.budi}?month=2026-11").text
    for said in (
        "Budi Santosa",
        "Terlambat 12 menit",
        "pranata",
        "Dinas luar".lower(),
        "094/1",
        "Menyusun laporan",
        "Perkiraan",
        "Belum ada wajah",
        "Disetujui",
        "<summary>",
    ):
        assert said in page, said
    assert "descriptor" not in page
    other = get(scene, f"/people/{scene.budi}?month=2025-06").text
    assert "tidak ditempatkan" in other


def test_what_contradicts_itself_is_said_and_the_rest_is_shown(scene: Scene) -> None:
    page = get(scene, "/people/p-percent?month=2026-11").text
    assert "100% Widodo_x" in page
    with scene.etpp.database.begin() as tx:
        twice = Assignment("a-twice", "p-formula", OFFICE, "x", 7, "III/c", "pns", None, dt.date(2026, 2, 1))
        ASSIGNMENTS.add(tx, [twice], "x", scene.etpp.clock.now)
    try:
        broken = get(scene, "/people/p-formula?month=2026-11&year=1")
        assert broken.status_code == 200
        assert "tidak dapat dihitung" in broken.text
    finally:
        with scene.etpp.database.begin() as tx:
            ASSIGNMENTS.withdraw(tx, [twice], "x", scene.etpp.clock.now)


def test_the_years_discipline_is_counted_when_asked_for(scene: Scene) -> None:
    asked = get(scene, f"/people/{scene.sri}?month=2026-11&year=1").text
    assert "Hari tanpa keterangan, 2026" in asked
    assert "Hari tanpa keterangan" not in get(scene, f"/people/{scene.sri}?month=2026-11").text


def test_amounts_are_shown_to_whom_the_call_shows_them(scene: Scene) -> None:
    path = f"/people/{scene.sri}?month=2026-11"
    for role, office, shown in (
        ("bkpp", None, True),
        ("inspector", None, True),
        ("head", OFFICE, True),
        ("operator", OFFICE, False),
    ):
        page = get(scene, path, role, office).text
        assert ("Rp" in page) is shown, role
        assert "Datang" in page or "Sri Lestari" in page


def test_hostile_texts_stay_texts_in_each_field(scene: Scene) -> None:
    page = get(scene, "/people/p-hostile").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert get(scene, f"/people/{'x' * 60}").status_code == 404
    for month in ("2026-13", "0001-01", "9999-12", "x", "2026-11-01"):
        assert get(scene, f"/people/{scene.sri}?month={month}").status_code == 400
    tail = get(scene, "/people?q=%22%3E%3Cscript%3E&sort=%22%3E%3Cscript%3E&office=%22%3E%3Cscript%3E").text
    assert '"><script>' not in tail


def test_nothing_of_a_page_is_fetched_from_elsewhere(scene: Scene) -> None:
    answer = get(scene, f"/people/{scene.sri}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)
    assert " style=" not in answer.text


def test_who_came_to_a_closed_month_afterwards_sees_an_estimate_and_no_paid_month(scene: Scene) -> None:
    etpp, month = scene.etpp, Month(2026, 11)
    scene.reported("2026-12-02 07:00")
    now = etpp.clock.local("2026-12-03 08:00")
    with etpp.database.begin() as tx:
        months.check(tx, OFFICE, month, "kepala", now)
        months.close(tx, etpp.state.keys.now().signer, OFFICE, month, "bkpp", now)
    later = now + dt.timedelta(minutes=1)
    with etpp.database.begin() as tx:
        EMPLOYEES.add(tx, [Employee("p-later", "Citra Dewi", "199204042016012004")], "x", later)
        post = Assignment("a-later", "p-later", OFFICE, "Arsiparis", 7, "III/c", "pns", None, dt.date(2026, 11, 16))
        ASSIGNMENTS.add(tx, [post], "x", later)
    bkpp = etpp.log_in(etpp.bkpp)  # the days that went by have ended the others
    page = bkpp.get(f"{etpp.url}/console/people/{scene.sri}?month=2026-11", timeout=60).text
    assert '<span class="chip good">Sudah ditutup</span> ditutup' in page
    page = bkpp.get(f"{etpp.url}/console/people/p-later?month=2026-11", timeout=60).text
    assert '<span class="chip warn">Perkiraan</span> dihitung, belum diperiksa' in page
