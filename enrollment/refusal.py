"""Why somebody cannot be enrolled: a code for programs, a sentence for people that says what to do."""

from __future__ import annotations

from collections.abc import Mapping

from enrollment.catalogue import SPOKEN, Catalogue, Language, catalogue
from kiosk.errors import EnrolmentRefused

ALIKE = frozenset({"face_known", "looks_alike"})
"""Reasons that name somebody else: `other`, the masked NIP."""


class Refusal(EnrolmentRefused):
    """`reason` is a key of the catalogue's table `refusal`; `details` fill its placeholders, and may be a Phrase.

    Details never hold a name, a whole NIP or the path of a picture: pictures are named by their number.
    """

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason, _command(catalogue("en"), reason, details))
        self.details = details
        if reason in ALIKE:
            self.like = str(details["other"]).strip("•")

    def told(self) -> Mapping[str, str]:
        """On a screen, in each of its languages."""
        return {language: self._screen(catalogue(language)) for language in SPOKEN}

    def say(self, language: Language) -> str:
        """What the command says in that language."""
        return _command(catalogue(language), self.reason, self.details)

    def _screen(self, texts: Catalogue) -> str:
        return _of_picture(texts, texts.screen("refusal", self.reason, **self.details), self.details)


def _command(texts: Catalogue, reason: str, details: Mapping[str, object]) -> str:
    return _of_picture(texts, texts.text("refusal", reason, **details), details)


def _of_picture(texts: Catalogue, what: str, details: Mapping[str, object]) -> str:
    return texts.text("prompt", "picture", what=what, **details) if "picture" in details else what
