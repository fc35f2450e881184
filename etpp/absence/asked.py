"""What is asked for of letters and kinds: the models of the calls and of the commands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from etpp.base.asked import Asked, Date, Note, Reason, Text, Who
from etpp.base.shapes import Hash, Id, Time

MOST_PEOPLE = 1000
MOST_KINDS_TEXT = 100_000


class NewLetter(Asked):
    """`office_id`: the office that submits it, for its own people; None: BKPP, for anybody of the regency.
    `people`: by NIP or id. It holds in [first_utc, until_utc)."""

    kind_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    number: Text
    date: Date
    issuer: Text
    people: Annotated[list[Who], Field(max_length=MOST_PEOPLE)]
    first_utc: Time
    until_utc: Time
    submitted_by: Who
    office_id: Id | None = None
    document_sha256: Hash | None = None


class LetterVerdict(Asked):
    by: Who
    reason: Note = ""


class LetterBack(Asked):
    by: Who
    reason: Reason


class LetterFile(Asked):
    by: Who
    document_sha256: Hash


class NewKinds(Asked):
    """`text`: the whole catalogue as TOML."""

    by: Who
    text: Annotated[str, Field(max_length=MOST_KINDS_TEXT)]
