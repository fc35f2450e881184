"""How long to wait before the next attempt: pure, so that a test needs no clock."""

from __future__ import annotations

from kiosk.ports import Randomness

MAX_RETRY_AFTER_S = 3600.0
"""A `Retry-After` longer than this is cut to it: a misconfigured proxy must not silence a terminal for days."""


def delay_s(attempt: int, random: Randomness, *, base_s: float, ceiling_s: float) -> float:
    """Seconds to wait after the `attempt`-th failure in a row (1 is the first).

    Jitter over the upper half: between half and all of `base_s` doubled per attempt, at most `ceiling_s`. The half
    keeps a lone terminal from hammering; the jitter keeps forty offices from coming back in step after a power cut.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    # The exponent is capped before the power is taken: attempt 2000 must not overflow a float.
    doubled_s = base_s * 2.0 ** min(attempt - 1, 32)
    return min(doubled_s, ceiling_s) * (0.5 + random.random() / 2)


def with_retry_after(delay: float, retry_after_s: float | None) -> float:
    """The server's `Retry-After` is a minimum, the own back-off still counts when it is longer."""
    if retry_after_s is None:
        return delay
    return max(delay, min(max(retry_after_s, 0.0), MAX_RETRY_AFTER_S))
