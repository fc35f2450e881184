"""The policies against a second, slow reckoning: 300 generated months here, 20,000 by `make test-allowance`."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from etpp.allowance.policy import DELIVERED, delivered
from etpp.allowance.statement import statement
from tests.unit.etpp.allowance.slow_days import World
from tests.unit.etpp.allowance.slow_pay import Slow
from tests.unit.etpp.allowance.worlds import worlds

EXAMPLES = int(os.environ.get("ALLOWANCE_EXAMPLES", "300"))
POLICIES = {policy_id: delivered(policy_id) for policy_id in DELIVERED}
MANY = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)


@MANY
@given(worlds())
def test_both_reckonings_agree(world: World) -> None:
    """Each month under each of the four policies."""
    for policy_id in DELIVERED:
        found = statement(world.facts, POLICIES[policy_id])
        assert found is not None
        slow = Slow(world, policy_id)
        amounts = {line.key: line.amount for line in found.lines if line.amount}
        assert amounts == {key: amount for key, amount in slow.lines.items() if amount}, policy_id
        assert (found.working_days, found.entitled_days) == (len(slow.working), len(slow.paid))
        assert (found.gross, found.net) == (slow.gross, slow.net)
        assert {o for o in found.open if o.startswith("face")} == {f"face:{name}" for name in slow.held}
        assert {o for o in found.open if o.startswith(("review", "waiting"))} == {
            *(f"review:{name}" for day in slow.doubted() for name in day.review),
            *(f"waiting:{day.date}" for day in slow.doubted() if day.waiting),
        }


def test_the_number_of_examples_is_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{EXAMPLES} months under each of {len(DELIVERED)} policies")
    assert EXAMPLES >= 300
