"""What is asked for of consents: the model of the form."""

from __future__ import annotations

from etpp.base.asked import Asked, Reason


class Otherwise(Asked):
    """What is done in place of an erasure, or for whom no face is enrolled."""

    reason: Reason
