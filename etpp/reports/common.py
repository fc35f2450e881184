"""What all reports say alike: their heads and feet, the stamp of a list that is not closed, words for posts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from etpp.base.encoding import encode_key
from etpp.reports.model import Block, Section, Signatures
from etpp.reports.months import Gone, OfficeMonth, PersonMonth
from etpp.reports.texts import Words
from etpp.roster.assignments import Assignment


def section(say: Words, title: str, found: OfficeMonth, blocks: Iterable[Block], *lines: str) -> Section:
    """An office's part of a report about a month's pay or presence."""
    return Section(
        found.office_id,
        f"{title} – {found.name} – {say.month(found.month.first)}",
        (say.say("policy_line", policy=found.policy.title, state=say.of("states", found.state)), *lines),
        tuple(blocks),
        stamp(say, found),
        (foot(say, found),),
    )


def stamp(say: Words, found: OfficeMonth) -> str:
    return "" if found.closed else say.not_closed


def foot(say: Words, found: OfficeMonth) -> str:
    """What proves a closed list, and what tells two open ones apart."""
    closing = found.closing
    if closing is None:
        return say.say("foot_open", hash=found.hash)
    return say.say(
        "foot_closed",
        hash=found.hash,
        by=closing.key_id,
        signature=encode_key(closing.signature),
        moment=say.moment(closing.as_of_utc.astimezone(found.zone)),
    )


def signatures(say: Words, found: OfficeMonth) -> Signatures:
    blank = "(" + "." * 34 + ")\nNIP"
    roles = [say.say("sign_head", office=found.name), say.sign_treasurer, say.sign_maker]
    return Signatures(tuple((role, blank) for role in roles))


def name(say: Words, person: PersonMonth | Gone) -> str:
    return person.employee.name or say.forgotten


def number(person: PersonMonth | Gone) -> str:
    return person.employee.nip or person.employee.other_id or ""


def rank(post: Assignment | None) -> str:
    return (post.rank if post is not None else "") or "–"


def title(post: Assignment | None) -> str:
    return (post.post_id if post is not None else "") or "–"


def grade(say: Words, post: Assignment | None) -> str:
    """Golongan without its letter, of PPPK with their name."""
    if post is None or not post.rank:
        return say.grade_none
    level = post.rank.partition("/")[0]
    return f"PPPK {level}" if post.status == "pppk" else level


def local_date(moment: dt.datetime, found: OfficeMonth) -> dt.date:
    return moment.astimezone(found.zone).date()
