"""Why somebody cannot be enrolled: a code for programs, a sentence for people that says what to do."""

from __future__ import annotations

from enrollment.catalogue import Language, catalogue
from kiosk.errors import EnrolmentRefused


class Refusal(EnrolmentRefused):
    """`reason` is a key of the catalogue's table `refusal`; `details` fill its placeholders.

    Details never hold a name, a whole NIP or the path of a picture: pictures are named by their number.
    """

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason, catalogue("en").text("refusal", reason, **details))
        self.details = details

    def say(self, language: Language) -> str:
        """The sentence in that language."""
        return catalogue(language).text("refusal", self.reason, **self.details)
