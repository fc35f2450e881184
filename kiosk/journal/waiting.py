"""People whom this terminal alone knows: by an enrolment of its own that BKPP has not decided yet. Pure.

Nothing of it is kept: it follows from the journal and the gallery, after a restart as before it, and ends when either
says so: approved, refused, withdrawn, too old, or the policy is off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from kiosk.model import (
    Event,
    GallerySnapshot,
    ModelId,
    Moment,
    Nip,
    Person,
    PersonId,
    Template,
)
from kiosk.model.recognisers import RECOGNISERS
from kiosk.wire import decode_descriptor


def since(snapshot: GallerySnapshot, now: Moment) -> dt.datetime:
    """How far back enrolments are looked for."""
    allowed = snapshot.bulletin.local_use
    return now.wall_utc - dt.timedelta(days=1 if allowed is None else allowed.days + 1)


def usable(snapshot: GallerySnapshot, held: Iterable[Event], now: Moment) -> list[Event]:
    """Those of the enrolments `held` that the terminal may use now. `held`: its own, of each NIP the newest, which
    nobody has withdrawn; `snapshot` with or without those of earlier calls."""
    allowed = snapshot.bulletin.local_use
    if allowed is None:
        return []
    known = approved(snapshot)
    faces = {template.person_id for template in known.templates}
    settled = {person.nip for person in known.people.values() if person.person_id in faces}
    days = dt.timedelta(days=allowed.days)
    return [
        event
        for event in held
        if event.event_id not in allowed.ended and nip_of(event) not in settled and _is_young(event, now, days)
    ]


def joined(snapshot: GallerySnapshot, held: Sequence[Event], now: Moment) -> GallerySnapshot:
    """The gallery's people, and with them whom this terminal alone knows: under the id of the enrolment, by which their
    presences say what they rest on. `former`: under which id somebody was known so who is in the gallery by now."""
    known = approved(snapshot)
    if not held:
        return known
    people: dict[PersonId, Person] = dict(known.people)
    by_nip = {person.nip: person for person in people.values()}
    templates = list(known.templates)
    waiting = set()
    for event in usable(known, held, now):
        person_id, detail = PersonId(event.event_id), _detail(event)
        on_file = by_nip.get(nip_of(event))
        # Hours of their own, and the official name, the office may know already.
        person = Person(person_id, nip_of(event), str(detail["name"])) if on_file is None else on_file
        people[person_id] = replace(person, person_id=person_id)
        templates += _templates(event)
        waiting.add(person_id)
    former = {
        by_nip[nip_of(event)].person_id: PersonId(event.event_id)
        for event in held
        if nip_of(event) in by_nip and PersonId(event.event_id) not in waiting
    }
    return replace(known, people=people, templates=tuple(templates), waiting=frozenset(waiting), former=former)


def approved(snapshot: GallerySnapshot) -> GallerySnapshot:
    """Without whom this terminal alone knows."""
    alone = snapshot.waiting
    if not alone and not snapshot.former:
        return snapshot
    people = {who: person for who, person in snapshot.people.items() if who not in alone}
    templates = tuple(template for template in snapshot.templates if template.person_id not in alone)
    return replace(snapshot, people=people, templates=templates, waiting=frozenset(), former={})


def nip_of(event: Event) -> Nip:
    return Nip(str(_detail(event)["nip"]))


def newest(events: Iterable[Event], withdrawn: Collection[str], parked: Collection[str]) -> list[Event]:
    """Of each NIP the enrolment that was made last, unless it was withdrawn or the server did not take it: then none.
    Those at which nobody stood by are none. `events` as they were made."""
    last: dict[Nip, Event] = {}
    for event in events:
        if _detail(event).get("renewal") is None:
            last.pop(nip_of(event), None)
            last[nip_of(event)] = event
    return [each for each in last.values() if each.event_id not in withdrawn and each.event_id not in parked]


def _is_young(event: Event, now: Moment, days: dt.timedelta) -> bool:
    """By the monotonic clock within one boot, else by the wall clock; not what that says lies ahead."""
    made = event.moment
    if made.boot_id == now.boot_id:
        age = dt.timedelta(milliseconds=now.monotonic_ms - made.monotonic_ms)
    else:
        age = now.wall_utc - made.wall_utc
    return dt.timedelta() <= age < days


def _templates(event: Event) -> list[Template]:
    """Of every recogniser that this program knows."""
    detail, person_id = _detail(event), PersonId(event.event_id)
    by_model = [(detail["model_id"], detail["templates"])]
    by_model += [(each["model_id"], each["templates"]) for each in detail.get("more_templates", [])]
    return [
        Template(f"{person_id}-{model_id}-{n}", person_id, decode_descriptor(text, length), ModelId(model_id))
        for model_id, texts in by_model
        if model_id in RECOGNISERS
        for length in (RECOGNISERS[model_id].length,)
        for n, text in enumerate(texts)
    ]


def _detail(event: Event) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], event.body["enrolment"])
