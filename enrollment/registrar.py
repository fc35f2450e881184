"""Accepts or refuses an enrolment, and writes the accepted one to the terminal's outbox in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from enrollment import characters
from enrollment import name as names
from enrollment import nip as nips
from enrollment.consent import Consent
from enrollment.duplicates import Known, KnownFaces
from enrollment.nip import NipParts
from enrollment.refusal import Refusal
from enrollment.templates import Shot, check_agreement, choose
from kiosk.config import EnrolmentSettings
from kiosk.model import DLIB_RESNET_V1, Descriptor, EnrolmentDraft, Event, ModelId, Nip
from kiosk.ports import Clock, Outbox
from kiosk.scores.likeness import Rule

MORE_BYTES = 45_000
"""Room for further recognisers' templates and a signature in base64: with twenty of dlib's an event stays below the
server's 64 KB."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who is to be enrolled, checked."""

    parts: NipParts
    name: str = field(repr=False)
    office_id: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Something the officer should know of an accepted enrolment: a key of the catalogue's table `warning`."""

    code: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Sitting:
    """Good pictures of one person. `needed` templates at least; `one_sitting`: frames of one camera within a minute,
    which differ less than photographs of different days; `warnings` of the capture."""

    shots: tuple[Shot, ...]
    needed: int
    one_sitting: bool
    skipped: tuple[tuple[int, str], ...] = ()
    warnings: tuple[Warn, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """An accepted enrolment. `event_id` and `seq` are None after a dry run."""

    templates: tuple[Shot, ...]
    warnings: tuple[Warn, ...]
    event_id: str | None = None
    seq: int | None = None


class Registrar:
    """The one way an enrolment gets into the outbox.

    `known`: who is enrolled, by the gallery or by an enrolment that waits for the server. `sent`: all that this
    terminal enrolled and still holds, whatever BKPP made of it. `office_id`: the terminal's own, None when unknown.
    `names`: who is in the office by the gallery, with a face or without. `recogniser`: whose templates count there.

    What the server would refuse for ever is refused here, while the officer can still mend it: docs/enrolment.md has
    the table of the server's reasons and of where each is met.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        known: KnownFaces,
        model_id: ModelId,
        settings: EnrolmentSettings,
        *,
        office_id: str | None = None,
        sent: KnownFaces | None = None,
        names: Mapping[Nip, str] | None = None,
        gallery_loaded: bool = True,
        recogniser: ModelId = DLIB_RESNET_V1,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._known = known
        self._model_id = model_id
        self._settings = settings
        self._office_id = office_id
        self._sent = sent or KnownFaces()
        self._names = names or {}
        self._gallery_loaded = gallery_loaded
        self._recogniser = recogniser

    def check_office(self, office_id: str) -> None:
        """A terminal enrols for its own office only, and faces of one model only.

        Raises Refusal: other_office, model_unknown.
        """
        if self._office_id is not None and office_id != self._office_id:
            raise Refusal("other_office", own=self._office_id)
        if self._model_id != DLIB_RESNET_V1:
            raise Refusal("model_unknown")

    def admit(self, nip: str, name: str, office_id: str, *, replace: bool) -> Applicant:
        """Check all that needs no face. Raises Refusal: other_office, model_unknown, nip_*, name_*, nip_enrolled."""
        self.check_office(office_id)
        parts = nips.parse(nip, self._clock.now().wall_utc.date())
        if parts.nip in self._known and not replace:
            raise Refusal("nip_enrolled")
        return Applicant(parts, names.parse(name), office_id)

    def already_sent(self, nip: Nip, shots: Sequence[Shot]) -> bool:
        """Whether these very templates were the last ones enrolled for this NIP here: a list that is run again."""
        sent = self._sent.templates_of(nip)
        return bool(sent) and {t.tobytes() for t in sent[-1]} == {s.descriptor.tobytes() for s in self._choose(shots)}

    def enrol(
        self,
        applicant: Applicant,
        sitting: Sitting,
        consent: Consent,
        *,
        despite: Nip | None = None,
        dry_run: bool = False,
        verify: Callable[[Sequence[Shot]], Sequence[Warn]] | None = None,
    ) -> Enrolled:
        """Check the face and append the enrolment; on disk when this returns. `verify` is given the templates when all
        else has been checked, and may refuse them; what it gives back is told to the officer.

        `despite` is the NIP under which the face may be known already, on the officer's word: a twin's, or one that was
        mistyped and that BKPP is to refuse.
        Raises Refusal: engine_failed, inconsistent_faces, too_few_views, face_known; OutboxError.
        """
        settings = self._settings
        if not all(np.isfinite(shot.descriptor).all() for shot in sitting.shots):
            raise Refusal("engine_failed")  # nobody is like such a face, and no server takes it
        check_agreement(
            sitting.shots,
            settings.same_person_distance if sitting.one_sitting else settings.same_person_distance_photos,
        )
        templates = self._choose(sitting.shots)
        notes = [*self._check_duplicates(applicant, templates, despite), *self._notes(applicant, templates)]
        if len(templates) < sitting.needed:
            raise Refusal("too_few_views", found=len(templates), needed=sitting.needed)
        if verify is not None:
            notes += verify(templates)
        event_id, seq = None, None
        if not dry_run:
            event = self._append(applicant, templates, consent, despite)
            event_id, seq = event.event_id, event.seq
        new = Known(applicant.parts.nip, tuple(shot.descriptor for shot in templates))
        for faces in (self._known, self._sent):
            faces.add(new)
        return Enrolled(templates, tuple(notes), event_id, seq)

    def _append(self, applicant: Applicant, templates: Sequence[Shot], consent: Consent, despite: Nip | None) -> Event:
        if despite is not None:
            self._outbox.count("enrolled_despite_likeness")
        draft = EnrolmentDraft(
            nip=applicant.parts.nip,
            name=applicant.name,
            office_id=applicant.office_id,
            templates=tuple(shot.descriptor for shot in templates),
            qualities=tuple(shot.quality for shot in templates),
            model_id=self._model_id,
            consent_utc=consent.given_utc,
            consent_text_id=consent.text_id,
            officer=consent.officer,
            more=_more(templates, MORE_BYTES - len(consent.signature) * 4 // 3),
            signature=consent.signature,
        )
        return self._outbox.append(draft, self._clock.now())

    def _choose(self, shots: Sequence[Shot]) -> tuple[Shot, ...]:
        return choose(shots, self._settings.spread, self._settings.max_templates)

    def _check_duplicates(self, applicant: Applicant, templates: Sequence[Shot], despite: Nip | None) -> list[Warn]:
        descriptors = [shot.descriptor for shot in templates]
        own = applicant.parts.nip
        rule = Rule(self._settings.duplicate_distance, self._settings.duplicate_ratio)
        ignored = {own} if despite is None else {own, despite}
        likeness = self._known.most_alike(descriptors, rule, ignored)
        if likeness is not None and likeness.same:
            raise Refusal("face_known", other=nips.masked(likeness.nip))
        warnings = []
        if despite is not None:
            warnings.append(Warn("despite_likeness", {"other": nips.masked(despite)}))
        before = KnownFaces(Known(own, old) for old in self._known.templates_of(own))
        likeness = before.most_alike(descriptors, rule)
        if likeness is not None and not likeness.same:
            warnings.append(Warn("replaced_differs"))
        return warnings

    def _notes(self, applicant: Applicant, templates: Sequence[Shot]) -> list[Warn]:
        notes = []
        if len(templates) < self._settings.min_templates:
            notes.append(Warn("few_templates", {"found": len(templates)}))
        on_file = self._names.get(applicant.parts.nip)
        if on_file is not None and characters.seen(on_file).casefold() != applicant.name.casefold():
            notes.append(Warn("name_differs"))
        if not self._gallery_loaded:
            notes.append(Warn("gallery_missing"))
        counts = self._recogniser
        if counts != self._model_id and not all(counts in shot.more for shot in templates):
            notes.append(Warn("recogniser_missing", {"model": counts}))
        return notes


def _more(templates: Sequence[Shot], room: int) -> tuple[tuple[ModelId, tuple[Descriptor, ...]], ...]:
    """The templates of each further recogniser that described all of the pictures, as far as an event has room."""
    common = set.intersection(*(set(shot.more) for shot in templates))
    found = []
    for model_id in sorted(common):
        of_model = tuple(shot.more[model_id] for shot in templates)
        room -= sum(template.nbytes for template in of_model) * 4 // 3
        if room >= 0:
            found.append((model_id, of_model))
    return tuple(found)
