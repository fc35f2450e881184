"""Careers by date, who decides on whom, and superiors in a circle."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from etpp.roster.assignments import (
    Acting,
    Assignment,
    Career,
    CareerError,
    Deputy,
    circles,
    may_decide,
    superiors_in_a_circle,
)

JANUARY, MARCH, JUNE = dt.date(2026, 1, 1), dt.date(2026, 3, 1), dt.date(2026, 6, 1)
ONE = dt.timedelta(days=1)


def place(assignment_id: str, first: dt.date, last: dt.date | None = None, person_id: str = "ani") -> Assignment:
    office = f"office-{assignment_id}"
    return Assignment(assignment_id, person_id, office, "clerk", 7, "III/a", "pns", "boss", first, last)


CAREER = Career("ani", [place("b", MARCH, JUNE), place("a", JANUARY, MARCH - ONE)])


@pytest.mark.parametrize(
    ("date", "office"),
    [
        (JANUARY - ONE, None),  # before joining
        (JANUARY, "office-a"),
        (MARCH - ONE, "office-a"),
        (MARCH, "office-b"),
        (JUNE, "office-b"),
        (JUNE + ONE, None),  # after leaving
    ],
)
def test_where_somebody_belongs(date: dt.date, office: str | None) -> None:
    assert CAREER.office_on(date) == office


def test_the_assignments_of_a_span_of_dates() -> None:
    assert [a.assignment_id for a in CAREER.within(JANUARY, MARCH)] == ["a", "b"]
    assert [a.assignment_id for a in CAREER.within(MARCH, JUNE)] == ["b"]
    assert [a.assignment_id for a in CAREER.within(JUNE, JUNE)] == ["b"]
    assert CAREER.within(JUNE + ONE, JUNE + ONE) == ()


def test_an_assignment_of_one_day_holds_on_it_and_is_paid_unless_it_says_otherwise() -> None:
    one_day = Career("ani", [place("a", MARCH, MARCH)])
    assert [one_day.office_on(MARCH + n * ONE) for n in (-1, 0, 1)] == [None, "office-a", None]
    assert one_day.within(MARCH, MARCH)[0].entitled


@pytest.mark.parametrize(
    ("places", "says"),
    [
        ([place("a", JANUARY), place("b", MARCH)], "a and b overlap"),  # a person with two posts
        ([place("a", JANUARY, MARCH), place("b", MARCH)], "a and b overlap"),  # on one date
        ([place("a", MARCH, JANUARY)], "ends before it begins"),
        ([place("a", JANUARY, person_id="budi")], "one person's"),
    ],
)
def test_contradictions_are_refused_by_name(places: list[Assignment], says: str) -> None:
    with pytest.raises(CareerError, match=says):
        Career("ani", places)


def test_acting_posts_by_date() -> None:
    acting = Acting("x", "ani", "head", 9, MARCH, JUNE)
    career = Career("ani", [place("a", JANUARY)], [acting])
    assert [bool(career.acting_on(d)) for d in (MARCH - ONE, MARCH, JUNE, JUNE + ONE)] == [False, True, True, False]


def test_one_acting_post_that_is_known_twice_is_held_once() -> None:
    twice = [Acting("x", "ani", "head", 9, MARCH, None), Acting("y", "ani", "head", 10, JUNE, None)]
    other = Acting("z", "ani", "treasurer", 8, MARCH, None)
    career = Career("ani", [place("a", JANUARY)], [*twice, other])
    assert [a.acting_id for a in career.acting_on(MARCH)] == ["x", "z"]
    assert [a.acting_id for a in career.acting_on(JUNE)] == ["y", "z"]


@pytest.mark.parametrize(
    ("by", "date", "may"),
    [
        ("boss", MARCH, True),
        ("ani", MARCH, False),  # never oneself
        ("other", MARCH, False),
        ("deputy", MARCH, True),  # while deputising
        ("deputy", JUNE - ONE, True),  # the last day of it
        ("deputy", JUNE, False),  # not any more
        ("deputy", MARCH - ONE, False),  # not yet
        ("stranger", MARCH, False),  # deputises for somebody else
        ("boss", JUNE + ONE, False),  # ani has left
    ],
)
def test_who_decides(by: str, date: dt.date, may: bool) -> None:
    deputies = [
        Deputy("d1", "boss", "deputy", MARCH, JUNE - ONE),
        Deputy("d2", "other-boss", "stranger", JANUARY),
        Deputy("d3", "boss", "ani", JANUARY),
    ]
    assert may_decide(by, CAREER, deputies, date) is may


@pytest.mark.parametrize(
    ("superiors", "circle"),
    [
        ({"a": "b", "b": "c", "c": None}, ()),
        ({"a": "a"}, ("a",)),
        ({"a": "b", "b": "a", "c": "a"}, ("a", "b")),  # c is below the circle, not in it
        ({"a": "gone"}, ()),
    ],
)
def test_superiors_in_a_circle(superiors: dict[str, str | None], circle: tuple[str, ...]) -> None:
    assert superiors_in_a_circle(superiors) == circle


def test_circles_over_all_dates() -> None:
    def under(person: str, superior: str | None, first: dt.date, last: dt.date | None = None) -> Assignment:
        return replace(place(f"{person}-{first}", first, last, person_id=person), superior_id=superior)

    a_then = under("a", "b", JANUARY, MARCH)
    b_later = under("b", "a", MARCH + ONE)
    assert circles([a_then, b_later]) == []  # one after the other
    b_too_early = under("b", "a", MARCH)
    assert circles([a_then, b_too_early, under("c", "a", JANUARY), under("d", None, JANUARY)]) == [(MARCH, {"a", "b"})]
    long = [under(f"p{n}", f"p{n + 1}", JANUARY) for n in range(5_000)]
    assert circles(long) == []
    assert circles([*long, under("p5000", "p0", JUNE)]) == [(JUNE, {f"p{n}" for n in range(5_001)})]
