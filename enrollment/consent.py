"""The consent that permits a face to be enrolled (UU PDP 27/2022, articles 20 to 22): which text, when, before whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from enrollment import characters
from enrollment import name as names
from enrollment.catalogue import ConsentText, Language, catalogue
from enrollment.refusal import Refusal

DEFAULT_TEXT_ID = "consent-id-1"

OFFICER_LENGTH = 100
"""What the protocol takes of an officer's name, which is less than of a person's."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Given at `given_utc` (aware UTC) to the text `text_id`, in the presence of `officer`. `signature`: what was
    written under it on a screen, a PNG; empty where it was signed on paper."""

    given_utc: dt.datetime
    text_id: str
    officer: str
    signature: bytes = field(default=b"", repr=False)


def text(text_id: str, language: Language) -> ConsentText:
    """The consent text in that language. Raises Refusal consent_text_unknown."""
    found = catalogue(language).consent(text_id)
    if found is None:
        raise Refusal("consent_text_unknown", known=", ".join(catalogue(language).consent_ids()))
    return found


def given(officer: str, text_id: str, at_utc: dt.datetime, signature: bytes = b"") -> Consent:
    """The record of a consent that was just given.

    Raises Refusal: no_consent when nobody stands for it, officer_name, consent_text_unknown.
    """
    if not characters.seen(officer):
        raise Refusal("no_consent")
    try:
        name = names.parse(officer)
    except Refusal as refusal:
        raise Refusal("officer_name") from refusal
    if len(name) > OFFICER_LENGTH:
        raise Refusal("officer_name")
    text(text_id, "id")
    return Consent(at_utc, text_id, name, signature)
