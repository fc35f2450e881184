"""What must hold of every month, whatever the facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etpp.absence.model import Letter, LetterDecision
from etpp.absence.rules import letter_state
from etpp.allowance.adjust import adjustments
from etpp.allowance.model import Statement
from etpp.allowance.policy import DELIVERED, delivered
from etpp.allowance.seal import Despite, statement_hash
from etpp.allowance.statement import statement
from etpp.calendar.plan import Calendar
from etpp.presence.model import CorrectionDecision, TimeDecision
from etpp.roster.assignments import Career
from tests.unit.etpp.allowance.months import sealed_of
from tests.unit.etpp.allowance.slow_days import World
from tests.unit.etpp.allowance.worlds import shuffled, worlds

POLICIES = [delivered(policy_id) for policy_id in DELIVERED]
FAR = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
LAW = settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)


def of(world: World, policy: object = POLICIES[0]) -> Statement:
    found = statement(world.facts, policy)  # type: ignore[arg-type]
    assert found is not None
    return found


@LAW
@given(worlds())
def test_a_further_letter_never_lowers_pay_under_the_default(world: World) -> None:
    """Each letter by itself taken away: what is paid is never more without it."""
    whole = of(world)
    for letter in world.facts.letters:
        without = tuple(each for each in world.facts.letters if each is not letter)
        less = statement(replace(world.facts, letters=without), POLICIES[0])
        assert less is not None
        assert less.gross <= whole.gross
        assert less.net <= whole.net


@LAW
@given(worlds(), st.data())
def test_the_order_of_facts_changes_nothing(world: World, data: st.DataObject) -> None:
    other = shuffled(world.facts, lambda facts: data.draw(st.permutations(facts)))
    for policy in POLICIES:
        assert statement(other, policy) == of(world, policy)


@LAW
@given(worlds())
def test_a_month_is_open_for_all_that_could_still_change_it(world: World) -> None:
    """Whatever waits for a word and does not keep the month open changes nothing when the word comes."""
    facts = world.facts
    for policy in POLICIES:
        found = of(world, policy)
        for letter in facts.letters:
            if f"letter:{letter.letter_id}" not in found.open and not of_letter(world, letter):
                approved = LetterDecision("now", letter.letter_id, True, "boss", letter.submitted_utc)
                then = statement(replace(facts, letter_decisions=(*facts.letter_decisions, approved)), policy)
                assert then is not None
                assert then.lines == found.lines
        for punch in facts.held:
            if f"face:{punch.event_id}" not in found.open:
                then = statement(replace(facts, punches=(*facts.punches, punch)), policy)
                assert then is not None
                assert then.lines == found.lines
        for entry in facts.manual_entries:
            if entry.confirmed_by is None and f"manual:{entry.entry_id}" not in found.open:
                others = tuple(each for each in facts.manual_entries if each is not entry)
                confirmed = replace(entry, confirmed_by="boss")
                then = statement(replace(facts, manual_entries=(*others, confirmed)), policy)
                assert then is not None
                assert then.lines == found.lines


@LAW
@given(worlds(), st.data())
def test_a_month_is_open_for_the_doubts_about_every_day_that_it_is_reckoned_from(
    world: World, data: st.DataObject
) -> None:
    """The first days of a flexible week lie in the month before, whose list may have been closed despite them."""
    facts = world.facts
    policy = POLICIES[0]
    found = of(world, policy)

    def then(**changed: object) -> object:
        made = statement(replace(facts, **changed), policy)  # type: ignore[arg-type]
        assert made is not None
        return made.lines

    for correction in facts.corrections:
        decided = any(each.correction_id == correction.correction_id for each in facts.correction_decisions)
        if not decided and f"correction:{correction.correction_id}" not in found.open:
            word = CorrectionDecision("now", correction.correction_id, True, "boss", facts.regency.as_of_utc)
            assert then(correction_decisions=(*facts.correction_decisions, word)) == found.lines
    settled = {each.event_id for each in facts.time_decisions}
    for punch in facts.punches:
        if punch.uncertain and punch.event_id not in settled and f"review:{punch.event_id}" not in found.open:
            at = data.draw(st.sampled_from([punch.earliest_utc, punch.latest_utc]))
            decision = TimeDecision("now", punch.event_id, at, "boss", facts.regency.as_of_utc)
            assert then(time_decisions=(*facts.time_decisions, decision)) == found.lines
    if not any(each.startswith("waiting:") for each in found.open):
        reports = {office: replace(each, reported_utc=FAR) for office, each in facts.regency.reports.items()}
        assert then(regency=replace(facts.regency, reports=reports)) == found.lines


def of_letter(world: World, letter: Letter) -> bool:
    """Whether somebody's word on it counts already."""
    decided = letter_state(letter, world.facts.letter_decisions, world.facts.letter_revocations)
    return decided != "submitted"


@LAW
@given(worlds())
def test_lines_add_up_and_nobody_owes_for_a_month(world: World) -> None:
    for policy in POLICIES:
        found = of(world, policy)
        assert sum(line.amount for line in found.lines) == found.net
        assert 0 <= found.net <= found.gross
        assert all(line.amount == line.amount.to_integral_value() for line in found.lines)


@LAW
@given(worlds())
def test_two_people_cannot_be_swapped(world: World) -> None:
    """The same facts under another name are nobody's: letters, corrections and activities name their person."""
    facts = world.facts
    stranger = Career("budi", [replace(place, person_id="budi") for place in world.places])
    found = statement(replace(facts, career=stranger), POLICIES[0])
    assert found is not None
    assert statement_hash(found) != statement_hash(of(world))


@LAW
@given(worlds(), st.data())
def test_a_month_made_again_from_the_facts_alone_is_the_closed_one(world: World, data: st.DataObject) -> None:
    """Nothing that the first reckoning left behind is used: another calendar, another career, facts in another order,
    and every statement sealed under the hash that it was closed with."""
    facts = shuffled(world.facts, lambda facts: data.draw(st.permutations(facts)))
    again = replace(
        facts,
        career=Career("ani", reversed(world.places), reversed(world.actings)),
        regency=replace(facts.regency, calendar=Calendar(world.calendar)),
    )
    for policy in POLICIES:
        first, second = of(world, policy), statement(again, policy)
        assert second is not None
        despite = Despite(first.open, ("a", "b")) if first.open else None
        closed, anew = (sealed_of(made.office_id, made.month, [made], None, despite) for made in (first, second))
        assert anew == closed


@LAW
@given(worlds(), worlds())
def test_the_list_is_the_sum_of_its_statements(one: World, other: World) -> None:
    first = of(one)
    second = replace(of(other), person_id="budi", month=first.month, office_id=first.office_id)
    closed = [replace(each, open=()) for each in (first, second)]
    assert sealed_of(first.office_id, first.month, closed, None).total == first.net + second.net


@LAW
@given(worlds())
def test_adjustments_are_the_difference(world: World) -> None:
    closed = statement(replace(world.facts, letters=(), corrections=()), POLICIES[2])
    anew = of(world, POLICIES[2])
    assert closed is not None
    assert closed.net + sum(each.amount for each in adjustments([closed], anew)) == anew.net
