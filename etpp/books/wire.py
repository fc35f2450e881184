"""The shapes of the JSON of call 2, as docs/protocol.md states them."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, StringConstraints, field_validator, model_validator

from etpp.base.encoding import MAX_INTEGER, decode_descriptor
from etpp.base.shapes import (
    Descriptor,
    EventId,
    Hash,
    Id,
    Name,
    Natural,
    Nip,
    Number,
    ProblemDocument,
    Shape,
    ShortText,
    Time,
)
from etpp.faces.recognisers import RECOGNISERS, check_face
from etpp.terminals.wire import Head

PNG = b"\x89PNG\r\n\x1a\n"
"""How such a file begins (W3C PNG, 5.2)."""

EventKind = Literal["presence", "attack", "enrolment", "occurrence"]
EVENT_KINDS = get_args(EventKind)

MAX_EVENTS = 500
MAX_RUNS = 1000
"""Of one statement: it travels with every batch."""


class Match(Shape):
    score: Number
    margin: Number | None
    threshold: Number
    frames: Natural


class LivenessVerdict(Shape):
    state: ShortText
    score: Number
    reason: ShortText


class Presence(Shape):
    person_id: Id
    direction: Literal["arrival", "departure"]
    model_id: Id
    gallery_version: Natural
    match: Match
    liveness: LivenessVerdict
    method: ShortText = "face"
    officer_id: Id | None = None
    duress: bool = False
    enrolment: EventId | None = None

    @model_validator(mode="after")
    def _rests(self) -> Self:
        """Whose presence it is says the enrolment alone: it has no other person, and no PIN spoke for it."""
        if self.enrolment is not None and (self.person_id != self.enrolment or self.method != "face"):
            raise ValueError("must be by face, and of the enrolment that it rests on")
        return self


class Attack(Shape):
    model_id: Id
    frames: Natural
    liveness: LivenessVerdict


MAX_SIGNATURE = 16_384
"""Of base64: a finger's writing takes a tenth of it."""


class Consent(Shape):
    given_utc: Time
    text_id: ShortText
    officer: ShortText
    signature: Annotated[str, StringConstraints(max_length=MAX_SIGNATURE)] | None = None

    @field_validator("signature")
    @classmethod
    def _png(cls, value: str | None) -> str | None:
        """It is shown to BKPP as a picture: another kind of file is not let in under that name."""
        if value is not None and not base64.b64decode(value, validate=True).startswith(PNG):
            raise ValueError("must be a PNG in base64")
        return value


class MoreTemplates(Shape):
    """The same pictures by a further recogniser, which says how long its descriptors are."""

    model_id: Id
    templates: list[str]

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        recogniser = RECOGNISERS.get(self.model_id)
        if recogniser is not None:
            check_face(self.model_id, [decode_descriptor(each, recogniser.length) for each in self.templates])
        return self


class Renewal(Shape):
    """Of templates that a terminal offers for a further model: whose, and what speaks for it."""

    model_id: Id
    person_id: Id
    presence: EventId
    match: Match
    liveness: LivenessVerdict


class EnrolmentPayload(Shape):
    nip: Nip
    name: Name
    office_id: Id
    model_id: Literal["dlib-resnet-v1"]
    templates: Annotated[list[Descriptor], Field(min_length=1, max_length=20)]
    qualities: Annotated[list[dict[str, Number]], Field(max_length=20)]
    consent: Consent
    more_templates: Annotated[list[MoreTemplates], Field(default_factory=list)]

    renewal: Renewal | None = None

    @model_validator(mode="after")
    def _one_face(self) -> Self:
        check_face(self.model_id, [decode_descriptor(each) for each in self.templates])
        return self

    @model_validator(mode="after")
    def _side_by_side(self) -> Self:
        """What this server does not know is let through: a newer terminal may have it."""
        known = [more for more in self.more_templates if more.model_id in RECOGNISERS]
        models = [self.model_id, *(more.model_id for more in known)]
        if len(set(models)) < len(models):
            raise ValueError("more_templates must have each model once, and none of model_id")
        if any(len(more.templates) != len(self.templates) for more in known):
            raise ValueError("more_templates must be of the same pictures, as many as templates")
        if self.renewal is not None and self.renewal.model_id not in models[1:]:
            raise ValueError("renewal must be of a model in more_templates that this server knows")
        return self


class Occurrence(Shape):
    """Something else that happened; what this server does not know of it is kept all the same."""

    what: ShortText
    officer_id: Id | None = None
    officer: ShortText | None = None
    person_ids: Annotated[list[Id], Field(default_factory=list, max_length=10)]
    detail: ShortText | None = None


class Link(Shape):
    """What an event needs to have a place in the chain at all. Without it the request is malformed."""

    event_id: Id
    device_id: Id
    chain_id: Id
    seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    prev_hash: Hash
    hash: Hash


class Event(Link):
    """A whole event. A fault in it rejects the event, not the request."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    event_id: EventId
    kind: EventKind
    wall_utc: Time
    boot_id: Id
    monotonic_ms: Natural
    clock_state: Literal["synchronised", "unsynchronised"]
    presence: Presence | None = None
    attack: Attack | None = None
    enrolment: EnrolmentPayload | None = None
    occurrence: Occurrence | None = None

    @model_validator(mode="after")
    def _one_payload(self) -> Self:
        given = [kind for kind in EVENT_KINDS if getattr(self, kind) is not None]
        if given != [self.kind]:
            raise ValueError("must have the member that kind names, and none of the others")
        return self


class SentTime(Shape):
    utc: Time
    earliest_utc: Time
    latest_utc: Time
    state: Literal["trusted", "estimated", "uncertain"]

    @model_validator(mode="after")
    def _order(self) -> Self:
        if not self.earliest_utc <= self.utc <= self.latest_utc:
            raise ValueError("must have earliest_utc <= utc <= latest_utc")
        return self


class SentEvent(Shape):
    event: Event
    time: SentTime


class Gap(Shape):
    """Events that the terminal no longer holds whole: acknowledged and thinned, or lost on a damaged disk."""

    chain_id: Id
    first_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    last_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    prev_hash: Hash | None
    hash: Hash
    reason: Literal["thinned", "lost"]

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last_seq < self.first_seq:
            raise ValueError("must have first_seq <= last_seq")
        return self


class SentGap(Shape):
    link: Gap


class Run(Shape):
    """Events that follow each other without a gap. `times_hash`: over the list of their times."""

    first_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    last_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    hash: Hash
    times_hash: Hash | None = None


class Carried(Shape):
    """The word of the terminal that recorded the events, when another one brings them."""

    device_id: Id
    chain_id: Id
    first_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    last_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    hash: Hash
    runs: Annotated[list[Run], Field(min_length=1, max_length=MAX_RUNS)] | None = None
    signature: Annotated[str, StringConstraints(max_length=100)]

    @model_validator(mode="after")
    def _order(self) -> Self:
        runs = self.runs or ()
        befores = [self.first_seq - 1, *(run.last_seq for run in runs)]
        if any(not before < run.first_seq <= run.last_seq for before, run in zip(befores, runs, strict=False)):
            raise ValueError("must have runs in order that do not overlap, within first_seq and last_seq")
        if runs and (runs[-1].last_seq, runs[-1].hash) != (self.last_seq, self.hash):
            raise ValueError("must have a last run that ends at last_seq with hash")
        return self


class ReportedThrough(Shape):
    chain_id: Id
    seq: Natural
    utc: Time


class SignedHead(Shape):
    """A link of the batch's chain with its terminal's signature."""

    chain_id: Id
    seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    hash: Hash
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    signature: Annotated[str, StringConstraints(max_length=100)]


class EventsRequest(Shape):
    """For the OpenAPI document; `Batch` is what is checked first."""

    events: Annotated[list[SentEvent | SentGap], Field(max_length=MAX_EVENTS)]
    reported_through: ReportedThrough
    heads: Annotated[list[SignedHead], Field(max_length=MAX_EVENTS)] | None = None
    carried: Carried | None = None


class Batch(Shape):
    """The request with its events and signed links still raw: each is judged on its own."""

    events: list[dict[str, Any]]
    reported_through: ReportedThrough
    heads: Any = None
    carried: Carried | None = None


class Result(Shape):
    event_id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    problem: ProblemDocument | None = None


class EventsAnswer(Shape):
    results: list[Result]
    head: Head
    head_problem: ProblemDocument | None = None
    server_time: Time


CALLS: tuple[type[Shape], ...] = (EventsRequest, EventsAnswer)
"""What a request or an answer is; all other shapes are parts of these."""
