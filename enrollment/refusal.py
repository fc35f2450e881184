"""Why somebody cannot be enrolled: a code for programs, a sentence for people that says what to do."""

from __future__ import annotations

from collections.abc import Mapping

from enrollment.catalogue import LANGUAGES, Language, catalogue
from kiosk.errors import EnrolmentRefused


class Refusal(EnrolmentRefused):
    """`reason` is a key of the catalogue's table `refusal`; `details` fill its placeholders, and may be a Phrase.

    Details never hold a name, a whole NIP or the path of a picture: pictures are named by their number.
    """

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason, _sentence("en", reason, details))
        self.details = details

    def told(self) -> Mapping[str, str]:
        return {language: self.say(language) for language in LANGUAGES}

    def say(self, language: Language) -> str:
        """The sentence in that language."""
        return _sentence(language, self.reason, self.details)


def _sentence(language: Language, reason: str, details: Mapping[str, object]) -> str:
    texts = catalogue(language)
    what = texts.text("refusal", reason, **details)
    return texts.text("prompt", "picture", what=what, **details) if "picture" in details else what
