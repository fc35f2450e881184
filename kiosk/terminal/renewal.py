"""Templates of a further recogniser, offered of somebody whom this terminal has just recognised beyond doubt.

The gallery says of whom they are asked for: of people who have consented, in offices where BKPP has switched it on.
They travel as an enrolment does, sealed, after the presence that speaks for them; BKPP approves or refuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.model import (
    DLIB_RESNET_V1,
    EnrolmentDraft,
    Event,
    GallerySnapshot,
    Liveness,
    LivenessVerdict,
    Match,
    ModelId,
    PersonId,
    RenewalClaim,
    Sample,
)
from kiosk.model.recognisers import RECOGNISERS, Score

SAMPLES = 3
"""Pictures that are offered, as many as an enrolment before an officer has at least."""

SAMPLE_TRIES = 9
"""So many pictures are described for it: who holds his head badly is not described without end."""

STRONG_SCORE: Mapping[Score, float] = {"distance": 0.08, "cosine": 0.2}
"""By how much the score must lie above what recognises the person, in units of score, by how the recogniser compares:
the least at which nobody of one half of LFW's people was taken for another beyond doubt (decision 88, docs/accuracy.md,
"Renewal")."""

STRONG_MARGIN = 0.08
"""By how much the person must be nearer than the next one: twice the packaged margin of a presence. Beside the score it
keeps out nobody who was measured, and costs a tenth of a point."""


@dataclass(frozen=True)
class Sampling:
    """Of whom pictures are gathered, and by which models besides the one that recognises."""

    people: frozenset[PersonId] = frozenset()
    models: tuple[ModelId, ...] = ()


NO_SAMPLING = Sampling()


def sampling(snapshot: GallerySnapshot, running: ModelId, installed: Iterable[ModelId]) -> Sampling:
    """What the gallery asks for and this terminal can do."""
    people = {who: asked.model_id for who, asked in snapshot.renewals.items() if asked.model_id in set(installed)}
    models = {DLIB_RESNET_V1, *people.values()} - {running}
    return Sampling(frozenset(people), tuple(sorted(models))) if people else NO_SAMPLING


class Renewals:
    """Decides whether a presence offers templates. `enrolments`: what the journal still holds of them. One thread."""

    def __init__(self, enrolments: Callable[[], Iterable[tuple[Event, bool]]]) -> None:
        self._enrolments = enrolments
        self._offered: set[tuple[PersonId, ModelId, object]] = set()

    def draft(
        self,
        snapshot: GallerySnapshot,
        person_id: PersonId,
        samples: Sequence[Sample],
        match: Match,
        liveness: LivenessVerdict,
        presence: str,
    ) -> EnrolmentDraft | None:
        """The offer after a recorded `presence`; None when there is none to make. Raises OutboxError."""
        asked, person = snapshot.renewals.get(person_id), snapshot.people.get(person_id)
        if asked is None or person is None or snapshot.office is None or not beyond_doubt(person_id, match, liveness):
            return None
        models = DLIB_RESNET_V1, asked.model_id
        whole = [each for each in samples if all(model_id in each.descriptors for model_id in models)][:SAMPLES]
        if len(whole) < SAMPLES or self._is_offered(person_id, asked.model_id, asked.consent_utc):
            return None
        self._offered.add((person_id, asked.model_id, asked.consent_utc))
        return EnrolmentDraft(
            nip=person.nip,
            name=person.name,
            office_id=snapshot.office.office_id,
            templates=tuple(each.descriptors[DLIB_RESNET_V1] for each in whole),
            qualities=tuple(each.quality for each in whole),
            model_id=DLIB_RESNET_V1,
            consent_utc=asked.consent_utc,
            consent_text_id=asked.consent_text_id,
            officer=asked.officer,
            more=((asked.model_id, tuple(each.descriptors[asked.model_id] for each in whole)),),
            renewal=RenewalClaim(asked.model_id, person_id, presence, match, liveness),
        )

    def _is_offered(self, person_id: PersonId, model_id: ModelId, consent_utc: object) -> bool:
        """By this consent, since the program began or as the journal tells: once is enough until BKPP has answered."""
        if (person_id, model_id, consent_utc) in self._offered:
            return True
        for event, _ in self._enrolments():
            detail = event.body.get("enrolment")
            claim = detail.get("renewal") if isinstance(detail, dict) else None
            if isinstance(claim, dict) and (claim["person_id"], claim["model_id"]) == (person_id, model_id):
                return True
        return False


def beyond_doubt(person_id: PersonId, match: Match, liveness: LivenessVerdict) -> bool:
    """Whether it was this person, alive, and nobody who is like him: more than a presence asks for."""
    return (
        match.person_id == person_id
        and not match.look_alikes
        and match.score >= match.threshold + STRONG_SCORE[RECOGNISERS[match.model_id].score]
        and match.margin >= STRONG_MARGIN
        and liveness.state is Liveness.LIVE
        and liveness.reason != "off"
    )
