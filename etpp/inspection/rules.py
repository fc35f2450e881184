"""What deserves a second look among presences. Pure: none of it is proof, and each list says why it may be innocent."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from etpp.inspection.model import Hit, Seen

TRAVEL = dt.timedelta(minutes=20)
"""Two offices of the regency are seldom nearer by road; who changes offices on foot is on the list, too."""
SAME_DAYS = 8
"""Days of a month in one and the same minute before it is told. Of 21 working days with arrivals spread over twenty
minutes one minute has one; eight in one happens to nobody in a regency of ten thousand."""
SAME_SECOND = 7
"""Presences of a month in the same second of whichever minute; of 42, one second has 0.7."""
PAIR_S = 10
PAIR_DAYS = 8
PAIR_SHARE = 0.6
"""Of the days on which both came."""

ONE_DAY = dt.timedelta(days=1)


def two_places(seen: Iterable[Seen], office_id: str) -> list[Hit]:
    """Two presences of one person at two offices, one of them `office_id`, less than TRAVEL apart; the nearest
    first."""
    of: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        of[each.person_id].append(each)
    found = []
    for person, theirs in of.items():
        theirs.sort(key=lambda each: (each.utc, each.event_id))
        for first, then in itertools.pairwise(theirs):
            apart = then.utc - first.utc
            if first.office_id != then.office_id and office_id in (first.office_id, then.office_id) and apart < TRAVEL:
                refs = f"event:{first.event_id}", f"event:{then.event_id}"
                other = first.office_id if then.office_id == office_id else then.office_id
                found.append(Hit(office_id, (person,), first.utc, refs=refs, span=apart, more=(other,)))
    return sorted(found, key=lambda hit: (hit.span or ONE_DAY, hit.who))


def same_minute(seen: Sequence[Seen], office_id: str, zone: ZoneInfo) -> list[Hit]:
    """Who is recorded in one and the same minute of the day, or second of the minute, too often to be chance. `zone`:
    whose days they are, as seven in the morning is the day before in UTC."""
    minutes: dict[tuple[str, int], list[Seen]] = defaultdict(list)
    seconds: dict[tuple[str, int], list[Seen]] = defaultdict(list)
    days: dict[str, set[dt.date]] = defaultdict(set)
    count: Counter[str] = Counter()
    for each in seen:
        minutes[each.person_id, each.utc.hour * 60 + each.utc.minute].append(each)
        seconds[each.person_id, each.utc.second].append(each)
        days[each.person_id].add(each.utc.astimezone(zone).date())
        count[each.person_id] += 1
    found = []
    for (person, _), theirs in minutes.items():
        on = {each.utc.astimezone(zone).date() for each in theirs}
        if len(on) >= SAME_DAYS:
            refs = _some(theirs)
            found.append(
                Hit(office_id, (person,), theirs[0].utc, len(on), len(days[person]), refs=refs, detail="minute")
            )
    for (person, _), theirs in seconds.items():
        # As many as there are minutes that it may be of chance in a large office: not by the share of few presences.
        if len(theirs) >= SAME_SECOND and len(theirs) * 4 >= count[person]:
            refs = _some(theirs)
            found.append(
                Hit(office_id, (person,), theirs[0].utc, len(theirs), count[person], refs=refs, detail="second")
            )
    return sorted(found, key=lambda hit: (-hit.count, hit.who, hit.detail))


def with_nip(seen: Iterable[Seen], office_id: str) -> list[Hit]:
    """Who was recorded with the help of a NIP, since the face alone did not tell, or by NIP and PIN in its place (all
    that are `seen`); the most first."""
    asked: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        asked[each.person_id].append(each)
    found = [Hit(office_id, (who,), each[-1].utc, len(each), refs=_some(each)) for who, each in asked.items()]
    return sorted(found, key=lambda hit: (-hit.count, hit.who))


def pairs(seen: Sequence[Seen], office_id: str, zone: ZoneInfo) -> list[Hit]:
    """Two people whom one terminal records one right after the other, within PAIR_S, on most days (of `zone`) on which
    both came."""
    days: dict[str, set[dt.date]] = defaultdict(set)
    of: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        days[each.person_id].add(each.utc.astimezone(zone).date())
        of[each.device_id].append(each)
    together: dict[tuple[str, str], dict[dt.date, Seen]] = defaultdict(dict)
    for theirs in of.values():
        theirs.sort(key=lambda each: (each.utc, each.event_id))
        for first, then in itertools.pairwise(theirs):
            if first.person_id != then.person_id and (then.utc - first.utc).total_seconds() <= PAIR_S:
                one, two = sorted((first.person_id, then.person_id))
                together[one, two].setdefault(then.utc.astimezone(zone).date(), then)
    found = []
    for (one, two), on in together.items():
        both = len(days[one] & days[two])
        if len(on) >= PAIR_DAYS and len(on) >= PAIR_SHARE * both:
            found.append(Hit(office_id, (one, two), min(on.values()).utc, len(on), both, refs=_some(list(on.values()))))
    return sorted(found, key=lambda hit: (-hit.count, hit.who))


def _some(seen: Sequence[Seen]) -> tuple[str, ...]:
    """As many as a row has room for."""
    return tuple(f"event:{each.event_id}" for each in seen[:3])
