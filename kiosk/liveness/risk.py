"""What `challenge-when-in-doubt` promises: the chance that one of a few tries of a forger passes. Pure.

A try is a start before the camera, or a sequence of movements that is answered. The forger shows something that moves
as a head does, in no particular order. It passes unasked where the passive models take it for live and no draw asks
all the same; it passes a sequence of k movements with a chance of 3 ** -k (docs/accuracy.md, "A recording that moves
by chance"). What the models let through is an upper bound of what was measured, never the measurement itself.

Nothing here helps against something worn that moves with a living head: see docs/operations.md, "What cannot be seen".
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.errors import ConfigError
from kiosk.liveness.challenge import MAX_MOVEMENTS, PROVING
from kiosk.liveness.models import PassiveModels

TAKEN_BY_FACE = 1 / 3
"""Share of starts that the model of the face takes for live, of the worst kind: a telephone whose picture fills its
crop. Prints and screens alone would be 0 of 82 clips."""

TAKEN_BY_ALL = 0.045
"""The same for all three: 0 of 82 clips, the upper end of the 95 % interval."""

MILD = 0.045
"""Share of the attacks that leave no more than mild doubt, and are asked fewer movements: likewise 0 of 82."""

SHARES = tuple(step / 20 for step in range(1, 21))
"""Of the encounters, asked at random: one in twenty at the least, for what cannot be foreseen cannot be rehearsed."""

_MOVEMENTS = ((2, 3), (3, 3), (3, MAX_MOVEMENTS), (MAX_MOVEMENTS, MAX_MOVEMENTS))


@dataclass(frozen=True, slots=True)
class Risk:
    """`chance` that one of `tries` passes, which an office is willing to bear."""

    chance: float = 0.25
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How people are asked: movements in `mild` doubt (or asked at random) and where the models are `sure` (or absent);
    `share` of the encounters that are asked though nothing is doubted."""

    mild: int = 2
    sure: int = 3
    share: float = 0.0

    def chance(self, taken: float, tries: int) -> float:
        """That one of `tries` passes, where the models take a share `taken` of the starts for live."""
        mild, sure = (len(PROVING) ** -movements for movements in (self.mild, self.sure))
        unasked = taken * (1 - self.share)
        asked = taken * self.share * mild + (1 - taken) * (MILD * mild + (1 - MILD) * sure)
        return float(1 - (1 - unasked - asked) ** tries)


def plan(risk: Risk, models: PassiveModels | None) -> Plan:
    """The plan that bears the risk and asks the fewest people, then the fewest movements. Raises ConfigError when none
    does."""
    taken = 0.0 if models is None else TAKEN_BY_FACE if models.wide is None else TAKEN_BY_ALL
    plans = [Plan(mild, sure, share) for share in SHARES for mild, sure in _MOVEMENTS]
    for each in plans:
        if each.chance(taken, risk.tries) <= risk.chance:
            return each
    least = min(each.chance(taken, risk.tries) for each in plans)
    raise ConfigError(
        f"[liveness] risk {risk.chance} in {risk.tries} tries cannot be held: movements of the head bring it down to "
        f"{least:.3f}. Raise risk or lower tries."
    )
