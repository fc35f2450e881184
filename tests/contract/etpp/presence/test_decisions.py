"""Corrections, decided times and manual entries over real HTTP: whatever is taken is counted by the rules of pay, and
what they would ignore is refused; on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import pytest

from etpp import owners
from etpp.allowance import gather
from etpp.allowance.model import Month
from etpp.allowance.service import Service, serve
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict
from etpp.calendar.model import Occasion
from etpp.calendar.store import OCCASIONS
from etpp.presence import corrections
from etpp.presence.asked import NewCorrection
from etpp.presence.model import Correction
from etpp.presence.store import CORRECTIONS
from etpp.presence.summaries import Summaries
from etpp.reports.jobs import Jobs
from etpp.roster import moving
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.client import time_of
from tests.contract.etpp.running import OFFICE, wib
from tests.contract.etpp.test_broken_routes import log_in

BUDI = "199001012015031001"


def at(local: str) -> str:
    return format_time(wib(local))


@pytest.fixture
def scene(etpp: Any) -> Scene:
    return november(etpp)


def service(scene: Scene, person: str) -> Service:
    """The person's November as pay sees it."""
    with scene.etpp.database.read() as tx:
        policy, _ = gather.policy_of(tx, NOVEMBER)
        shared = gather.regency(tx, NOVEMBER, scene.etpp.clock.now)
        (facts,) = gather.office_month(tx, OFFICE, NOVEMBER, shared, only=[person])
        found = serve(facts, policy)
    assert found is not None
    return found


def faults(scene: Scene) -> list[tuple[str, int]]:
    return [(fault.kind, fault.date.day) for fault in service(scene, scene.budi).faults]


def asked(scene: Scene, **changed: Any) -> dict[str, Any]:
    said = {"person": BUDI, "date": "2026-11-25", "part": "arrival", "reason": "antre", "proposed_by": "tu"}
    return {**said, "at_utc": at("2026-11-25 07:25"), **changed}


def propose(scene: Scene, **changed: Any) -> str:
    return str(scene.etpp.admin("POST", "corrections", asked(scene, **changed))["correction_id"])


def decide(scene: Scene, correction: str, by: str = "kepala", step: str = "approve", expect: int = 200) -> Any:
    return scene.etpp.admin("POST", f"corrections/{correction}/{step}", {"by": by}, expect)


@pytest.mark.parametrize(
    "changed",
    [
        {},  # the time of an arrival
        {"at_utc": None},  # in time
        {"part": "day", "at_utc": None},  # the whole day
    ],
)
def test_an_approved_correction_counts_and_keeps_the_month_open_until_then(
    scene: Scene, changed: dict[str, Any]
) -> None:
    assert faults(scene) == [("late", 25)]
    made = propose(scene, **changed)
    assert f"correction:{made}" in service(scene, scene.budi).open
    assert faults(scene) == [("late", 25)]
    assert decide(scene, made)["state"] == "approved"
    assert faults(scene) == []
    assert service(scene, scene.budi).open == ()
    decide(scene, made, step="approve", expect=409)  # it is already
    assert decide(scene, made, step="refuse", by="bkpp")["state"] == "refused"
    assert faults(scene) == [("late", 25)]


def test_nobody_decides_on_the_own_day_or_on_what_he_has_proposed(scene: Scene) -> None:
    made = propose(scene)
    for by in (BUDI, scene.budi, "tu"):
        decide(scene, made, by, expect=409)
        decide(scene, made, by, "refuse", expect=409)
    own = propose(scene, proposed_by=BUDI)  # asking for the own one is everybody's right
    decide(scene, own, BUDI, expect=409)
    assert decide(scene, own, "198503152010012007")["decided_by"] == scene.sri
    decide(scene, "x", expect=404)


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"person": "199912312025011001"}, 404),  # nobody
    ({"date": "2026-12-02", "at_utc": None}, 409),  # tomorrow
    ({"date": "2026-12-01", "at_utc": at("2026-12-01 08:01")}, 409),  # in a minute
    ({"date": "2026-12-01", "part": "departure", "at_utc": None}, 409),  # this afternoon, in time
    ({"date": "2026-12-01", "part": "day", "at_utc": None}, 409),  # a day that is not over
    ({"date": "2026-11-29", "at_utc": None}, 409),  # a Sunday
    ({"date": "2026-11-23", "at_utc": None}, 409),  # before the office's first terminal nobody is judged
    ({"date": "2026-01-02", "at_utc": None}, 409),  # before he joined
    ({"at_utc": at("2026-11-24 07:25")}, 409),  # a time of the day before
    ({"at_utc": at("2026-11-26 00:00")}, 409),  # of the day after
    ({"part": "occasion", "at_utc": None}, 409),  # which one
    ({"part": "occasion", "at_utc": None, "occasion_id": "upacara"}, 409),  # there was none
    ({"occasion_id": "apel"}, 409),  # an arrival at an occasion
    ({"part": "day"}, 409),  # a day has no time
    ({"part": "lunch"}, 400),
    ({"letter_id": "x"}, 404),
    ({"reason": ""}, 400),
    ({"reason": "x\u202e"}, 400),
    ({"at_utc": "2026-11-25"}, 400),
    ({"date": "25-11-2026"}, 400),
    ({"approved": True}, 400),
]


def test_a_correction_that_would_not_count_is_refused_and_leaves_nothing(scene: Scene) -> None:
    for changed, status in REFUSED:
        scene.etpp.admin("POST", "corrections", asked(scene, **changed), expect=status)
    assert scene.etpp.admin("GET", "corrections")["corrections"] == []


@pytest.mark.long_on_postgresql
def test_whatever_is_taken_is_counted(scene: Scene) -> None:
    """Every part, at every turn of a day, of days of each kind: what is taken and approved changes the judged day's
    record, and what is not taken leaves nothing."""
    turns = ("00:00", "07:29", "07:30", "12:00", "15:59", "16:00", "23:59")
    days = ("2026-11-22", "2026-11-23", "2026-11-24", "2026-11-27", "2026-11-29", "2026-11-30", "2026-12-01")
    moments = [None, *(f"{day} {turn}" for day in days for turn in turns)]
    parts = ("arrival", "departure", "day")
    taken = 0
    with scene.etpp.database.begin() as tx:
        policy, _ = gather.policy_of(tx, NOVEMBER)
        for day, part, moment in product(days, parts, moments):
            at_utc = None if moment is None else wib(moment)
            new = NewCorrection(person=BUDI, date=day, part=part, reason="x", proposed_by="tu", at_utc=at_utc)  # type: ignore[arg-type]
            try:
                made = corrections.propose(tx, new, gather.correction_days, scene.etpp.clock.now)
            except Conflict:
                continue
            taken += 1
            corrections.decide(tx, made.correction_id, True, "kepala", scene.etpp.clock.now)
            month = Month(made.date.year, made.date.month)
            shared = gather.regency(tx, month, scene.etpp.clock.now)
            (facts,) = gather.office_month(tx, OFFICE, month, shared, only=[scene.budi])
            served = serve(facts, policy)
            assert served is not None
            (judged,) = [each for each in served.days if each.date == made.date]
            if part == "day":
                assert (judged.status, judged.faults) == ("present", ()), new
            else:
                mark = judged.arrival if part == "arrival" else judged.departure
                assert mark is not None, new
                assert mark.because == f"correction:{made.correction_id}", new
                assert at_utc is None or mark.at_utc == at_utc, new
            corrections.decide(tx, made.correction_id, False, "kepala", scene.etpp.clock.now)
    # Three days that are over: two parts at each turn and in time, and the whole day; and of this morning an arrival in
    # time, and both parts at the three turns before eight.
    assert taken == 3 * (2 * len(turns) + 3) + 1 + 2 * 3


def test_the_policys_deadline_holds_to_the_end_of_its_last_day(scene: Scene) -> None:
    new = NewCorrection(**asked(scene))
    end = wib("2026-11-28 00:00")  # two working days after Wednesday: Friday
    for now, taken in ((end, True), (end + dt.timedelta(microseconds=1), False)):
        with scene.etpp.database.begin() as tx:
            if taken:
                corrections.propose(tx, new, lambda _tx, _date: 2, now)
            else:
                with pytest.raises(Exception, match="the time in which"):
                    corrections.propose(tx, new, lambda _tx, _date: 2, now)


def test_a_missed_occasion_is_corrected_by_its_id(scene: Scene) -> None:
    apel = Occasion("apel", OFFICE, "Apel", dt.date(2026, 11, 30), dt.date(2026, 11, 30), (dt.time(6), dt.time(7)))
    with scene.etpp.database.begin() as tx:
        OCCASIONS.add(tx, [apel], "bkpp", scene.etpp.clock.now)
    assert faults(scene) == [("late", 25), ("occasion", 30)]
    made = propose(scene, date="2026-11-30", part="occasion", at_utc=None, occasion_id="apel")
    decide(scene, made)
    assert faults(scene) == [("late", 25)]


def test_of_two_corrections_of_one_part_the_one_decided_later_counts_whatever_the_clock_says(scene: Scene) -> None:
    in_time, late = propose(scene), propose(scene, at_utc=at("2026-11-25 08:00"))
    decide(scene, in_time)
    scene.etpp.clock.now -= dt.timedelta(hours=1)  # of another server, which is behind
    decide(scene, late)
    assert faults(scene) == [("late", 25)]
    decide(scene, late, step="refuse", by="bkpp")
    assert faults(scene) == []


def test_corrections_are_listed_by_page_office_person_state_and_month(scene: Scene) -> None:
    made = [propose(scene, reason=f"r{n}") for n in range(3)]
    decide(scene, made[0])

    def ids(query: str) -> list[str]:
        return [each["correction_id"] for each in scene.etpp.admin("GET", f"corrections?{query}")["corrections"]]

    assert ids("") == sorted(made)
    assert ids("state=approved") == [made[0]]
    assert ids(f"person={BUDI}&office_id={OFFICE}&month=2026-11") == sorted(made)
    scene.etpp.admin("POST", "offices", {"office_id": "other", "name": "Dinas Lain"})
    assert ids(f"person={scene.sri}") == ids("month=2026-12") == ids("office_id=other") == []
    page = scene.etpp.admin("GET", "corrections?state=proposed&limit=1")
    rest = scene.etpp.admin("GET", f"corrections?state=proposed&limit=1&after={page['after']}")
    found = [each["correction_id"] for each in (*page["corrections"], *rest["corrections"])]
    assert found == sorted(made[1:])


# ---------------------------------------------------------------- uncertain times


def uncertain(scene: Scene, who: str, local: str) -> str:
    """A presence that happened within half an hour about a moment."""
    batch = scene.terminal.batch([scene.terminal.presence(scene.faces[who])], scene.etpp.clock.now)
    batch["events"][0]["time"] = time_of(wib(local), 1800, "uncertain")
    scene.terminal.post("events", batch)
    return str(batch["events"][0]["event"]["event_id"])


def reviews(scene: Scene, query: str = "") -> list[Any]:
    return list(scene.etpp.admin("GET", f"reviews?month=2026-11{query}")["reviews"])


def test_an_uncertain_time_is_decided_by_another_within_what_the_terminal_knew(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-01 09:00")
    event = uncertain(scene, scene.budi, "2026-11-25 07:20")
    (row,) = reviews(scene)
    assert (row["event_id"], row["person_id"], row["decided_by"]) == (event, scene.budi, None)
    assert reviews(scene, f"&office_id={OFFICE}") == [row]
    assert f"review:{event}" in service(scene, scene.budi).open

    def said(expect: int = 200, **changed: Any) -> Any:
        model = {"office_id": OFFICE, "event_id": event, "utc": at("2026-11-25 07:28"), "by": "kepala", **changed}
        return scene.etpp.admin("POST", "reviews", model, expect)

    for by in (BUDI, scene.budi):
        said(409, by=by)  # the own one
    said(409, utc=at("2026-11-25 06:49"))  # a minute before what the terminal knew
    said(409, utc=at("2026-11-25 07:51"))
    said(404, event_id=event[:-1] + ("0" if event[-1] != "0" else "1"))
    said(404, office_id="dinas-tiada")
    (certain,) = [
        each["event_id"]
        for each in scene.etpp.events("kind=presence&limit=500")
        if each["utc"] == at("2026-11-25 07:42")
    ]
    said(409, event_id=certain)
    assert reviews(scene) == [row]

    assert said()["decided_as_utc"] == at("2026-11-25 07:28")
    assert reviews(scene) == []
    assert [each["decided_by"] for each in reviews(scene, "&decided=true")] == ["kepala"]
    assert service(scene, scene.budi).open == ()
    assert faults(scene) == []
    scene.etpp.clock.now -= dt.timedelta(minutes=30)  # of another server, which is behind
    said(utc=at("2026-11-25 07:35"), by="bkpp")  # a later decision takes the place of the first
    assert faults(scene) == [("late", 25)]


def test_reviews_have_pages_and_need_a_month(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-01 09:00")
    made = sorted(uncertain(scene, who, "2026-11-27 12:00") for who in (scene.sri, scene.budi, scene.budi))
    first = scene.etpp.admin("GET", "reviews?month=2026-11&limit=2")
    rest = scene.etpp.admin("GET", f"reviews?month=2026-11&limit=2&after={first['after']}")
    assert [each["event_id"] for each in (*first["reviews"], *rest["reviews"])] == made
    assert rest["after"] is None
    for wrong in ("reviews", "reviews?month=", "reviews?month=2026-00"):
        scene.etpp.admin("GET", wrong, expect=400)


def test_an_office_is_not_told_of_the_days_of_who_has_left_it(scene: Scene) -> None:
    scene.etpp.admin("POST", "offices", {"office_id": "other", "name": "Dinas Lain"})
    with scene.etpp.database.begin() as tx:
        moving.move(tx, scene.budi, "other", dt.date(2026, 11, 27), "bkpp", scene.etpp.clock.now)
    scene.etpp.clock.local("2026-12-01 09:00")
    times = {day: uncertain(scene, scene.budi, f"2026-11-{day} 07:20") for day in ("25", "27")}
    with scene.etpp.database.begin() as tx:
        for day in times:
            date, now = dt.date(2026, 11, int(day)), scene.etpp.clock.now
            CORRECTIONS.add(tx, [Correction(day, scene.budi, date, "day", None, "x", "tu", now)], "tu", now)

    def told(office: str) -> tuple[list[str], list[str]]:
        made = scene.etpp.admin("GET", f"corrections?office_id={office}")["corrections"]
        found = reviews(scene, f"&office_id={office}")
        return [each["correction_id"] for each in made], [each["event_id"] for each in found]

    assert told(OFFICE) == (["25"], [times["25"]])
    assert told("other") == (["27"], [times["27"]])
    assert len(reviews(scene)) == 2, "BKPP is told of both"


# ---------------------------------------------------------------- manual entries


def entry(scene: Scene, expect: int = 201, **changed: Any) -> Any:
    said = {"person": BUDI, "office_id": OFFICE, "reason": "terminal mati", "entered_by": "tu"}
    return scene.etpp.admin("POST", "manual-entries", {**said, "at_utc": at("2026-11-25 07:29"), **changed}, expect)


def test_a_manual_entry_counts_when_another_has_confirmed_it_and_is_marked_everywhere(scene: Scene) -> None:
    made = entry(scene)["entry_id"]
    assert faults(scene) == [("late", 25)]
    for by in (BUDI, scene.budi, "tu"):
        scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": by}, 409)
    confirmed = scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": "kepala"})
    assert confirmed["confirmed_by"] == "kepala"
    assert faults(scene) == []
    assert service(scene, scene.budi).manual == (made,)
    scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": "bkpp"}, 409)  # once

    (row,) = [each for each in scene.etpp.presence("2026-11-25")["people"] if each["nip"] == BUDI]
    assert (row["arrival"]["event_id"], row["arrival"]["manual"], row["arrival"]["minutes_off"]) == (made, True, 0)
    assert row["departure"]["manual"] is False
    member, _ = log_in(scene.etpp)
    page = member.get(f"{scene.etpp.url}/console/offices/{OFFICE}?date=2026-11-25", timeout=60).text
    assert page.count('<span class="doubt">dicatat manual oleh dua orang</span>') == 1

    scene.etpp.admin("POST", f"manual-entries/{made}/withdraw", {"by": "bkpp"})
    assert faults(scene) == [("late", 25)]
    (row,) = [each for each in scene.etpp.presence("2026-11-25")["people"] if each["nip"] == BUDI]
    assert row["arrival"]["manual"] is False
    for step in ("confirm", "withdraw"):
        scene.etpp.admin("POST", f"manual-entries/{made}/{step}", {"by": "bkpp"}, 404)


def test_a_manual_entry_is_of_the_persons_own_office_or_of_one_that_knows_the_face(scene: Scene) -> None:
    """Two people of any office could give a presence to somebody who was never there, unseen by the own head."""
    etpp = scene.etpp
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    entry(scene, 409, office_id="dinas-lain")
    elsewhere = etpp.terminal("dinas-lain")
    event = elsewhere.enrolment(BUDI, "Budi", 1)
    elsewhere.send_events([event])
    marks = etpp.admin("GET", "enrolments?state=pending")["enrolments"][0]["marks"]
    accepted = "&".join(f"accept={mark['key']}" for mark in marks)
    etpp.admin("POST", f"offices/dinas-lain/enrolments/{event['event_id']}/approve?{accepted}")
    made = entry(scene, office_id="dinas-lain")["entry_id"]  # he is known as a guest there
    with etpp.database.read() as tx:
        whose = owners.scopes(Jobs(etpp.state.folder / "reports", etpp.database.url), etpp.clock)["entry_id"](tx, made)
    assert whose.offices == {OFFICE, "dinas-lain"}  # his own head can take it back
    for office in (OFFICE, "dinas-lain"):  # and both have it on their lists
        listed = etpp.admin("GET", f"manual-entries?office_id={office}")["manual"]
        assert [each["entry_id"] for each in listed] == [made]


def test_the_overview_counts_a_day_anew_when_an_entry_begins_or_ends_to_count(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-02 09:00")
    scene.reported("2026-12-02 09:00")
    summaries, day = Summaries(), dt.date(2026, 12, 1)

    def present() -> int:
        with scene.etpp.database.read() as tx:
            (summary,), _ = summaries.of(tx, day, scene.etpp.clock.now)
        return summary.counts.get("present", 0)

    assert present() == 0
    made = entry(scene, at_utc=at("2026-12-01 07:29"))["entry_id"]
    assert present() == 0
    scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": "kepala"})
    assert present() == 1
    scene.etpp.admin("POST", f"manual-entries/{made}/withdraw", {"by": "kepala"})
    assert present() == 0


def test_an_entry_that_nobody_confirmed_stands_on_no_page(scene: Scene) -> None:
    entry(scene)
    (row,) = [each for each in scene.etpp.presence("2026-11-25")["people"] if each["nip"] == BUDI]
    assert row["arrival"]["manual"] is False


def test_an_entry_that_could_not_count_is_refused(scene: Scene) -> None:
    entry(scene, 409, entered_by=BUDI)  # by himself
    entry(scene, 409, entered_by=scene.budi)
    entry(scene, 409, at_utc=at("2026-12-01 08:01"))  # ahead of its time
    entry(scene, 409, at_utc=at("2026-01-04 12:00"))  # before he joined
    entry(scene, 404, person="nobody")
    entry(scene, 404, office_id="dinas-tiada")
    entry(scene, 400, reason=" ")
    entry(scene, 400, confirmed_by="kepala")  # in one breath
    assert scene.etpp.admin("GET", "manual-entries")["manual"] == []


def test_what_rests_on_peoples_word_is_counted_by_office_and_who_decided(scene: Scene) -> None:
    for by in ("kepala", "kepala", "bkpp", None):
        made = entry(scene)["entry_id"]
        if by is not None:
            scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": by})
    decide(scene, propose(scene))
    decide(scene, propose(scene), by="bkpp", step="refuse")
    propose(scene)
    wanted = [("", 1, 1), ("bkpp", 1, 1), ("kepala", 2, 1)]
    for query in ("", "?month=2026-11", f"?office_id={OFFICE}&month=2026-11"):
        counts = scene.etpp.admin("GET", f"manual-entries/counts{query}")["counts"]
        assert [(each["decided_by"], each["manual"], each["corrections"]) for each in counts] == wanted
        assert {each["office_id"] for each in counts} == {OFFICE}
    assert scene.etpp.admin("GET", "manual-entries/counts?month=2026-12")["counts"] == []
    listed = scene.etpp.admin("GET", f"manual-entries?office_id={OFFICE}&state=entered&month=2026-11")["manual"]
    assert [each["confirmed_by"] for each in listed] == [None]
    assert len(scene.etpp.admin("GET", "manual-entries?state=confirmed&limit=2")["manual"]) == 2


# ---------------------------------------------------------------- discipline


def discipline(scene: Scene, year: int = 2026) -> list[tuple[str, int, int, list[str]]]:
    found = scene.etpp.admin("GET", f"discipline?office_id={OFFICE}&year={year}")["discipline"]
    steps = [[each["date"] for each in row["reached"]] for row in found]
    return [
        (row["person_id"], row["unexcused"], row["longest_run"], reached)
        for row, reached in zip(found, steps, strict=True)
    ]


def test_unexcused_days_are_counted_from_the_books_and_taken_off_by_letters_and_corrections(scene: Scene) -> None:
    assert discipline(scene) == []
    scene.etpp.clock.local("2026-12-08 09:00")
    scene.reported("2026-12-08 09:00")
    for day in (1, 2, 3, 4, 7):
        scene.seen(scene.sri, f"2026-12-{day:02d} 07:20")  # at another one's time: sent late, and still hers
    # Five days without Budi, Saturday and Sunday between them; the third is the first step.
    assert discipline(scene) == [(scene.budi, 5, 5, ["2026-12-03", "2026-12-04"])]
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.budi, "2026-12-02 07:30", "2026-12-02 16:00")
    assert discipline(scene) == [(scene.budi, 4, 3, ["2026-12-04", "2026-12-07"])]
    decide(scene, propose(scene, date="2026-12-04", part="day", at_utc=None))
    made = entry(scene, at_utc=at("2026-12-07 07:30"))["entry_id"]
    assert discipline(scene) == [(scene.budi, 3, 1, ["2026-12-07"])]
    scene.etpp.admin("POST", f"manual-entries/{made}/confirm", {"by": "kepala"})
    assert discipline(scene) == [(scene.budi, 2, 1, [])]
    assert discipline(scene, 2025) == discipline(scene, 2027) == []


def test_nobody_is_unexcused_while_a_terminal_has_not_reported(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-08 09:00")
    assert discipline(scene) == []


def test_a_spare_terminal_takes_nobody_off_the_list(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-04 08:00")
    scene.reported("2026-12-04 08:00")
    before = discipline(scene)
    assert {person for person, *_ in before} == {scene.sri, scene.budi}
    scene.etpp.terminal()  # it has reported nothing yet, and was not there on any of the days
    assert discipline(scene) == before


def test_discipline_has_pages(scene: Scene) -> None:
    scene.etpp.clock.local("2026-12-02 09:00")
    scene.reported("2026-12-02 09:00")
    first = scene.etpp.admin("GET", f"discipline?office_id={OFFICE}&year=2026&limit=1")
    rest = scene.etpp.admin("GET", f"discipline?office_id={OFFICE}&year=2026&limit=1&after={first['after']}")
    found = [each["person_id"] for each in (*first["discipline"], *rest["discipline"])]
    assert found == sorted((scene.sri, scene.budi))
    scene.etpp.admin("GET", "discipline?office_id=dinas-tiada&year=2026", expect=404)
    scene.etpp.admin("GET", f"discipline?office_id={OFFICE}&year=9999", expect=400)
