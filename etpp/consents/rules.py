"""How far a wish is. Pure."""

from __future__ import annotations

from etpp.consents.model import Standing, State


def state(standing: Standing) -> State:
    """A person is believed: what is taken back is open until somebody has answered, or nothing is left to take."""
    wish, answer = standing.wish, standing.answer
    if answer is not None:
        return "erased" if answer.erased else "otherwise"
    if standing.agreed_utc is not None and standing.agreed_utc > wish.latest_utc:
        return "anew"
    if wish.kind == "withdrawn" and standing.known and not standing.faces:
        return "gone"
    return "open"
