"""The list of employees by a call, deputies, and the tree of offices, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from click.testing import CliRunner, Result

from etpp.__main__ import cli
from etpp.base import sheets
from etpp.db import pay_tables
from etpp.roster.assignments import may_decide
from etpp.roster.store import DEPUTIES, Roster
from tests.contract.etpp.client import problem_of
from tests.contract.etpp.running import NIP, OFFICE, Running

ANI, BUDI = "199002022015022003", "197001011995031001"
HEAD = "NIP;ID lain;Nama;OPD;Jabatan;Kelas Jabatan;Golongan;Status;Atasan (NIP);Plt.;TMT;Selesai;Berhak TPP\n"
BOSS = f"{BUDI};;Budi;Dinas Komunikasi dan Informatika;Kepala Bidang;11;IV/a;PNS;;;1 Januari 2020;;\n"
ROWS = (
    BOSS
    + f"{NIP};;Sri Lestari;{OFFICE};Analis;7;III/b;;{BUDI};;01/06/2024;;ya\n"
    + f"{NIP};;Sri Lestari;{OFFICE};Sekretaris;9;;;;ya;2026-11-01;2026-11-30;\n"
    + f";K-1;Dedi;{OFFICE};Pramu;1;;kontrak;{BUDI};;2026-01-01;2026-12-31;tidak\n"
)
TABLE = (HEAD + ROWS).encode()


def upload(etpp: Running, content: bytes, **query: str) -> requests.Response:
    return requests.post(
        f"{etpp.url}/v1/admin/roster/imports",
        params={"by": "bkpp", **query},
        data=content,
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )


def facts(etpp: Running) -> int:
    """Rows of the roster's facts, those that count no more included."""
    tables = (pay_tables.employees, pay_tables.assignments, pay_tables.actings, pay_tables.numbers)
    with etpp.database.read() as tx:
        return sum(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables)


def shown(etpp: Running, who: str) -> Any:
    return etpp.admin("GET", f"employees/{who}")


def posts(etpp: Running, who: str) -> list[tuple[str, str, str | None]]:
    return [(each["post"], each["first"], each["last"]) for each in shown(etpp, who)["posts"]]


def command(etpp: Running, *arguments: str) -> Result:
    place = ["--state", str(etpp.state.folder), "--db", etpp.database.engine.url.render_as_string(hide_password=False)]
    return CliRunner().invoke(cli, [*arguments, *place])


def test_a_list_is_shown_then_taken_and_changes_nothing_the_second_time(etpp: Running) -> None:
    before = facts(etpp)
    preview = upload(etpp, TABLE, dry_run="true").json()
    assert [(each["line"], each["change"]) for each in preview["changes"]] == [
        (2, "new_person"),
        (3, "new_person"),
        (4, "acting"),
        (5, "new_person"),
    ]
    assert (preview["imported"], preview["faults"], facts(etpp)) == (False, [], before)
    done = upload(etpp, TABLE).json()
    assert (done["imported"], done["changes"]) == (True, preview["changes"])
    held = facts(etpp)
    again = upload(etpp, TABLE).json()
    assert {each["change"] for each in again["changes"]} == {"unchanged"}
    exported = requests.get(
        f"{etpp.url}/v1/admin/roster.xlsx",
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )
    assert {each["change"] for each in upload(etpp, exported.content).json()["changes"]} == {"unchanged"}
    assert facts(etpp) == held
    assert posts(etpp, NIP) == [("Analis", "2024-06-01", None)]


def test_a_list_with_a_fault_is_refused_whole_or_taken_without_it(etpp: Running) -> None:
    before = facts(etpp)
    table = (HEAD + BOSS + f"1.98E+17;;Ani;{OFFICE};Analis;18;;;;;2026-01-01;;\n").encode()
    refused = upload(etpp, table).json()
    assert [(fault["line"], fault["fault"].split(":")[0]) for fault in refused["faults"]] == [
        (3, "NIP"),
        (3, "Kelas jabatan"),
    ]
    assert (refused["imported"], facts(etpp)) == (False, before)
    taken = upload(etpp, table, skip_bad="true").json()
    assert (taken["imported"], taken["faults"]) == (True, refused["faults"])
    assert posts(etpp, BUDI) == [("Kepala Bidang", "2020-01-01", None)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the table is empty"),
        (b"NIP;Nama\n1;Ani\n", "the column Kantor is missing"),
        (b"\x89PNG\0\0\0", "neither CSV nor a workbook"),
        (TABLE.replace(b"ID lain", b"Nama lengkap"), "the column Nama stands twice"),
    ],
)
def test_what_is_no_roster_is_refused_as_a_whole(etpp: Running, content: bytes, says: str) -> None:
    answer = upload(etpp, content)
    assert (answer.status_code, problem_of(answer)) == (409, "conflict")
    assert says in answer.json()["detail"]


def test_authority_comes_before_the_limit_and_the_limit_before_reading(etpp: Running) -> None:
    url, large = f"{etpp.url}/v1/admin/roster/imports?by=bkpp", b"x" * (sheets.MAX_BYTES + 1)
    assert problem_of(requests.post(url, data=large, timeout=60)) == "unauthorized"
    assert problem_of(upload(etpp, large)) == "too-large"
    # larger than other calls of the administrator's may be
    assert upload(etpp, TABLE + b";" * 300_000 + b"\n").status_code == 200


def test_a_new_name_reaches_the_terminals(etpp: Running) -> None:
    etpp.person()
    upload(etpp, TABLE)  # a post at the office: its terminals judge this person by its hours from now on
    version = etpp.admin("GET", "offices")["offices"][0]["gallery_version"]
    upload(etpp, TABLE)
    assert etpp.admin("GET", "offices")["offices"][0]["gallery_version"] == version
    renamed = upload(etpp, TABLE.replace(b"Sri Lestari", b"Sri Lestari, S.E.")).json()
    assert renamed["imported"]
    assert etpp.admin("GET", "offices")["offices"][0]["gallery_version"] == version + 1
    assert etpp.admin("GET", f"offices/{OFFICE}/people")["people"][0]["name"] == "Sri Lestari, S.E."


def test_of_two_imports_at_once_the_posts_do_not_overlap(etpp: Running) -> None:
    tables = {
        first: (HEAD + BOSS.replace("1 Januari 2020", first)).encode()
        for first in (f"2020-0{n}-01" for n in range(1, 7))
    }
    taken: list[str] = []

    def send(first: str) -> None:
        answer = upload(etpp, tables[first]).json()
        if answer["imported"]:
            taken.append(first)
        else:  # begins within a post that a later one has ended meanwhile
            assert "overlaps with a post that the roster has" in answer["faults"][0]["fault"]

    send("2020-01-01")
    threads = [threading.Thread(target=send, args=(first,)) for first in tables if first not in taken]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) > 1
    assert [first for _, first, _ in posts(etpp, BUDI)] == sorted(taken)
    with etpp.database.read() as tx:
        assert Roster(tx).career(shown(etpp, BUDI)["person_id"]).office_on(dt.date(2026, 1, 1)) == OFFICE


# ---------------------------------------------------------------- deputies


def test_a_deputy_decides_in_the_superiors_place(etpp: Running) -> None:
    upload(etpp, TABLE)
    etpp.person(ANI, "Ani")
    said = command(etpp, "roster", "deputy", BUDI, ANI, "--first", "2026-11-20", "--last", "2026-11-30")
    assert said.exit_code == 0, said.output
    # said again from the same day: the last day is another
    etpp.admin(
        "POST", "deputies", {"by": "bkpp", "superior": BUDI, "deputy": ANI, "first": "2026-11-20", "last": "2026-11-25"}
    )
    sri, ani = shown(etpp, NIP)["person_id"], shown(etpp, ANI)["person_id"]
    with etpp.database.read() as tx:
        career, deputies = Roster(tx).career(sri), DEPUTIES.find(tx)
    assert len(deputies) == 1
    days = [dt.date(2026, 11, day) for day in (19, 20, 25, 26)]
    assert [may_decide(ani, career, deputies, day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("superior", "deputy", "first", "last", "code", "says"),
    [
        # oneself
        (BUDI, BUDI, "2026-12-01", None, 65, "their own deputy"),
        # nobody
        (BUDI, "nobody", "2026-12-01", None, 66, "nobody in the roster"),
        # an end before its beginning
        (BUDI, NIP, "2026-12-02", "2026-12-01", 65, "must not come before first"),
        # no day
        (BUDI, NIP, "2026-12-32", None, 65, "first"),
        # days that are said already
        (BUDI, NIP, "2026-11-10", "2026-11-20", 65, "in a part of these days already"),
        # the day after them
        (BUDI, NIP, "2026-12-01", None, 0, "deputy_id"),
    ],
)
def test_deputies_who_cannot_be(
    etpp: Running, superior: str, deputy: str, first: str, last: str | None, code: int, says: str
) -> None:
    upload(etpp, TABLE)
    assert command(etpp, "roster", "deputy", BUDI, NIP, "--first", "2026-11-20", "--last", "2026-11-30").exit_code == 0
    more = [] if last is None else ["--last", last]
    done = command(etpp, "roster", "deputy", superior, deputy, "--first", first, *more)
    assert (done.exit_code if code == 0 else refused_with(etpp, superior, deputy, first, last)) == code
    assert says in (done.output + str(done.exception))


def refused_with(etpp: Running, superior: str, deputy: str, first: str, last: str | None) -> int:
    """The exit code that the call's answer would be."""
    model = {"by": "bkpp", "superior": superior, "deputy": deputy, "first": first, "last": last}
    answer = requests.post(
        f"{etpp.url}/v1/admin/deputies",
        json=model,
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )
    return {"not-found": 66, "conflict": 65, "malformed": 65}[str(problem_of(answer))]


# ---------------------------------------------------------------- the tree of offices


def place(etpp: Running, office_id: str, parent_id: str | None, kind: str = "unit", expect: int = 200) -> Any:
    return etpp.admin("PUT", f"offices/{office_id}/place", {"by": "bkpp", "parent_id": parent_id, "kind": kind}, expect)


def test_offices_stand_in_a_tree(etpp: Running) -> None:
    for office_id in ("uptd-1", "sd-1"):
        etpp.admin("POST", "offices", {"office_id": office_id, "name": office_id.upper()})
    done = command(etpp, "office", "place", "uptd-1", "--parent", OFFICE, "--kind", "uptd", "--by", "bkpp")
    assert done.exit_code == 0, done.output
    place(etpp, "sd-1", "uptd-1", "school")
    tree = {each["office_id"]: (each["parent_id"], each["kind"]) for each in etpp.admin("GET", "offices")["offices"]}
    assert tree == {OFFICE: (None, "office"), "uptd-1": (OFFICE, "uptd"), "sd-1": ("uptd-1", "school")}
    for parent_id in (OFFICE, "uptd-1", "sd-1"):  # itself, its child, its child's child
        assert "below itself" in place(etpp, OFFICE, parent_id, expect=409)["detail"]
    assert place(etpp, "sd-1", None, "school")["parent_id"] is None
    place(etpp, "sd-1", "nowhere", expect=404)
    place(etpp, "nowhere", OFFICE, expect=404)
    # what the calendar of an office changes leaves it where it stands
    etpp.admin(
        "PUT", "offices/uptd-1", {"name": "UPTD", "calendar": etpp.admin("GET", "offices")["offices"][2]["calendar"]}
    )
    assert etpp.admin("GET", "offices")["offices"][2]["parent_id"] == OFFICE


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("query", ["%00", "%ED%A0%80", "%EF%BF%BE", "%25", "_", "%5C", "'"])
def test_a_search_for_strange_texts_finds_nobody_and_breaks_nothing(etpp: Running, query: str) -> None:
    upload(etpp, TABLE)
    answer = requests.get(
        f"{etpp.url}/v1/admin/employees?query={query}",
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )
    if query == "%00":
        assert (answer.status_code, problem_of(answer)) == (400, "malformed")
    else:
        assert (answer.status_code, answer.json()) == (200, {"employees": []})


def test_people_come_in_pages_along_their_ids(etpp: Running) -> None:
    upload(etpp, TABLE)
    found, after = [], ""
    for _ in range(3):
        (one,) = etpp.admin("GET", f"employees?limit=1&after={after}")["employees"]
        after = one["person_id"]
        found.append(after)
    assert etpp.admin("GET", f"employees?limit=1&after={after}")["employees"] == []
    assert found == sorted(set(found))
