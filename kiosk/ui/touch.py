"""Which touches count. Pure."""

from __future__ import annotations

GUARD_S = 0.5
"""A new screen takes no touch for this long: the second tap of a double tap on "Benar" must not send "tercatat" away,
and nobody can have read a name and answered in less."""

GAP_S = 0.12
"""A second touch within this time is the same finger: SDL and the kernel may both report it, and glass bounces."""


class TouchGuard:
    """Lets a touch through or swallows it. Times are monotonic seconds."""

    def __init__(self, now_s: float) -> None:
        self._changed_s = self._touched_s = now_s

    def changed(self, now_s: float) -> None:
        """Another screen has come up."""
        self._changed_s = now_s

    def accepts(self, now_s: float) -> bool:
        """Whether a touch at this moment counts."""
        if now_s - self._changed_s < GUARD_S or now_s - self._touched_s < GAP_S:
            return False
        self._touched_s = now_s
        return True
