"""Statements a second in memory: a regency's month reckoned from presences and activities on one core.

    make bench-allowance ARGS="[--people 1000] [--policy kulon-progo-2019]"

Each person has two presences a working day, a hundred activities with two steps each, and every fifth one a letter.
Printed: what one core reckons, what hashing adds, and how many statements a late fact makes anew.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import random
import time
from dataclasses import replace
from decimal import Decimal

from etpp.absence.catalogue import delivered as delivered_kinds
from etpp.absence.model import Letter, LetterDecision
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.allowance.facts import MonthFacts, Regency
from etpp.allowance.model import Month, OfficeScore, Policy
from etpp.allowance.policy import delivered
from etpp.allowance.seal import statement_hash
from etpp.allowance.statement import statement
from etpp.base import process
from etpp.calendar.model import CalendarFacts, Hours, WorkPeriod
from etpp.calendar.plan import Calendar
from etpp.presence.model import OfficeReports, Punch
from etpp.roster.assignments import Assignment, Career

MONTH = Month(2026, 10)
OFFICES = [f"office-{n:02}" for n in range(40)]
ITEMS = [f"item-{n:03}" for n in range(200)]
ACTIVITIES_A_MONTH = 100
RUNS = 5
"""The least of so many counts: what else the machine does only ever adds."""


def regency() -> Regency:
    day = Hours(dt.time(7, 30), dt.time(16))
    friday = Hours(dt.time(7, 30), dt.time(16, 30))
    hours = WorkPeriod("hours", None, dt.date(2023, 4, 12), None, {0: day, 1: day, 2: day, 3: day, 4: friday})
    long_ago, end = dt.date(2020, 1, 1), dt.datetime(2026, 11, 10, tzinfo=dt.UTC)
    return Regency(
        Calendar(CalendarFacts("Asia/Jakarta", dict.fromkeys(OFFICES), (hours,))),
        delivered_kinds(),
        Catalogue(
            [Item(item, item, "kali", long_ago, None) for item in ITEMS],
            [Weight(f"w-{item}", item, long_ago, None, Decimal(40 + n % 60)) for n, item in enumerate(ITEMS)],
        ),
        {office: OfficeReports(office, long_ago, end) for office in OFFICES},
        {(office, MONTH): OfficeScore(f"s-{office}", office, MONTH, Decimal("96.5"), end) for office in OFFICES},
        end,
    )


def person(number: int, shared: Regency, chance: random.Random) -> MonthFacts:
    person_id, office = f"person-{number:05}", OFFICES[number % len(OFFICES)]
    place = Assignment(
        f"a-{number}", person_id, office, "clerk", 5 + number % 8, "III/b", "pns", "boss", dt.date(2020, 1, 1)
    )
    working = [date for date in MONTH.dates() if shared.calendar.office_plan(office, date).work is not None]
    punches, entries, steps = [], [], []
    for date in working:
        midnight = dt.datetime.combine(date, dt.time(), dt.UTC) - dt.timedelta(hours=7)
        for at in (chance.gauss(440, 12), chance.gauss(970, 15)):
            utc = midnight + dt.timedelta(minutes=at)
            punches.append(Punch(f"{person_id}-{date}-{at:.0f}", utc, utc, utc, office_id=office))
    for n in range(ACTIVITIES_A_MONTH):
        date = working[n % len(working)]
        entered = dt.datetime.combine(date, dt.time(8, n % 60), dt.UTC)
        entry_id = f"{person_id}-entry-{n}"
        quantity = Decimal(chance.randint(1, 2))
        entries.append(Entry(entry_id, person_id, date, chance.choice(ITEMS), quantity, "rapat", entered))
        steps.append(EntryStep(f"{entry_id}-s", entry_id, "submitted", person_id, entered))
        steps.append(EntryStep(f"{entry_id}-v", entry_id, "verified", "boss", entered + dt.timedelta(hours=1)))
    facts = MonthFacts(
        MONTH, Career(person_id, [place]), shared, tuple(punches), entries=tuple(entries), entry_steps=tuple(steps)
    )
    return facts if number % 5 else replace(facts, **letter(person_id, 5 + number % 20))


def letter(person_id: str, day: int) -> dict[str, object]:
    """A letter of duty for one day of the month, from the beginning of work on."""
    first, letter_id = dt.datetime(2026, 10, day, 0, 30, tzinfo=dt.UTC), f"l-{person_id}-{day}"
    given = Letter(
        letter_id,
        "dinas-luar",
        "094",
        first.date(),
        "Kepala Dinas",
        (person_id,),
        first,
        first + dt.timedelta(hours=9),
        "tu",
        first,
        "ab" * 32,
    )
    return {
        "letters": (given,),
        "letter_decisions": (LetterDecision(f"d-{letter_id}", letter_id, True, "boss", first),),
    }


def reckon(people: list[MonthFacts], policy: Policy) -> tuple[float, float]:
    """Seconds of one core for everybody's statement, and by the clock on the wall: this machine has other work."""
    began, wall = time.process_time(), time.perf_counter()
    for facts in people:
        statement(facts, policy)
    return time.process_time() - began, time.perf_counter() - wall


def someone_late(people: list[MonthFacts], policy: Policy) -> tuple[str, int]:
    """A person without a letter who came late, and the day of the month."""
    for facts in people:
        made = None if facts.letters else statement(facts, policy)
        for line in () if made is None else made.lines:
            for part in (line, *line.parts, *(inner for outer in line.parts for inner in outer.parts)):
                if part.key.startswith("late:"):
                    return facts.career.person_id, dt.date.fromisoformat(part.key.removeprefix("late:")).day
    raise SystemExit("nobody was late: ask for more --people")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--policy", default="kulon-progo-2019")
    options = parser.parse_args()
    process.begin()  # as every process of the server does
    policy, shared, chance = delivered(options.policy), regency(), random.Random(20261001)
    people = [person(number, shared, chance) for number in range(options.people)]
    presences = sum(len(facts.punches) for facts in people)
    activities = sum(len(facts.entries) for facts in people)

    gc.collect()
    gc.freeze()  # the facts do not change while statements are made of them

    # Each statement is let go of as a run lets go of it once it is stored.
    runs = [reckon(people, policy) for _ in range(RUNS)]
    took, by_the_wall = (min(each) for each in zip(*runs, strict=True))
    found = [made for facts in people if (made := statement(facts, policy)) is not None]
    began = time.process_time()
    hashes = {made.person_id: statement_hash(made) for made in found}
    hashing = time.process_time() - began
    print(f"{len(found)} statements from {presences} presences and {activities} activities by {policy.policy_id}")
    for clock, seconds in (("of a core", took), ("by the wall", by_the_wall)):
        print(f"{len(found) / seconds:,.0f} statements a second {clock} ({seconds:.2f} s, the best of {RUNS} runs)")
    print(f"hashing: {len(found) / hashing:,.0f} a second")

    # Whom a fact touches it names itself: no other statement has to be made again.
    late = letter(*someone_late(people, policy))
    touched = [replace(facts, **late) for facts in people if facts.career.person_id in late["letters"][0].person_ids]
    anew = [made for facts in touched if (made := statement(facts, policy)) is not None]
    changed = sum(statement_hash(made) != hashes[made.person_id] for made in anew)
    print(f"a late letter for one who came late: {len(anew)} of {len(found)} statements made anew, {changed} changed")
    print(f"total {sum(made.net for made in found):,} rupiah")


if __name__ == "__main__":
    main()
