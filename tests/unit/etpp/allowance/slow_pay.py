"""A second reckoning of the four policies, slow and obvious: loops and fractions, and no line of the program's rules.

Written from the domain's notes and docs/allowance.md, each policy in its own words. Only the tables of rupiah by class
come from the files.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import defaultdict
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

from tests.unit.etpp.allowance.slow_days import KINDS, ROOT, SlowDay, World, midnight, second

SEEN = ("late", "missing_arrival", "absent")
LEFT = ("early", "missing_departure", "absent", "short_week")
ONE = dt.timedelta(days=1)


@cache
def bases(policy: str) -> dict[str, int]:
    text = (ROOT / f"etpp/allowance/policies/{policy}.toml").read_text()
    return dict(tomllib.loads(text)["base"]["by_class"])


def base_of(policy: str, job_class: int) -> int:
    return bases(policy)[str(job_class)]


def rupiah(amount: Fraction) -> int:
    """To the next whole one; a half goes up."""
    return floor(amount + Fraction(1, 2))


class Slow:
    """One person's month. `lines` are the amounts of a statement by their keys; `net` is their sum."""

    def __init__(self, world: World, policy: str) -> None:
        self.world = world
        self.policy = policy
        self.month = world.facts.month
        self.correction_days = 5 if policy == "discipline-30-70" else None
        self.places = [
            p for p in world.places if p.first <= self.month.last and (p.last is None or p.last >= self.month.first)
        ]
        self.dates = list(self.month.dates())
        self.days = {date: day for date in self._all_dates() if (day := world.judge(date, self.correction_days))}
        looked_at = self._all_dates() if world.facts.regency.calendar.flexible else self.dates
        self.held = {p.event_id for p in world.facts.held if any(world.may_fall(p, date) for date in looked_at)}
        self.working = [date for date in self.dates if self._works(date)]
        self.paid = [d for d in self.working if (p := world.place(d)) is not None and p.entitled]
        self.faults = self._faults()
        self.lines: dict[str, int] = {}
        {
            "kulon-progo-2019": self._kulon_progo,
            "bands-2012": self._bands,
            "discipline-30-70": self._discipline,
            "points-by-day": self._by_day,
        }[policy]()
        self._sanctions()
        self.gross = sum(self.lines.values())
        place = self.places[-1]
        group = place.rank.split("/")[0]
        rates = {
            "pns": {"IV": 15, "III": 5, "II": 0, "I": 0},
            "pppk": {"IX": 5, "X": 5, "XI": 5, "XII": 5, "XIII": 15, "XIV": 15, "XV": 15, "XVI": 15, "XVII": 15},
            "contract": {},
        }
        rate = rates[place.status].get(group, 0)
        self.lines["tax"] = -rupiah(Fraction(self.gross * rate, 100))
        self.lines["bpjs"] = -rupiah(Fraction(self.gross, 100))
        self.net = sum(self.lines.values())

    def doubted(self) -> list[SlowDay]:
        """The days that the month is reckoned from: its own, and where the week that it begins with is summed, that."""
        week = [day for date, day in self.days.items() if date <= self.dates[0] + (6 - self.dates[0].weekday()) * ONE]
        begins = self._all_dates()[0] if any(day.summed for day in week) else self.dates[0]
        return [day for date, day in self.days.items() if date >= begins]

    def _all_dates(self) -> list[dt.date]:
        monday = self.month.first - self.month.first.weekday() * ONE
        return [monday + n * ONE for n in range((self.month.last - monday).days + 1)]

    def _works(self, date: dt.date) -> bool:
        place = self.world.place(date)
        if place is None:
            nearest = self.places[0] if date < self.places[0].first else self.places[-1]
            return self.world.working(nearest.office_id, date)
        return self.world.hours(place.office_id, date)[0] is not None

    def _faults(self) -> list[tuple[dt.date, str, int]]:
        """Of days that are paid for."""
        found = [(d, kind, minutes) for d in self.dates if d in self.days for kind, minutes in self.days[d].faults]
        weeks: dict[dt.date, list[SlowDay]] = defaultdict(list)
        for date, day in self.days.items():
            weeks[date + (6 - date.weekday()) * ONE].append(day)
        for sunday, week in weeks.items():
            if not self.month.first <= sunday <= self.month.last or any(day.waiting for day in week):
                continue
            counted = [day for day in week if day.worked is not None]
            short = sum(day.need for day in counted) - sum(day.worked or 0 for day in counted)
            if short > 0:
                found.append((max(day.date for day in counted), "short_week", short))
        entitled = []
        for date, kind, minutes in sorted(found):
            place = self.world.place(date)
            if place is not None and place.entitled:
                entitled.append((date, kind, minutes))
        return entitled

    def _count(self, *kinds: str) -> int:
        return sum(kind in kinds for _, kind, _ in self.faults)

    def _base(self, scored: bool = False, acting_percent: int = 0) -> Fraction:
        """Rupiah of the month: each paid day gives the part of its post's base that one working day is."""
        total = Fraction(0)
        for date in self.paid:
            place = self.world.place(date)
            assert place is not None
            day = Fraction(base_of(self.policy, place.job_class))
            for acting in self.world.actings:
                if acting.first <= date and (acting.last is None or date <= acting.last):
                    day += Fraction(base_of(self.policy, acting.job_class) * acting_percent, 100)
            if scored:
                found = self.world.facts.regency.scores.get((place.office_id, self.month))
                day *= Fraction(found.percent) / 100 if found is not None else 1
            total += day / len(self.working)
        return total

    # Kulon Progo: 60 % by points, 20 % by the office, 20 % by the class; 1 % of the points for each.
    def _kulon_progo(self) -> None:
        points = self._points("better")
        points -= points * Fraction(min(100, self._count(*SEEN) + self._count(*LEFT)), 100)
        target = min(6000, 300 * len(self.paid))
        share = min(points / target, Fraction(1)) if target else Fraction(0)
        self.lines["individual"] = rupiah(self._base() * Fraction(60, 100) * share)
        self.lines["office"] = rupiah(self._base(scored=True) * Fraction(20, 100))
        self.lines["class"] = rupiah(self._base() * Fraction(20, 100))

    # 0.5, 1, 1.5, 2 % by thirty minutes, 2 % for nobody seen, 4 % an absence.
    def _bands(self) -> None:
        whole = self.lines["allowance-in-full"] = rupiah(self._base())
        percent = Fraction(0)
        for _, kind, minutes in self.faults:
            if kind in ("late", "early", "short_week"):
                percent += Fraction(1, 2) * min(4, (minutes + 29) // 30)
            elif kind in ("missing_arrival", "missing_departure"):
                percent += 2
            elif kind == "absent":
                percent += 4
        if [kind for _, kind, _ in self.faults if kind != "occasion"]:
            self.lines["deduction:allowance"] = -rupiah(whole * min(percent, Fraction(100)) / 100)

    # 30 % discipline, 70 % productivity.
    def _discipline(self) -> None:
        discipline = self.lines["discipline"] = rupiah(self._base(acting_percent=20) * Fraction(30, 100))
        percent = Fraction(0)
        for _, kind, minutes in self.faults:
            if kind in ("late", "early", "short_week"):
                percent += 1 if minutes <= 15 else 2 if minutes <= 30 else Fraction(5, 2)
            else:
                percent += 12 if kind == "absent" else 4
        if self.faults:
            self.lines["deduction:discipline"] = -rupiah(discipline * min(percent, Fraction(100)) / 100)
        target = 300 * len(self.paid)
        points = self._points("better", entry_days=5)
        share = min(points / target, Fraction(1)) if target else Fraction(0)
        self.lines["productivity"] = rupiah(self._base(acting_percent=20) * Fraction(70, 100) * share)
        unpaid = Fraction(0)
        for date in self.paid:
            whole = self.days[date].whole if date in self.days else None
            if whole is not None:
                number = self._day_of_absence(whole["id"], date)
                steps = whole.get("paid", [{"day": 1, "percent": 100}])
                pays = [step["percent"] for step in steps if step["day"] <= number]
                unpaid += 1 - Fraction(pays[-1] if pays else 100, 100)
        if unpaid:
            left = sum(self.lines.values())
            self.lines["paid-share"] = -rupiah(left * unpaid / len(self.paid))

    # DKI: min(achieved, ceiling) of 300 a day.
    def _by_day(self) -> None:
        target = 300 * len(self.paid)
        ceiling = Fraction(target)
        for date in self.paid:
            day = self.days.get(date)
            if day is not None and day.whole is not None:
                ceiling -= day.whole.get("points_off", 0)
        for _, kind, minutes in self.faults:
            if kind == "absent":
                ceiling -= 600
            elif kind in ("missing_arrival", "missing_departure"):
                ceiling -= 150
            elif kind != "occasion":
                ceiling -= minutes
        achieved = self._points("instead", verify_days=5)
        share = min(achieved, max(ceiling, Fraction(0))) / target if target else Fraction(0)
        self.lines["activity"] = rupiah(self._base() * share)

    def _sanctions(self) -> None:
        percent = Fraction(0)
        for date in self.paid:
            held = [s.percent for s in self.world.facts.sanctions if s.first <= date <= s.last]
            percent += min(Fraction(100), sum(map(Fraction, held), Fraction(0)))
        if percent:
            left = sum(self.lines.values())
            self.lines["sanction"] = -rupiah(left * percent / 100 / len(self.paid))

    def _day_of_absence(self, kind: str, date: dt.date) -> int:
        """Counted back from the date while each day before it is touched by a letter of the kind."""
        papers = [p for p in self.world.papers if p.kind is KINDS[kind]]
        number = 0
        while any(p.first < midnight(date + ONE) and p.until > midnight(date) for p in papers):
            number += 1
            date -= ONE
        return number

    def _points(self, given: str, entry_days: int | None = None, verify_days: int | None = None) -> Fraction:
        by_day = self._recognised(entry_days, verify_days)
        total = Fraction(0)
        for date in self.dates:
            place, day = self.world.place(date), self.days.get(date)
            if place is None or not place.entitled or day is None or day.status == "absent":
                continue
            points = by_day[date]
            whole = day.whole if day.works else None
            if whole is not None:
                by_letter = whole.get("points_given", 0)
                if given == "better":
                    points = max(points, Fraction(by_letter))
                elif by_letter:
                    points = Fraction(by_letter)
                elif not whole["may_enter"]:
                    points = Fraction(0)
            total += points
        return total

    def _recognised(self, entry_days: int | None, verify_days: int | None) -> dict[dt.date, Fraction]:
        found: dict[dt.date, Fraction] = defaultdict(Fraction)
        seen: set[str] = set()
        times: list[tuple[int, int]] = []
        quantities: dict[tuple[dt.date, str], Fraction] = defaultdict(Fraction)
        weights = {"point": 1, "visit": 40}
        most = {"visit": 2}
        for entry in sorted(self.world.facts.entries, key=lambda e: (e.entered_utc, e.entry_id)):
            if entry.entry_id in seen or self.world.place(entry.date) is None:
                continue
            seen.add(entry.entry_id)
            if not self._counts(entry, entry_days, verify_days):
                continue
            if entry.start_utc is not None and entry.end_utc is not None:
                span = second(entry.start_utc), second(entry.end_utc)
                if any(span[0] < until and first < span[1] for first, until in times):
                    continue
                times.append(span)
            quantity = Fraction(entry.quantity)
            if entry.item_id in most:
                quantity = min(quantity, most[entry.item_id] - quantities[entry.date, entry.item_id])
                quantities[entry.date, entry.item_id] += quantity
            found[entry.date] += weights[entry.item_id] * quantity
        return found

    def _counts(self, entry: Any, entry_days: int | None, verify_days: int | None) -> bool:
        """Follows one entry through its life."""
        steps = [s for s in self.world.facts.entry_steps if s.entry_id == entry.entry_id]
        state, ever, due = "draft", False, None
        for step in sorted(steps, key=lambda s: (s.at_utc, s.step_id)):
            at, own = second(step.at_utc), step.by == entry.person_id
            if state == "submitted" and due is not None and at > due:
                break
            if step.step == "submitted" and own and state in ("draft", "returned"):
                office = self.world.office_near(entry.date)
                last = None if entry_days is None else self.world.after_working_days(office, entry.date, entry_days)
                if not ever and last is not None and at > last:
                    return False
                state, ever = "submitted", True
                if verify_days is not None:
                    local = (step.at_utc + dt.timedelta(hours=7)).date()
                    due = self.world.after_working_days(self.world.office_near(local), local, verify_days)
            elif step.step == "withdrawn" and own and state != "verified":
                return False
            elif step.step == "verified" and not own and state == "submitted":
                state = "verified"
            elif step.step == "returned" and not own and state in ("submitted", "verified"):
                state = "returned"
        if state == "verified":
            return True
        # Only where there is a deadline can a superior have let it pass: the entry is accepted then.
        return state == "submitted" and due is not None and second(self.world.facts.regency.as_of_utc) > due
