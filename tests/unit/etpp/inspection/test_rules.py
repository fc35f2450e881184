"""What is found among presences, and what is not: chance and the ordinary morning must stay out of a list."""

from __future__ import annotations

import datetime as dt
import random
from functools import partial
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from etpp.inspection import rules
from etpp.inspection.model import Hit, Seen

ZONE = ZoneInfo("Asia/Jakarta")
MORNING = dt.datetime(2026, 11, 2, 0, 20, tzinfo=dt.UTC)
DAY, MINUTE, SECOND = dt.timedelta(days=1), dt.timedelta(minutes=1), dt.timedelta(seconds=1)


def seen(who: str, at: dt.datetime, office: str = "a", device: str = "t") -> Seen:
    return Seen(who, office, f"{office}-{device}", f"{who}-{at:%d%H%M%S}", at)


def whom(found: list[Hit]) -> list[tuple[str, ...]]:
    return [each.who for each in found]


def month(who: str, chance: random.Random, days: int = 21) -> list[Seen]:
    """Arrivals spread over twenty minutes and departures over as many, as people come."""
    made = []
    for day in range(days):
        for base in (MORNING, MORNING + dt.timedelta(hours=9)):
            made.append(seen(who, base + day * DAY + chance.randrange(1200) * SECOND))
    return made


def test_two_places_nearer_than_one_can_travel() -> None:
    near = [seen("sri", MORNING, "a"), seen("sri", MORNING + 19 * MINUTE, "b")]
    far = [seen("budi", MORNING, "a"), seen("budi", MORNING + rules.TRAVEL, "b")]
    elsewhere = [seen("wati", MORNING, "b"), seen("wati", MORNING + MINUTE, "c")]
    (hit,) = rules.two_places([*near, *far, *elsewhere], "a")
    assert (hit.who, hit.span, hit.more) == (("sri",), 19 * MINUTE, ("b",))
    assert hit.refs == tuple(f"event:{each.event_id}" for each in near)
    assert whom(rules.two_places(elsewhere, "b")) == [("wati",)]


def test_the_same_place_twice_is_no_second_place() -> None:
    assert rules.two_places([seen("sri", MORNING), seen("sri", MORNING + SECOND)], "a") == []


def test_eight_days_in_one_minute_are_told_and_seven_are_not() -> None:
    def days(count: int) -> list[Seen]:
        return [seen("sri", MORNING + n * DAY + n * SECOND) for n in range(count)]

    (hit,) = rules.same_minute(days(8), "a", ZONE)
    assert (hit.count, hit.of, hit.detail) == (8, 8, "minute")
    assert rules.same_minute(days(7), "a", ZONE) == []


def test_one_second_of_whichever_minute_is_told() -> None:
    on = [seen("sri", MORNING + n * DAY + n * MINUTE + 7 * SECOND) for n in range(rules.SAME_SECOND)]
    (hit,) = rules.same_minute(on, "a", ZONE)
    assert (hit.count, hit.of, hit.detail) == (rules.SAME_SECOND, rules.SAME_SECOND, "second")
    assert rules.same_minute(on[1:], "a", ZONE) == []


def test_an_ordinary_month_of_a_large_office_has_no_row() -> None:
    """Two hundred people at random: neither minutes, seconds nor pairs."""
    chance = random.Random(1)
    everybody = [each for n in range(200) for each in month(f"p{n}", chance)]
    assert rules.same_minute(everybody, "a", ZONE) == []
    assert rules.pairs(everybody, "a", ZONE) == []


def test_with_nip_counts_by_person_the_most_first() -> None:
    rows = [seen("sri", MORNING + n * DAY) for n in range(2)]
    more, less = rules.with_nip([seen("budi", MORNING), *rows], "a")
    assert (more.who, more.count, more.at_utc) == (("sri",), 2, MORNING + DAY)
    assert (less.who, less.count) == (("budi",), 1)


def pair(days: int, apart: float, alone: int = 0) -> list[Seen]:
    made = []
    for day in range(days + alone):
        at = MORNING + day * DAY
        made.append(seen("budi", at))
        made.append(seen("sri", at + (apart if day < days else 600) * SECOND))
    return made


def test_two_who_always_come_together_are_told() -> None:
    (hit,) = rules.pairs(pair(9, 10), "a", ZONE)
    assert (hit.who, hit.count, hit.of) == (("budi", "sri"), 9, 9)
    assert rules.pairs(pair(9, 11), "a", ZONE) == []
    assert rules.pairs(pair(7, 2), "a", ZONE) == []
    assert whom(rules.pairs(pair(9, 2, alone=6), "a", ZONE)) == [("budi", "sri")]
    assert rules.pairs(pair(9, 2, alone=7), "a", ZONE) == [], "on 9 of 16 days: less than sixty per cent"


def test_whoever_stands_between_them_is_no_pair_of_theirs() -> None:
    between = [seen("wati", MORNING + day * DAY + SECOND) for day in range(9)]
    assert ("budi", "sri") not in whom(rules.pairs([*pair(9, 2), *between], "a", ZONE))


def test_two_terminals_make_no_pair() -> None:
    one = [seen("budi", MORNING + day * DAY) for day in range(9)]
    other = [seen("sri", MORNING + day * DAY + SECOND, device="u") for day in range(9)]
    assert rules.pairs([*one, *other], "a", ZONE) == []


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 40), st.integers(0, 3000)), max_size=60))
def test_no_list_hangs_on_the_order_in_which_presences_come(drawn: list[tuple[str, int, int]]) -> None:
    rows = list(
        {each.event_id: each for who, d, s in drawn for each in [seen(who, MORNING + d * DAY + s * SECOND)]}.values()
    )
    by_days = partial(rules.same_minute, zone=ZONE), partial(rules.pairs, zone=ZONE)
    for rule in (*by_days, rules.two_places, rules.with_nip):
        straight, turned = rule(list(rows), "a"), rule(list(reversed(rows)), "a")
        assert [(h.who, h.count, h.of, h.detail) for h in straight] == [
            (h.who, h.count, h.of, h.detail) for h in turned
        ]


def test_pairs_are_counted_by_local_days() -> None:
    """Before seven in the morning UTC has the day before; eight days of thirteen are most, of fourteen not."""
    came = [
        seen(who, dt.datetime.fromisoformat(f"2026-11-{day:02d}T{time}+07:00"))
        for day in range(9, 22)
        for who, times in (
            ("sri", ("06:50:00", "16:05:00")),
            ("budi", (f"06:50:{5 if day < 17 else 55:02d}", "16:40:00")),
        )
        for time in times
    ]
    (hit,) = rules.pairs(came, "a", ZONE)
    assert (hit.count, hit.of) == (8, 13)
    minutes = [each for each in rules.same_minute(came, "a", ZONE) if each.detail == "minute"]
    assert {(each.count, each.of) for each in minutes} == {(13, 13)}
