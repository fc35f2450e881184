"""Who is in the office, as the officer's pages ask for them: looked through once, not with each picture."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.model import PersonId
from kiosk.terminal.officer import Enrollable
from kiosk.ui import letters


class People:
    """Everybody of one gallery, by name. The screen asks the same again 30 times a second: the last answer is kept."""

    def __init__(self, everybody: Sequence[Enrollable]) -> None:
        self.everybody = everybody
        self.missing = sum(not each.enrolled for each in everybody)
        """How many have no face yet."""
        self._known = {each.person_id: each for each in everybody if each.person_id is not None}
        self._asked: tuple[str, bool] | None = None
        self._found: Sequence[Enrollable] = ()

    def known(self, person_id: PersonId) -> Enrollable | None:
        return self._known.get(person_id)

    def found(self, typed: str, missing: bool) -> Sequence[Enrollable]:
        """Who is in the list: by a part of the name or of the NIP, those without a face first, or these alone."""
        if self._asked != (typed, missing):
            self._asked = (typed, missing)
            self._found = self._search(typed.casefold().split(), missing)
        return self._found

    def _search(self, wanted: Sequence[str], missing: bool) -> Sequence[Enrollable]:
        def fits(each: Enrollable) -> bool:
            name = letters.legible(each.name).casefold()
            return all(word in name or (word.isdigit() and word in each.nip) for word in wanted)

        fitting = [each for each in self.everybody if fits(each) and not (missing and each.enrolled and not each.renew)]
        return sorted(fitting, key=lambda each: (each.enrolled, not each.renew))  # stable: by name within
