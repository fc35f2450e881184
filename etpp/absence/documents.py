"""Letters as the administrator's calls and the commands show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etpp.absence import letters
from etpp.absence.content import MediaType
from etpp.absence.letters import Standing
from etpp.absence.model import Document, LetterState
from etpp.absence.rules import LetterMark
from etpp.base.encoding import format_time
from etpp.base.shown import Day, Moment, Sha256, Shown
from etpp.db import Transaction


class LetterShown(Shown):
    """`marks` is there where one letter is asked for."""

    letter_id: str
    kind_id: str
    number: str
    date: Day
    issuer: str
    person_ids: list[str]
    first_utc: Moment
    until_utc: Moment
    state: LetterState
    submitted_by: str
    submitted_utc: Moment
    document_sha256: Sha256 | None
    decided_by: str | None
    decided_utc: Moment | None
    reason: str | None
    revoked_by: str | None
    revoked_utc: Moment | None
    revoked_because: str | None
    marks: list[LetterMark] | None = None


class LettersShown(Shown):
    """`after` leads to the next page; None on the last."""

    letters: list[LetterShown]
    after: str | None


class DocumentShown(Shown):
    """A file of a letter; `sha256` is what a letter names it by."""

    sha256: Sha256
    media_type: MediaType
    bytes: int


class KindsShown(Shown):
    """`text`: the catalogue as TOML."""

    text: str


def letter_shown(standing: Standing, marks: list[LetterMark] | None = None) -> LetterShown:
    letter, decision, revocation = standing.letter, standing.decision, standing.revocation
    return LetterShown(
        letter_id=letter.letter_id,
        kind_id=letter.kind_id,
        number=letter.number,
        date=letter.date.isoformat(),
        issuer=letter.issuer,
        person_ids=list(letter.person_ids),
        first_utc=format_time(letter.first_utc),
        until_utc=format_time(letter.until_utc),
        state=standing.state,
        submitted_by=letter.submitted_by,
        submitted_utc=format_time(letter.submitted_utc),
        document_sha256=letter.document_sha256,
        decided_by=decision and decision.by,
        decided_utc=decision and format_time(decision.decided_utc),
        reason=decision and decision.reason,
        revoked_by=revocation and revocation.by,
        revoked_utc=revocation and format_time(revocation.revoked_utc),
        revoked_because=revocation and revocation.reason,
        marks=marks,
    )


def letters_shown(standings: list[Standing], limit: int) -> LettersShown:
    after = standings[-1].letter.letter_id if len(standings) == limit else None
    return LettersShown(letters=[letter_shown(each) for each in standings], after=after)


def document_shown(document: Document) -> DocumentShown:
    return DocumentShown(sha256=document.sha256, media_type=document.media_type, bytes=document.bytes)


def recorded(letter_id: str) -> Callable[[Transaction], Any]:
    """What the audit log has of a letter, before and after something is done with it."""
    return lambda tx: letter_shown(letters.look(tx, letter_id)).model_dump(mode="json")
