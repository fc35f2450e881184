"""When the idle screen is dark: nobody has been there for a while, as far as anything has noticed."""

from __future__ import annotations


class Standby:
    """`after_s` 0: never. `noticed` may be called by any thread."""

    def __init__(self, after_s: float, now_s: float) -> None:
        self._after_s = after_s
        self._noticed_s = now_s

    def noticed(self, now_s: float) -> None:
        """A face, a movement or a touch."""
        self._noticed_s = now_s

    def dark(self, now_s: float) -> bool:
        return self._after_s > 0 and now_s - self._noticed_s >= self._after_s
