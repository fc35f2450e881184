"""What a real terminal is told besides faces and hours: when, how much of it, and by whom it was decided."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import ENTRIES, STEPS
from etpp.base.errors import StoreUnavailable
from etpp.books.store import Books
from etpp.bulletin import service
from etpp.bulletin.asked import NewNotice, NewOfficer
from etpp.bulletin.fading import ScoreMonth
from etpp.bulletin.store import Officers
from etpp.bulletin.telling import Teller
from etpp.db import Database, bulletin_tables
from etpp.ledger.store import Ledger
from etpp.pairing.store import Phones
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, Offices, Roster
from etpp.serving.acting import Grant
from kiosk.wire.bulletin import parse_bulletin
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.client import MODEL_ID, Terminal, check_gallery, hash_of, text_of
from tests.contract.etpp.pairing.scene import Handset
from tests.contract.etpp.running import OFFICE, Running, csrf_of, running_on

Json = dict[str, Any]
NIP = "199003032015031004"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An office's November, seen from 1 December, 08:00; Sri's and Budi's faces are enrolled."""
    with running_on(database, tmp_path_factory.mktemp("bulletin")) as etpp:
        found = november(etpp)
        for face, (nip, name) in enumerate(
            (("198503152010012007", "Sri Lestari"), ("199001012015031001", "Budi Santosa"))
        ):
            event = found.terminal.enrolment(nip, name, face + 1)
            found.terminal.send_events([event], at=etpp.clock.now)
            etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")
        yield found


def teller(etpp: Running) -> Teller:
    return Teller(etpp.database, etpp.clock, etpp.watch.look_now)


def gallery(terminal: Terminal, since: int = 0) -> Json:
    answer: Json = terminal.gallery(since).json()
    check_gallery(answer, terminal)
    return answer


def told(scene: Scene) -> Json:
    """As a terminal that begins now hears it; every entry is one that terminals take."""
    payload = gallery(scene.terminal)["payload"]
    bulletin: Json = payload["bulletin"]
    assert parse_bulletin(bulletin, {each["person_id"] for each in payload["people"]})[1] == ()
    return bulletin


def run(etpp: Running, *words: str) -> Json:
    options = [
        "--state",
        str(etpp.state.folder),
        "--db",
        etpp.database.engine.url.render_as_string(hide_password=False),
    ]
    done = CliRunner().invoke(cli, [*options, *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def hire(etpp: Running, person_id: str, nip: str, name: str) -> None:
    with etpp.database.begin() as tx:
        Roster(tx).add(Employee(person_id, name, nip), "bkpp", etpp.clock.now)
        post = Assignment(f"a-{person_id}", person_id, OFFICE, "staf", 5, "", "pns", None, dt.date(2026, 1, 1))
        ASSIGNMENTS.add(tx, [post], "bkpp", etpp.clock.now)


def test_a_first_look_tells_each_persons_month_and_a_second_one_nothing(scene: Scene) -> None:
    look = teller(scene.etpp)
    assert look.look() == 1
    months = {each["person_id"]: each for each in told(scene)["months"]}
    sri, budi = (months[scene.faces[who]] for who in (scene.sri, scene.budi))
    assert (sri["month"], sri["through"], sri["present_days"]) == ("2026-11", "2026-11-30", 5)
    assert (sri["late_count"], sri["late_minutes"]) == (0, 0)
    assert (budi["late_count"], budi["late_minutes"]) == (1, 12)
    assert (sri["points_entered"], sri["points_recognised"]) == (21 * 300, 21 * 300)
    version = gallery(scene.terminal)["manifest"]["version"]
    assert look.look() == 0
    assert teller(scene.etpp).look() == 0  # another server, which has seen nothing yet
    assert gallery(scene.terminal)["manifest"]["version"] == version


def test_a_change_of_a_month_brings_no_template_and_a_new_template_no_month(scene: Scene) -> None:
    etpp = scene.etpp
    teller(etpp).look()
    version = gallery(scene.terminal)["manifest"]["version"]
    etpp.clock.local("2026-12-02 08:00")
    assert teller(etpp).look() == 1
    changed = gallery(scene.terminal, version)
    assert changed["payload"]["people"] == []
    assert {each["through"] for each in changed["payload"]["bulletin"]["months"]} == {"2026-12-01"}
    version = changed["manifest"]["version"]
    etpp.admin("PUT", f"offices/{OFFICE}/people/{scene.faces[scene.sri]}", {"name": "Sri Lestari, S.E."})
    renamed = gallery(scene.terminal, version)["payload"]
    assert [each["name"] for each in renamed["people"]] == ["Sri Lestari, S.E."]
    assert "bulletin" not in renamed


def test_months_wait_for_the_night_and_verified_activities_for_an_hour(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.clock.local("2026-12-03 01:00")
    look = teller(etpp)
    look.look()
    assert {each["through"] for each in told(scene)["months"]} == {"2026-12-01"}
    etpp.clock.local("2026-12-03 02:00")
    assert look.look() == 1
    assert {each["through"] for each in told(scene)["months"]} == {"2026-12-02"}
    found = []
    for n, moment in enumerate(("2026-12-03 02:01", "2026-12-03 02:30", "2026-12-03 03:01")):
        with etpp.database.begin() as tx:
            entry = Entry(f"d{n}", scene.sri, dt.date(2026, 12, 1 + n), "laporan", Decimal(1), "", etpp.clock.now)
            ENTRIES.add(tx, [entry], scene.sri, etpp.clock.now)
            for step, by in (("submitted", scene.sri), ("verified", "kepala")):
                STEPS.add(tx, [EntryStep(f"d{n}-{step}", f"d{n}", step, by, etpp.clock.now)], by, etpp.clock.now)  # type: ignore[arg-type]
        etpp.clock.local(moment)
        found.append(look.look())
    assert found == [1, 0, 1]
    (sri,) = (each for each in told(scene)["months"] if each["person_id"] == scene.faces[scene.sri])
    assert (sri["points_entered"], sri["points_recognised"]) == (900, 900)


def test_what_a_busy_database_refused_at_night_is_told_at_the_next_look(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.clock.local("2026-12-03 04:00")
    with closing(Database(etpp.database.engine.url.render_as_string(False), lock_wait_s=0.05)) as impatient:
        look = Teller(impatient, etpp.clock, etpp.watch.look_now)
        look.look()
        etpp.clock.local("2026-12-04 02:00")
        with etpp.database.begin() as tx:
            Offices(tx).lock_all()
            with pytest.raises(StoreUnavailable):
                look.look()
        assert {each["through"] for each in told(scene)["months"]} == {"2026-12-02"}
        assert look.look() == 1
    assert {each["through"] for each in told(scene)["months"]} == {"2026-12-03"}


def test_an_office_whose_roster_contradicts_itself_stops_nobody_from_telling(scene: Scene) -> None:
    """Such rows only a database that was changed by hand has."""
    etpp = scene.etpp
    again = Assignment("a-dua", scene.sri, OFFICE, "staf", 5, "", "pns", None, dt.date(2026, 1, 1))
    look = teller(etpp)
    look.look()
    etpp.clock.local("2026-12-05 02:00")
    with etpp.database.begin() as tx:
        ASSIGNMENTS.add(tx, [again], "bkpp", etpp.clock.now)
    assert look.look() == 0
    with etpp.database.begin() as tx:
        ASSIGNMENTS.withdraw(tx, [again], "bkpp", etpp.clock.now)
    etpp.clock.local("2026-12-06 02:00")
    assert look.look() == 1
    assert {each["through"] for each in told(scene)["months"]} == {"2026-12-05"}


def test_who_has_no_face_yet_is_told_until_it_is_enrolled(scene: Scene) -> None:
    etpp, terminal = scene.etpp, scene.terminal
    look = teller(etpp)
    hire(etpp, "rahayu", NIP, "Rahayu Wulandari")
    look.look()
    assert told(scene)["awaiting"] == [{"nip": NIP, "name": "Rahayu Wulandari"}]
    event = terminal.enrolment(NIP, "Rahayu Wulandari", 7)
    terminal.send_events([event], at=etpp.clock.now)
    look.look()
    assert told(scene)["awaiting"][0]["state"] == "waiting"
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/reject")
    look.look()
    assert told(scene)["awaiting"][0]["state"] == "refused"
    again = terminal.enrolment(NIP, "Rahayu Wulandari", 7)
    terminal.send_events([again], at=etpp.clock.now)
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{again['event_id']}/approve")
    look.look()
    assert told(scene)["awaiting"] == []
    assert NIP in {each["nip"] for each in gallery(terminal)["payload"]["people"]}


def test_a_letter_is_told_while_it_is_in_force_today_or_tomorrow(scene: Scene) -> None:
    etpp = scene.etpp
    look = teller(etpp)
    with etpp.database.begin() as tx:
        scene.letter(tx, scene.sri, "2026-12-06 00:00", "2026-12-07 00:00", "besok")
    shown = {}
    for day in ("04", "05", "06", "07"):
        etpp.clock.local(f"2026-12-{day} 08:00")
        look.look()
        shown[day] = [each["number"] for each in told(scene)["letters"]]
    assert shown == {"04": [], "05": ["094/1"], "06": ["094/1"], "07": []}
    etpp.clock.local("2026-12-05 09:00")
    look.look()
    (letter,) = told(scene)["letters"]
    assert letter["person_id"] == scene.faces[scene.sri]
    assert letter["label"]["id"].startswith("Dinas luar")
    assert letter["label"]["en"] != letter["label"]["id"]
    assert letter["excuses"] == ["absence", "early", "late", "occasion"]
    assert (letter["from_utc"], letter["until_utc"]) == ("2026-12-05T17:00:00.000Z", "2026-12-06T17:00:00.000Z")


def test_an_officer_of_the_console_opens_with_the_pin_that_is_shown_once_and_is_revoked_at_once(scene: Scene) -> None:
    etpp = scene.etpp
    browser = etpp.log_in(etpp.bkpp)
    page = browser.get(f"{etpp.url}/console/officers", timeout=60)
    form = {"csrf": csrf_of(page.text), "office_id": OFFICE, "person": "198503152010012007", "enrol": "1"}
    made = browser.post(f"{etpp.url}/console/officers", data=form, timeout=60)
    assert made.headers["Cache-Control"] == "no-store"
    pin = made.text.split('<p class="code">')[1][:6]
    assert pin.isdecimal()
    assert pin not in browser.get(f"{etpp.url}/console/officers", timeout=60).text
    (officer,) = told(scene)["officers"]
    assert PasswordHasher().verify(officer["pin_hash"], pin)
    assert (officer["may"], officer["person_id"]) == (["enrol"], scene.faces[scene.sri])
    assert pin not in json.dumps(run(etpp, "officer", "list"))

    again = browser.post(f"{etpp.url}/console/officers", data=form, timeout=60)
    assert again.status_code == 409
    path = f"offices/{OFFICE}/officers/{officer['officer_id']}/revoke"
    gone = browser.post(f"{etpp.url}/console/{path}", data={"csrf": form["csrf"]}, timeout=60)
    assert gone.status_code == 200
    assert told(scene)["officers"] == []
    with etpp.database.read() as tx:
        held = Officers(tx).get(officer["officer_id"])
        assert held is not None
        assert (held.pin_hash, held.revoked_by) == (None, "account:bkpp")
        recorded = Ledger(tx).search("officers")
    assert {each.said.action for each in recorded} >= {
        "POST /console/officers",
        "POST /console/offices/{office_id}/officers/{officer_id}/revoke",
    }
    assert pin not in repr(recorded)


def test_nobody_is_made_an_officer_without_a_name_an_office_or_a_duty(scene: Scene) -> None:
    etpp = scene.etpp
    browser = etpp.log_in(etpp.bkpp)
    csrf = csrf_of(browser.get(f"{etpp.url}/console/officers", timeout=60).text)
    for form in (
        {"office_id": OFFICE, "enrol": "1"},
        {"office_id": "tidak-ada", "name": "Teknisi", "enrol": "1"},
        {"office_id": OFFICE, "name": "Teknisi"},
        {"office_id": OFFICE, "person": "000000000000000000", "enrol": "1"},
    ):
        answer = browser.post(f"{etpp.url}/console/officers", data={"csrf": csrf, **form}, timeout=60)
        assert answer.status_code == 409
        assert 'class="wrong"' in answer.text
        assert '<p class="code">' not in answer.text
    assert run(etpp, "officer", "list") == []


def test_an_operator_makes_officers_of_the_own_people_alone_and_learns_no_other_name(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    elsewhere = {"office_id": "dinas-lain", "person": "198503152010012007", "enrol": "1"}
    browser = etpp.log_in(etpp.member("operator-lain", Grant("operator", "dinas-lain")))
    csrf = csrf_of(browser.get(f"{etpp.url}/console/officers", timeout=60).text)
    answer = browser.post(f"{etpp.url}/console/officers", data={"csrf": csrf, **elsewhere}, timeout=60)
    assert answer.status_code == 409
    assert "Sri Lestari" not in answer.text
    assert told(scene)["officers"] == []
    own = etpp.log_in(etpp.member("operator-sini", Grant("operator", OFFICE)))
    csrf = csrf_of(own.get(f"{etpp.url}/console/officers", timeout=60).text)
    made = own.post(f"{etpp.url}/console/officers", data={"csrf": csrf, **elsewhere, "office_id": OFFICE}, timeout=60)
    assert "Sri Lestari" in made.text
    (officer,) = told(scene)["officers"]
    run(etpp, "officer", "revoke", officer["officer_id"], "--by", "bkpp")


def test_the_command_line_makes_lists_and_revokes_officers(scene: Scene) -> None:
    etpp = scene.etpp
    made = run(etpp, "officer", "add", OFFICE, "--name", "Teknisi BKPP", "--may", "maintain", "--by", "bkpp")
    (officer,) = told(scene)["officers"]
    assert PasswordHasher().verify(officer["pin_hash"], made["pin"])
    assert (officer["name"], officer["may"]) == ("Teknisi BKPP", ["maintain"])
    assert [each["officer_id"] for each in run(etpp, "officer", "list", "--office", OFFICE)] == [made["officer_id"]]
    run(etpp, "officer", "revoke", made["officer_id"], "--by", "bkpp")
    assert told(scene)["officers"] == []


def test_a_notice_is_shown_at_one_office_or_at_all_until_it_is_withdrawn_or_over(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.clock.local("2026-12-08 08:00")
    browser = etpp.log_in(etpp.bkpp)
    csrf = csrf_of(browser.get(f"{etpp.url}/console/notices", timeout=60).text)
    form = {
        "csrf": csrf,
        "text_id": "Upacara besok pukul 07.30.",
        "first": "2026-12-08T07:00",
        "until": "2026-12-09T08:00",
    }
    assert browser.post(f"{etpp.url}/console/notices", data=form, timeout=60).status_code == 200
    (notice,) = told(scene)["notices"]
    assert notice["text"] == {"id": "Upacara besok pukul 07.30."}
    assert (notice["from_utc"], notice["until_utc"]) == ("2026-12-08T00:00:00.000Z", "2026-12-09T01:00:00.000Z")
    for wrong in ({"until": "2026-12-08T06:00"}, {"text_id": ""}, {"text_id": "a\u202eb"}, {"text_id": "x" * 201}):
        answer = browser.post(f"{etpp.url}/console/notices", data=form | wrong, timeout=60)
        assert answer.status_code == 409, wrong
    words = ("--from", "2026-12-08T07:00", "--until", "2026-12-08T12:00", "--by", "bkpp", "--office", OFFICE)
    own = run(etpp, "notice", "add", "Air mati sampai siang.", "--english", "No water until noon.", *words)
    assert len(told(scene)["notices"]) == 2
    etpp.clock.local("2026-12-08 12:01")
    teller(etpp).look()
    assert [each["notice_id"] for each in told(scene)["notices"]] == [notice["notice_id"]]
    run(etpp, "notice", "withdraw", own["notice_id"], "--by", "bkpp")
    browser = etpp.log_in(etpp.bkpp)  # the hours that went by have ended the log-in
    csrf = csrf_of(browser.get(f"{etpp.url}/console/notices", timeout=60).text)
    path = f"{etpp.url}/console/offices/*/notices/{notice['notice_id']}/withdraw"
    assert browser.post(path, data={"csrf": csrf}, timeout=60).status_code == 200
    assert told(scene)["notices"] == []


def test_an_offices_own_notices_push_none_of_the_regencys_off_its_terminals(scene: Scene) -> None:
    etpp = scene.etpp
    now = etpp.clock.now
    until = now + dt.timedelta(days=1)
    with etpp.database.begin() as tx:
        made = [
            service.add_notice(
                tx,
                NewNotice(office_id=at, text_id=f"Kabar {n}", by="bkpp", from_utc=now + n * MINUTE, until_utc=until),
                now,
            )
            for n, at in enumerate([OFFICE] * service.MOST_NOTICES + [None])
        ]
    shown = [each["notice_id"] for each in told(scene)["notices"]]
    assert shown == [made[-1].notice_id, *(each.notice_id for each in made[:-2])]
    with etpp.database.begin() as tx:
        for each in made:
            service.withdraw_notice(tx, each.notice_id, "bkpp", now)


def test_pins_are_told_only_where_people_may_use_them_alone(scene: Scene) -> None:
    etpp = scene.etpp
    browser = etpp.log_in(etpp.bkpp)
    csrf = csrf_of(browser.get(f"{etpp.url}/console/nip-pin", timeout=60).text)
    given = browser.post(
        f"{etpp.url}/console/nip-pin/give", data={"csrf": csrf, "person": "198503152010012007"}, timeout=60
    )
    pin = given.text.split('<p class="code">')[1][:6]
    for policy, per_month, pins in (("with-officer", "3", 0), ("alone", "5", 1), ("off", "", 0)):
        said = {"csrf": csrf, "office_id": OFFICE, "policy": policy, "per_month": per_month}
        assert browser.post(f"{etpp.url}/console/nip-pin", data=said, timeout=60).status_code == 200
        found = told(scene)["nip_pin"]
        assert (found["policy"], found["per_month"], len(found["pins"])) == (policy, int(per_month or 0), pins)
        for each in found["pins"]:
            assert each["person_id"] == scene.faces[scene.sri]
            assert PasswordHasher().verify(each["pin_hash"], pin)
    refused = {"csrf": csrf, "policy": "alone", "per_month": "0"}
    assert browser.post(f"{etpp.url}/console/nip-pin", data=refused, timeout=60).status_code == 409
    run(etpp, "pin", "policy", "with-officer", "--per-month", "2", "--by", "bkpp")
    assert told(scene)["nip_pin"]["policy"] == "off"  # the office's own word goes before the regency's


def test_waiting_faces_are_used_only_where_bkpp_says_so_and_never_those_that_have_ended(scene: Scene) -> None:
    etpp = scene.etpp
    teller(etpp).look()
    assert "local_use" not in told(scene)  # off until somebody says so
    browser = etpp.log_in(etpp.bkpp)
    csrf = csrf_of(browser.get(f"{etpp.url}/console/nip-pin", timeout=60).text)
    said = {"csrf": csrf, "local_office": OFFICE, "days": "7"}
    assert browser.post(f"{etpp.url}/console/local-use", data=said, timeout=60).status_code == 200
    found = told(scene)["local_use"]
    assert found["days"] == 7
    assert len(found["ended"]) >= 2  # Sri's and Budi's at least are approved
    event = scene.terminal.enrolment("198103152010012007", "Dewi Lestari", 40)
    scene.terminal.send_events([event], at=etpp.clock.now)
    teller(etpp).look()
    assert told(scene)["local_use"] == found  # it waits: nothing has ended
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/reject")
    teller(etpp).look()
    assert set(told(scene)["local_use"]["ended"]) == {*found["ended"], event["event_id"]}
    for days in ("32", "-1", "", "x"):
        answer = browser.post(f"{etpp.url}/console/local-use", data=said | {"days": days}, timeout=60)
        assert answer.status_code == 409
    assert run(etpp, "local-use", "5", "--by", "bkpp") == {"office_id": "*", "days": 5}
    assert told(scene)["local_use"]["days"] == 7  # the office's own word goes before the regency's
    run(etpp, "local-use", "0", "--office", OFFICE, "--by", "bkpp")
    assert "local_use" not in told(scene)
    operator = etpp.log_in(etpp.member("operator-wajah", Grant("operator", OFFICE)))
    token = csrf_of(operator.get(f"{etpp.url}/console/nip-pin", timeout=60).text)
    assert operator.post(f"{etpp.url}/console/local-use", data=said | {"csrf": token}, timeout=60).status_code == 403


def test_whoever_is_erased_is_in_no_bulletin_any_more(scene: Scene) -> None:
    etpp = scene.etpp
    teller(etpp).look()
    face = scene.faces[scene.budi]
    assert face in json.dumps(told(scene))
    version = gallery(scene.terminal)["manifest"]["version"]
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{face}")
    teller(etpp).look()
    answer = gallery(scene.terminal, version)["payload"]
    assert answer["removed"] == [face]
    assert face not in json.dumps(answer["bulletin"])


def seen_by_pin(scene: Scene, who: str, local: str, **marks: Any) -> str:
    """A presence with what stands beside it, sent at once; its event."""
    etpp, terminal = scene.etpp, scene.terminal
    at = etpp.clock.local(local)
    event = terminal.presence(scene.faces[who], wall_utc=text_of(at))
    event["presence"] |= marks
    event["hash"] = terminal.last_hash = hash_of(event)
    terminal.send_events([event], at=at)
    return str(event["event_id"])


def test_a_presence_by_nip_and_pin_is_marked_wherever_presences_are_listed(scene: Scene) -> None:
    etpp = scene.etpp
    seen_by_pin(scene, scene.sri, "2026-12-10 07:20", method="nip-pin-officer", officer_id="o-1")
    etpp.clock.local("2026-12-10 09:00")
    browser = etpp.log_in(etpp.bkpp)
    mark = "NIP dan PIN petugas"
    assert mark in browser.get(f"{etpp.url}/console/offices/{OFFICE}?date=2026-12-10", timeout=60).text
    assert mark in browser.get(f"{etpp.url}/console/people/{scene.sri}?month=2026-12", timeout=60).text
    listed = browser.get(f"{etpp.url}/console/inspection/lists/with_nip?month=2026-12&office_id={OFFICE}", timeout=60)
    assert "Sri Lestari" in listed.text
    assert mark not in browser.get(f"{etpp.url}/console/offices/{OFFICE}?date=2026-12-09", timeout=60).text


def test_an_officer_who_vouched_for_the_own_presence_is_a_signal_to_bkpp(scene: Scene) -> None:
    etpp = scene.etpp
    new = NewOfficer(office_id=OFFICE, person=scene.sri, may=frozenset({"enrol"}), by="bkpp")
    with etpp.database.begin() as tx:
        made = service.add_officer(tx, new, "$argon2id$of-nobody", etpp.clock.now)
    method = {"method": "nip-pin-officer", "officer_id": made.officer_id}
    own, other = (seen_by_pin(scene, who, "2026-12-11 06:00", **method) for who in (scene.sri, scene.budi))
    with etpp.database.read() as tx:
        flags = {each.event_id: each.flag for each in (Books(tx).link(OFFICE, one) for one in (own, other)) if each}
    assert flags == {own: "own-officer", other: None}
    page = etpp.log_in(etpp.bkpp).get(f"{etpp.url}/console/signals?q=sri", timeout=60)
    assert "petugas menjamin dirinya sendiri" in page.text
    with etpp.database.begin() as tx:
        Officers(tx).revoke(made.officer_id, "bkpp", etpp.clock.now)


def test_duress_and_what_else_is_for_bkpp_alone_is_shown_to_nobody_else(scene: Scene) -> None:
    etpp, terminal = scene.etpp, scene.terminal
    seen_by_pin(scene, scene.sri, "2026-12-11 07:20", duress=True)
    event = terminal.event(
        "occurrence", {"what": "two-people", "person_ids": [scene.faces[scene.sri]], "detail": "within 4 minutes"}
    )
    ordinary = terminal.event("occurrence", {"what": "officer-in", "officer_id": "o-1"})
    answer = terminal.send_events([event, ordinary], at=etpp.clock.now)
    assert [each["status"] for each in answer.json()["results"]] == ["accepted", "accepted"]
    etpp.clock.local("2026-12-11 09:00")
    page = etpp.log_in(etpp.bkpp).get(f"{etpp.url}/console/signals", timeout=60)
    for said in ("dipaksa", "satu wajah, dua NIP", "within 4 minutes", "Sri Lestari"):
        assert said in page.text
    assert "officer-in" not in page.text
    for role, office in (("inspector", None), ("operator", OFFICE), ("head", OFFICE), ("technician", OFFICE)):
        member = etpp.member(f"{role}-isyarat", Grant(role, office) if office else Grant(role))  # type: ignore[arg-type]
        browser = etpp.log_in(member)
        assert browser.get(f"{etpp.url}/console/signals", timeout=60).status_code == 403
        for path in ("", f"offices/{OFFICE}?date=2026-12-11", f"people/{scene.sri}?month=2026-12", "events", "fading"):
            shown = browser.get(f"{etpp.url}/console/{path}", timeout=60).text
            assert not any(said in shown for said in ("dipaksa", "duress", "two-people", "/signals")), (role, path)
    assert "duress" not in json.dumps(gallery(terminal))


def test_scores_that_fall_over_months_list_the_person_for_a_new_enrolment(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.clock.local("2027-07-04 08:00")
    with etpp.database.begin() as tx:
        rows = []
        for n in range(40):
            for month in range(1, 7):
                sway = 0.05 * (-1) ** (n + month)
                rows.append(ScoreMonth(OFFICE, f"p{n}", f"2027-{month:02d}", MODEL_ID, 6 + sway, 40))
        rows += [
            ScoreMonth(OFFICE, scene.faces[scene.sri], f"2027-{m:02d}", MODEL_ID, 6 - 0.2 * m, 40) for m in range(1, 7)
        ]
        tx.execute(sa.insert(bulletin_tables.score_months), [dataclasses.asdict(row) for row in rows])
    page = etpp.log_in(etpp.bkpp).get(f"{etpp.url}/console/fading", timeout=60).text
    assert "Sri Lestari" in page
    assert "2027-01" in page
    teller(etpp).look()
    assert told(scene)["renew"] == [{"person_id": scene.faces[scene.sri]}]
    with etpp.database.read() as tx:
        kept = tx.execute(sa.select(bulletin_tables.score_months.c.person_id).distinct()).scalars().all()
    assert kept == [scene.faces[scene.sri]]  # nothing is kept of whom the terminals do not know


def test_a_months_scores_are_the_middle_ones_of_its_presences_by_face(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.clock.local("2027-08-02 08:00")
    for day, score in (("05", 5.0), ("06", 9.0), ("07", 4.0)):
        match = {"score": score, "margin": 2.0, "threshold": 3.0, "frames": 3}
        seen_by_pin(scene, scene.sri, f"2027-08-{day} 07:20", match=match)
    seen_by_pin(scene, scene.sri, "2027-08-08 07:20", method="nip-pin")
    etpp.clock.local("2027-09-02 08:00")
    look = teller(etpp)
    look.look()
    table = bulletin_tables.score_months
    query = sa.select(table.c.score, table.c.presences).where(table.c.month == "2027-08")
    found = []
    for day in ("02", "03"):
        etpp.clock.local(f"2027-09-{day} 08:00")
        look.look()
        with etpp.database.read() as tx:
            found.append([tuple(row) for row in tx.execute(query)])
    assert found == [[], [(5.0, 3)]]


def test_of_a_new_phone_the_persons_terminals_hear_within_a_minute_and_for_a_week(scene: Scene) -> None:
    etpp, terminal, face = scene.etpp, scene.terminal, scene.faces[scene.sri]
    etpp.clock.local("2026-12-08 07:30")
    look = teller(etpp)
    look.look()
    assert told(scene)["phones"] == []
    version = gallery(terminal)["manifest"]["version"]
    handset = Handset(etpp)
    assert handset.connects(terminal.phone_code(face, etpp.clock.now)).status_code == 200
    assert handset.is_in
    assert look.look() == 1
    payload = gallery(terminal, version)["payload"]
    assert payload["people"] == []
    first = {"person_id": face, "connected_utc": "2026-12-08T00:30:00.000Z", "until_utc": "2026-12-15T00:30:00.000Z"}
    assert payload["bulletin"]["phones"] == [first]
    assert look.look() == 0

    etpp.clock.local("2026-12-09 07:31")  # whoever has photographed a code of the next day
    other = Handset(etpp)
    other.connects(terminal.phone_code(face, etpp.clock.now))
    look.look()
    assert [each["connected_utc"] for each in told(scene)["phones"]] == ["2026-12-09T00:31:00.000Z"]

    with etpp.database.read() as tx:
        phone = Phones(tx).of_person(scene.sri)[0]
    clerk = Handset(etpp, etpp.log_in(etpp.member("bkpp-phones", Grant("bkpp"))))
    page = clerk.page(f"/people/{scene.sri}/phones")
    assert clerk.sends(f"/people/{scene.sri}/phones/{phone.phone_id}/end", page.text).status_code == 200
    assert not other.is_in
    assert look.look() == 1
    assert told(scene)["phones"] == []  # it is let in no more: there is nothing to report

    etpp.clock.local("2026-12-09 08:00")
    Handset(etpp).connects(terminal.phone_code(face, etpp.clock.now))
    look.look()
    assert len(told(scene)["phones"]) == 1
    etpp.clock.local("2026-12-16 08:00")
    look.look()
    assert len(told(scene)["phones"]) == 1
    etpp.clock.local("2026-12-17 08:00")
    look.look()
    assert told(scene)["phones"] == []
