"""Statements: what is paid for what, and where each line says it comes from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from etpp.allowance.charges import cost_of
from etpp.allowance.model import Deduction, LoseAll, Month, Premium
from etpp.allowance.statement import PolicyGap, statement
from etpp.presence.model import Fault, OfficeReports
from etpp.roster.assignments import Acting, Career
from tests.unit.etpp.allowance.months import (
    AS_OF,
    BANDS,
    BY_DAY,
    DISCIPLINE,
    KULON_PROGO,
    OCTOBER,
    activity,
    amounts,
    assignment,
    duty,
    line_at,
    made,
    october,
    punches,
    regency,
    sanction,
)
from tests.unit.etpp.calendar.calendars import REGENCY_HOURS, local
from tests.unit.etpp.presence.presences import correction, decided

TENTH, SIXTEENTH = dt.date(2026, 10, 10), dt.date(2026, 10, 16)


@pytest.mark.parametrize(
    ("points_a_day", "individual"),
    [
        (0, 0),  # nothing was done
        (100, 440_000),  # 2,200 of 6,000
        (272, 1_196_800),  # 5,984 of 6,000
        ("272.73", 1_200_000),  # 6,000.06: the month is full
        (1000, 1_200_000),  # more than the month asks for is not paid
    ],
)
def test_points_against_the_month(points_a_day: object, individual: int) -> None:
    assert amounts(made(october(points_a_day=points_a_day)))["individual"] == individual


def test_a_month_of_few_working_days_asks_for_300_each() -> None:
    """Ten days belong to the person: 3,000 points and not 6,000."""
    leaving = assignment(last=dt.date(2026, 10, 14))
    found = made(october(assignments=[leaving]))
    assert (found.working_days, found.entitled_days) == (22, 10)
    assert line_at(found, "individual", "target").amount == 3000


def test_points_of_who_joined_in_mid_month_count_from_then_on() -> None:
    joined = assignment(first=dt.date(2026, 10, 19))
    assert line_at(made(october(assignments=[joined])), "individual", "points").amount == 3000


@pytest.mark.parametrize(
    ("below", "steps", "individual"),
    [
        ("in_proportion", (), 990_000),  # 4,950 of 6,000
        ("nothing", (), 0),
        ("steps", ((Decimal(80), Decimal(90)),), 1_080_000),  # 82.5 % is at least 80
        ("steps", ((Decimal(50), Decimal(40)), (Decimal("82.5"), Decimal(75)), (Decimal(90), Decimal(95))), 900_000),
        ("steps", ((Decimal(83), Decimal(90)),), 0),  # no step was reached
    ],
)
def test_what_an_incomplete_month_pays(below: Any, steps: Any, individual: int) -> None:
    points = replace(KULON_PROGO.points, below=below, steps=steps)
    found = made(october(points_a_day=225), replace(KULON_PROGO, points=points))
    assert amounts(found)["individual"] == individual


def test_a_full_month_is_full_however_it_is_stepped() -> None:
    points = replace(KULON_PROGO.points, below="nothing")
    assert amounts(made(october(), replace(KULON_PROGO, points=points)))["individual"] == 1_200_000


@pytest.mark.parametrize(("target", "asked"), [("days", 6600), ("month", 6000), ("lower", 6000)])
def test_the_target(target: Any, asked: int) -> None:
    points = replace(KULON_PROGO.points, target=target)
    assert line_at(made(october(), replace(KULON_PROGO, points=points)), "individual", "target").amount == asked


@pytest.mark.parametrize(
    ("given", "kind", "entered", "points"),
    [
        ("none", "cuti-tahunan", 100, 100),  # letters give nothing of their own
        ("better", "cuti-tahunan", 100, 300),
        ("better", "cuti-tahunan", 350, 350),  # the activities were more
        ("instead", "cuti-tahunan", 350, 300),  # no activities on days that give points
        ("better", "tempat-lain", 100, 100),  # a kind without points
        ("instead", "tempat-lain", 100, 100),  # on which activities may be entered
        ("instead", "cuti-besar", 100, 0),  # on which they may not
    ],
)
def test_points_of_a_day_under_a_letter(given: Any, kind: str, entered: int, points: int) -> None:
    policy = replace(KULON_PROGO, points=replace(KULON_PROGO.points, given=given))
    letters = [duty("05 00:00", "06 00:00", kind)]
    found = made(october({"05": []}, {"05": entered}, points_a_day=0, letters=letters), policy)
    assert line_at(found, "individual", "points").amount == points


@pytest.mark.parametrize(("count", "individual"), [(True, 1_188_000), (False, 1_128_000)])
def test_activities_of_a_day_of_absence(count: bool, individual: int) -> None:
    points = replace(KULON_PROGO.points, absent_days_count=count, month=None, target="days")
    policy = replace(KULON_PROGO, points=points, deductions=KULON_PROGO.deductions[:1])
    found = made(october({"05": []}), policy)
    # 1 % off 6,600 of 6,600, or off 6,300
    assert amounts(found)["individual"] == (individual if count else round(1_200_000 * 6300 * 99 / 660_000))


def test_an_activity_that_waits_leaves_the_month_open() -> None:
    facts = october()
    unverified = tuple(step for step in facts.entry_steps if step.step_id != "entry-2026-10-05-v")
    found = made(replace(facts, entry_steps=unverified))
    assert found.open == ("entry:entry-2026-10-05",)
    day = next(line for line in line_at(found, "individual", "points").parts if line.key == "day:2026-10-05")
    assert (day.amount, day.parts[0].amount) == (0, 300)  # recognised and entered


def test_activities_of_another_month_do_not_count() -> None:
    entry, *steps = activity(dt.date(2026, 9, 30), 5000)
    facts = october(points_a_day=0)
    found = made(replace(facts, entries=(entry,), entry_steps=tuple(steps)))
    assert amounts(found)["individual"] == 0


@pytest.mark.parametrize("day", [1, 31])
def test_activities_of_the_months_first_and_last_day_count(day: int) -> None:
    entry, *steps = activity(dt.date(2026, 10, day), 500)
    found = made(replace(october(points_a_day=0), entries=(entry,), entry_steps=tuple(steps)))
    assert amounts(found)["individual"] == 100_000


def test_points_off_the_ceiling_cap_what_was_done() -> None:
    off = Deduction("late", frozenset({"late"}), "ceiling", "points", Decimal(600), None, (), 0)
    found = made(october({"05": ["08:00", "16:40"]}), replace(KULON_PROGO, deductions=(off,)))
    assert line_at(found, "individual", "ceiling").amount == 5400
    assert amounts(found)["individual"] == 1_080_000  # though 6,600 points were gathered


@pytest.mark.parametrize(
    ("scores", "office", "open_"),
    [
        ({"kominfo": 100}, 400_000, ()),
        ({"kominfo": 0}, 0, ()),
        ({"kominfo": "87.5"}, 350_000, ()),
        ({}, 400_000, ("score:kominfo",)),  # nobody has decided: nothing is taken off, and the month is open
    ],
)
def test_the_offices_score(scores: dict[str, object], office: int, open_: tuple[str, ...]) -> None:
    found = made(october(shared=regency(scores)))
    assert (amounts(found)["office"], found.open) == (office, open_)


def test_days_without_a_right_to_the_allowance_are_not_paid_for() -> None:
    places = [assignment(last=TENTH), assignment(assignment_id="a2", first=dt.date(2026, 10, 11), entitled=False)]
    late = {"05": ["08:00", "16:40"], "20": ["08:00", "16:40"], "21": []}
    found = made(october(late, assignments=places))
    assert found.entitled_days == 7
    assert amounts(found)["class"] == round(400_000 * 7 / 22)
    faults = [part.key for part in line_at(found, "individual", "points").parts if not part.key.startswith("day")]
    assert faults == ["late:2026-10-05"]  # nothing is held against the days after


@pytest.mark.parametrize(("percent", "paid"), [(0, 2_000_000), (20, 2_294_545)])
def test_an_acting_post_pays_a_part_of_its_base_by_working_days(percent: int, paid: int) -> None:
    acting = Acting("p", "ani", "head", 9, dt.date(2026, 10, 1), SIXTEENTH)
    policy = replace(BANDS, acting_percent=Decimal(percent))
    found = made(october(actings=[acting]), policy)
    # 20 % of 2,700,000 is 540,000, for 12 of 22 working days
    assert amounts(found)["allowance-in-full"] == paid
    assert line_at(found, "allowance-in-full", "base:9", "days").amount == 12


@pytest.mark.parametrize(
    ("rows", "off"),
    [
        ([(25, "2026-10-01", "2026-10-31")], 500_000),  # the whole month
        ([(25, "2026-10-30", "2027-04-30")], 22_727),  # its last working day
        ([(25, "2026-10-31", "2027-04-30")], 0),  # a Saturday
        ([(25, "2026-09-01", "2026-09-30")], 0),  # over
        ([(60, "2026-10-01", "2026-10-31"), (60, "2026-10-01", "2026-10-31")], 2_000_000),  # no more than all of it
        ([(25, "2026-10-01", "2026-10-15"), (25, "2026-10-16", "2026-10-31")], 500_000),  # one after the other
    ],
)
def test_sanctions(rows: list[tuple[int, str, str]], off: int) -> None:
    found = made(october(sanctions=tuple(sanction(*row, f"S{n}") for n, row in enumerate(rows))), BANDS)
    assert amounts(found).get("sanction", 0) == -off


def test_a_sanctions_line_names_those_of_the_month() -> None:
    rows = [
        ("over", "2026-09-01", "2026-09-30"),
        ("first", "2026-09-01", "2026-10-01"),  # to the month's first day
        ("last", "2026-10-31", "2026-11-30"),  # from its last, a Saturday that takes nothing off
        ("later", "2026-11-01", "2026-11-30"),
    ]
    found = made(october(sanctions=tuple(sanction(25, first, last, id_) for id_, first, last in rows)), BANDS)
    assert [part.because for part in line_at(found, "sanction").parts] == [("sanction:first",), ("sanction:last",)]
    assert amounts(found)["sanction"] == -22_727  # a quarter of one day of 22


def test_a_month_without_a_working_day_pays_nothing_and_asks_for_nothing() -> None:
    found = made(october(shared=regency(periods=(replace(REGENCY_HOURS, days={}),))))
    assert (found.working_days, found.gross, found.net) == (0, 0, 0)
    assert line_at(found, "individual", "target").amount == 0


def test_somebody_elses_sanction_is_not_mine() -> None:
    other = replace(sanction(25, "2026-10-01", "2026-10-31"), person_id="budi")
    assert "sanction" not in amounts(made(october(sanctions=(other,))))


@pytest.mark.parametrize(("absent", "gross"), [(2, 1_840_000), (3, 0)])
def test_a_trigger_that_loses_all(absent: int, gross: int) -> None:
    """Kulon Progo 2014: more than two days absent without written notice, no allowance that month."""
    policy = replace(BANDS, lose_all=(LoseAll("absent-too-often", frozenset({"absent"}), 2),))
    found = made(october({f"{5 + n:02}": [] for n in range(absent)}), policy)
    assert found.gross == gross
    if not gross:
        assert line_at(found, "absent-too-often").because == ("calendar:hours",)
        assert found.net == 0


@pytest.mark.parametrize(
    ("free", "off"),
    [(0, 30_000), (1, 20_000), (2, 10_000), (3, 0), (9, 0)],  # 0.5 % of 2,000,000 each
)
def test_the_first_latenesses_can_be_free(free: int, off: int) -> None:
    late = BANDS.deductions[0]
    policy = replace(BANDS, deductions=(replace(late, free=free),))
    found = made(october({day: ["07:40", "16:40"] for day in ("07", "05", "06")}), policy)
    assert amounts(found)["deduction:allowance"] == -off
    lines = [part for part in line_at(found, "deduction:allowance").parts if part.key != "percent"]
    assert [line.amount for line in lines].index(Decimal("0.5") if free < 3 else Decimal(0)) == (
        free if free < 3 else 0
    )


def test_points_can_be_taken_off_by_number() -> None:
    """A deduction in points off the month's points, no further than to nothing."""
    each = Deduction("late", frozenset({"late"}), "points", "points", Decimal(1000), None, (), 0)
    policy = replace(KULON_PROGO, deductions=(each,))
    late = {"05": ["08:00", "16:40"], "06": ["08:00", "16:40"]}
    assert line_at(made(october(late), policy), "individual", "points").amount == 4600
    assert line_at(made(october(late, points_a_day=50), policy), "individual", "points").amount == 0


@pytest.mark.parametrize(
    ("rank", "status", "tax"),
    [
        ("IV/a", "pns", 300_000),  # 15 %
        ("III/d", "pns", 100_000),  # 5 %
        ("II/d", "pns", 0),
        ("IX", "pppk", 100_000),
        ("XIII", "pppk", 300_000),
        ("IV", "pppk", 0),  # grade IV of PPPK is not rank IV
        ("", "contract", 0),
    ],
)
def test_tax_by_rank(rank: str, status: str, tax: int) -> None:
    found = made(october(assignments=[assignment(rank=rank, status=status)]), BANDS)
    assert (amounts(found)["tax"], found.gross) == (-tax, 2_000_000)


def test_the_rank_of_the_months_last_day_decides_the_tax() -> None:
    places = [assignment(last=TENTH), assignment(assignment_id="a2", first=dt.date(2026, 10, 11), rank="IV/a")]
    found = made(october(assignments=places), BANDS)
    assert amounts(found)["tax"] == -300_000
    assert line_at(found, "tax").because == ("assignment:a2",)


@pytest.mark.parametrize(
    ("unit", "mode", "premium"),
    [("1", "half_up", 20_003), ("1", "down", 20_002), ("100", "half_up", 20_000), ("0.01", "half_up", "20002.50")],
)
def test_rounding_is_the_policys(unit: str, mode: Any, premium: object) -> None:
    policy = replace(
        BANDS,
        premiums=(Premium("bpjs", Decimal("1.000125")),),
        rounding_unit=Decimal(unit),
        rounding_mode=mode,
    )
    assert amounts(made(october(), policy))["bpjs"] == -Decimal(str(premium))


def test_gaps_of_a_policy_are_named() -> None:
    with pytest.raises(PolicyGap, match="class 18 has no base"):
        made(october(assignments=[assignment(job_class=18)]))
    with pytest.raises(PolicyGap, match="no tax for rank V of pns"):
        made(october(assignments=[assignment(rank="V/a")]))


def test_of_somebody_in_no_paid_post_neither_class_nor_rank_need_be_known() -> None:
    found = made(october(assignments=[assignment(job_class=0, rank="", entitled=False)]))
    assert (found.gross, found.net, found.entitled_days) == (0, 0, 0)


def test_who_belonged_to_no_office_has_no_statement() -> None:
    assert statement(replace(october(), career=Career("ani", [])), KULON_PROGO) is None
    gone = assignment(last=dt.date(2026, 9, 30))
    assert statement(october(assignments=[gone]), KULON_PROGO) is None


def test_what_is_undecided_leaves_the_month_open() -> None:
    date = dt.date(2026, 10, 5)
    doubtful = replace(punches({date: ["07:40"]})[0], uncertain=True)
    facts = october(
        {"05": ["16:40"]},
        letters=[duty("06 07:30", "06 16:00")],
        letter_decisions=(),
        corrections=(correction(date=date), correction(correction_id="other", date=dt.date(2026, 9, 30))),
    )
    found = made(replace(facts, punches=(*facts.punches, doubtful)))
    assert found.open == ("correction:c", "letter:L", f"review:{doubtful.event_id}")


def test_days_that_wait_for_a_terminal_leave_the_month_open() -> None:
    shared = regency()
    late = {"kominfo": OfficeReports("kominfo", dt.date(2020, 1, 1), local("2026-10-30 12:00"))}
    found = made(october({"30": []}, shared=replace(shared, reports=late)))
    assert found.open == ("waiting:2026-10-30",)
    assert amounts(found)["individual"] == 1_200_000


def test_a_correction_counts_in_time_only() -> None:
    date = dt.date(2026, 10, 5)
    for proposed, off in [("2026-10-12 08:00", 0), ("2026-10-13 08:00", 24_000)]:
        asked = correction("departure", date=date, proposed_utc=local(proposed))
        facts = october({"05": ["07:20"]}, corrections=(asked,), correction_decisions=(decided(at="2026-10-14 09:00"),))
        # five working days; nobody seen leaving is 4 % of 600,000
        assert amounts(made(facts, DISCIPLINE)).get("deduction:discipline", 0) == -off


def test_every_fault_is_a_line_with_its_rule_and_its_event() -> None:
    found = made(october({"05": ["07:46", "16:40"]}), DISCIPLINE)
    percent, late = line_at(found, "deduction:discipline").parts
    assert (percent.amount, late.amount) == (2, 2)
    assert late.key == "late:2026-10-05"
    assert late.rule == "discipline-30-70#late"
    assert late.because == ("event:2026-10-05-07:46",)
    assert (late.parts[0].amount, late.parts[0].unit) == (16, "minutes")


def test_faults_of_several_kinds_each_cost_what_their_rule_says() -> None:
    found = made(october({"05": [], "06": ["07:46", "16:40"], "07": ["07:20", "15:29"]}), DISCIPLINE)
    lines = line_at(found, "deduction:discipline").parts
    assert [(line.key, line.amount) for line in lines] == [
        ("percent", Decimal("16.5")),
        ("late:2026-10-06", 2),
        ("early:2026-10-07", Decimal("2.5")),
        ("absent:2026-10-05", 12),
    ]


@pytest.mark.parametrize(("minutes", "cost"), [(1, "0.5"), (2, "1"), (40, "20")])
def test_a_price_by_the_minute(minutes: int, cost: str) -> None:
    deduction = Deduction("late", frozenset({"late"}), "points", "points", None, Decimal("0.5"), (), 0)
    assert cost_of(Fault("late", TENTH, minutes, ()), deduction) == Decimal(cost)


def test_what_a_letter_excused_is_a_line_too() -> None:
    found = made(october({"05": ["09:00", "16:40"]}, letters=[duty("05 07:30", "05 09:00")]), DISCIPLINE)
    assert amounts(found)["deduction:discipline"] == 0
    excused = line_at(found, "deduction:discipline", "excused:late:2026-10-05")
    assert excused.because == ("event:2026-10-05-09:00", "letter:L")
    lines = [(line.key, line.rule) for line in line_at(found, "deduction:discipline").parts]
    assert lines[1:] == [("excused:late:2026-10-05", "discipline-30-70#late")], "of its own rule, and of no other"


def test_points_name_the_activities_and_letters_behind_them() -> None:
    found = made(october({"05": []}, {"05": 0}, letters=[duty("05 00:00", "06 00:00")]))
    days = {line.key: line for line in line_at(found, "individual", "points").parts}
    assert days["day:2026-10-05"].because == ("letter:L",)
    assert days["day:2026-10-06"].because == ("entry:entry-2026-10-06",)


def test_a_figure_that_rests_on_a_manual_entry_names_it() -> None:
    facts = october({"05": ["16:40"]})
    by_hand = replace(punches({dt.date(2026, 10, 5): ["07:20"]})[0], event_id="m", manual=True)
    assert made(replace(facts, punches=(*facts.punches, by_hand))).manual == ("m",)


def test_letters_lower_the_ceiling_only_where_points_are_counted_by_day() -> None:
    sick = [duty("05 00:00", "06 00:00", "cuti-sakit")]
    assert line_at(made(october({"05": []}, letters=sick), BY_DAY), "activity", "ceiling").amount == 6600 - 240
    assert line_at(made(october({"05": []}, letters=sick)), "individual", "ceiling").amount == 6000


def test_the_twelfth_day_of_sickness_is_paid_by_half_only_where_the_policy_says() -> None:
    sick = [duty("01 00:00", "13 00:00", "cuti-sakit")]
    away = {f"{day:02}": [] for day in range(1, 13)}
    unpaid = line_at(made(october(away, letters=sick), DISCIPLINE), "paid-share").parts
    assert [(line.key, line.amount) for line in unpaid] == [("day:2026-10-12", 50)]
    assert "paid-share" not in amounts(made(october(away, letters=sick)))


def test_nothing_is_paid_for_days_of_great_leave_where_the_policy_says() -> None:
    leave = [duty("01 00:00", "31 23:59", "cuti-besar")]
    found = made(october({f"{day:02}": [] for day in range(1, 32)}, letters=leave), DISCIPLINE)
    assert (found.gross, found.net) == (0, 0)


def test_months() -> None:
    december = Month(2026, 12)
    assert (december.first, december.last) == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))
    assert december.following == Month(2027, 1)
    assert (Month(2027, 1).before(), december.before(0), december.before(25)) == (december, december, Month(2024, 11))
    assert str(Month(2026, 2)) == "2026-02"
    assert len(list(Month(2028, 2).dates())) == 29
    assert OCTOBER.last < AS_OF.date()
