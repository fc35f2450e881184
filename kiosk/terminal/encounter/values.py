"""What an encounter is made of: its phases, what comes in, what has to be done, and all that is kept between. Pure."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field

from kiosk.model import (
    LIVENESS_OFF,
    NOBODY,
    Assessment,
    Descriptor,
    Direction,
    Fault,
    Hint,
    Letter,
    LivenessVerdict,
    Match,
    Method,
    MonthSoFar,
    NipPinPolicy,
    Person,
    PersonId,
    Sample,
    Sighting,
)

LAST_DIGITS, PIN_DIGITS = 6, 6
"""The last digits of a NIP are the month of appointment, the sex and the sequence number, which tell most colleagues
apart, also those whose last three are the common 001; not those who were appointed in the same month of other years."""


class Phase(enum.Enum):
    IDLE = "idle"
    APPROACHING = "approaching"
    POSITIONING = "positioning"
    IDENTIFYING = "identifying"
    CHALLENGE = "challenge"
    NIP_PAD = "nip_pad"
    CLAIM_NIP = "claim_nip"
    CLAIM_PIN = "claim_pin"
    CLAIM_OFFICER = "claim_officer"
    ENQUIRING = "enquiring"
    CONFIRM = "confirm"
    SAVING = "saving"
    RECORDED = "recorded"
    NOT_RECORDED = "not_recorded"
    ALREADY_RECORDED = "already_recorded"
    UNKNOWN = "unknown"
    NOT_IN_TIME = "not_in_time"
    ATTACK_REFUSED = "attack_refused"
    REFUSED_BY_PERSON = "refused_by_person"
    PHONE = "phone"
    MONTH = "month"
    FAULT = "fault"


RESULTS = frozenset(
    {
        Phase.RECORDED,
        Phase.NOT_RECORDED,
        Phase.ALREADY_RECORDED,
        Phase.UNKNOWN,
        Phase.NOT_IN_TIME,
        Phase.ATTACK_REFUSED,
        Phase.REFUSED_BY_PERSON,
    }
)
"""Phases that end an encounter: shown for `result_s`."""

SEARCHING = frozenset({Phase.IDLE, Phase.APPROACHING, Phase.POSITIONING, Phase.IDENTIFYING, Phase.CHALLENGE})
"""Phases that follow the camera: nothing is at stake yet."""


CLAIMING = frozenset({Phase.CLAIM_NIP, Phase.CLAIM_PIN, Phase.CLAIM_OFFICER})
"""Phases in which somebody whose face fails types NIP and PIN."""

PADS = CLAIMING | {Phase.NIP_PAD}
"""Phases in which somebody types."""

OWN = frozenset({Phase.PHONE, Phase.MONTH})
"""Phases that show what is for one person alone, while the own face is in sight."""

ASKED = frozenset({Phase.ENQUIRING, Phase.CONFIRM}) | PADS
"""Phases in which a presence is at stake that nothing has been written of."""


class Button(enum.Enum):
    CORRECT = "correct"
    NOT_ME = "not_me"
    CANCEL = "cancel"
    PHONE = "phone"
    OTHER_WAY = "other_way"
    MONTH = "month"
    NIP_PIN = "nip_pin"


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds; see default.toml. `quick_confirm_s`: the countdown of whoever is beyond doubt and loses nothing
    by it, 0: none is shorter. `phone_s`: for how long a code for the phone is shown; 0: none is offered.
    `nip_pin`: whether whose face fails may be recorded by NIP and PIN, as the server has it."""

    min_frames: int
    max_frames: int
    confirm_s: float
    result_s: float
    leave_s: float
    refused_pause_s: float
    repeat_interval_s: float
    identify_s: float = 10.0
    nip_pad_s: float = 20.0
    quick_confirm_s: float = 0.0
    phone_s: float = 0.0
    nip_pin: NipPinPolicy = "off"


@dataclass(frozen=True, slots=True)
class Claimed:
    """How somebody was known by NIP and PIN. `duress`: somebody forces them; nothing at the terminal may show it."""

    method: Method
    officer_id: str | None = None
    duress: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What recording this person now would mean. `recorded_ago_s` None: not on this terminal as far as it knows;
    `recorded` what that presence was. `clock_trusted`: whether what it means is by a time that is certain. `arrived`:
    local time of the day's first presence, as far as this terminal knows of one. `letter`: in force, and excuses what
    would be late or early about it. `claimed`: known by NIP and PIN, not by the face. `phone`: local time at which one
    was connected to the person's e-TPP, while that is still told. `waiting`: known by an enrolment of this terminal
    that BKPP has not decided yet."""

    person: Person
    assessment: Assessment
    recorded_ago_s: float | None
    recorded: Direction | None = None
    clock_trusted: bool = True
    arrived: dt.datetime | None = None
    letter: Letter | None = None
    month: MonthSoFar | None = field(default=None, repr=False)
    claimed: Claimed | None = None
    phone: dt.datetime | None = field(default=None, repr=False)
    waiting: bool = False


# ---------------------------------------------------------------- inputs


@dataclass(frozen=True, slots=True)
class Saw:
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. Sent several times a second, so that countdowns end without a camera."""


@dataclass(frozen=True, slots=True)
class Pressed:
    button: Button


@dataclass(frozen=True, slots=True)
class NipEntered:
    """What was typed on the pad: the last digits of the NIP, to tell look-alikes apart; a whole NIP, or a PIN."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to `Enquire`; None when nobody of the candidates fits (left the office, or other digits). `wait_s`: of
    NIP and PIN, for how long none is compared."""

    prospect: Prospect | None
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stored:
    """The event is on disk, fsynced."""


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The event is not on disk."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    faults: frozenset[Fault]


@dataclass(frozen=True, slots=True)
class Invited:
    """The answer to `Invite`: the address that the phone opens; empty when the terminal cannot make one now."""

    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Distinguished:
    """The answer to `Distinguish`: so many last digits of the NIP differ."""

    digits: int


Input = Saw | Tick | Pressed | NipEntered | Answered | Distinguished | Stored | StoreFailed | FaultsChanged | Invited

# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class Enquire:
    """Find out what recording would mean. With `digits`: of the candidates, the one whose NIP ends so."""

    candidates: tuple[PersonId, ...]
    digits: str | None = None


@dataclass(frozen=True, slots=True)
class Distinguish:
    """Find out how many last digits of the NIP tell the candidates apart; answer with Distinguished."""

    candidates: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Find out whether NIP and PIN are somebody's, or an officer's PIN in place of the own; answer with Answered."""

    nip: str = field(repr=False)
    pin: str = field(repr=False)
    officer_pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """Append the presence; answer with Stored or StoreFailed. `samples`: pictures of this person, for a renewal.
    `chosen`: the direction that the person has corrected the schedule's to; `face`: who stood there."""

    prospect: Prospect
    match: Match
    liveness: LivenessVerdict
    samples: tuple[Sample, ...] = ()
    chosen: Direction | None = None
    face: Descriptor | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class RecordAttack:
    """Append the refused attack."""

    liveness: LivenessVerdict
    frames: int


@dataclass(frozen=True, slots=True)
class Count:
    """Add one to a counter that the heartbeat reports."""

    what: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Append an occurrence, one of the words of docs/protocol.md, and whom it is about."""

    what: str = field(repr=False)
    person_ids: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class Forget:
    """The recogniser shall begin anew with the face that it sees, and give it another number."""


@dataclass(frozen=True, slots=True)
class Invite:
    """Make a code by which this person's phone is let into e-TPP; answer with Invited."""

    person_id: PersonId


Effect = Enquire | Distinguish | Claim | Record | RecordAttack | Count | Happened | Forget | Invite

# ---------------------------------------------------------------- state


@dataclass(frozen=True, slots=True)
class Encounter:
    """`since_s` when the phase began; `waited_s` for how long, before that, the person was told nothing but to wait
    (IDENTIFYING); `seen_s` when a face was last seen; `hint` what the person is told in APPROACHING and POSITIONING, or
    was told in vain (NOT_IN_TIME), and `agreed_s` when a frame last said so; `amiss_s` since when something has been
    wrong with every frame of somebody who is near, None: the latest was good; `track` whose `match`, `liveness` and
    `samples` are; `done_track` a face that has had its result, or was forgotten, and is left alone until `done_until_s`
    or until it leaves; `typed_for` whom that result may be of, when it was typed whose it is, None: the face has said
    it; `fault` why nothing was recorded (NOT_RECORDED); `link` what the code says (PHONE), None until it is made;
    `apart_s` since when the face before it is one of whom it is not known whose it is, None: the person's; `corrected`:
    the person has said that the presence is in the other direction; `digits` how many are asked for in NIP_PAD;
    `claim`: what has been typed of NIP and PIN, `paused_until_s` before which none is compared; `face`: the descriptor
    of who was decided about."""

    phase: Phase = Phase.IDLE
    since_s: float = 0.0
    waited_s: float = 0.0
    seen_s: float = 0.0
    hint: Hint | None = None
    agreed_s: float = 0.0
    amiss_s: float | None = None
    sighting: Sighting = NOBODY
    track: int = 0
    match: Match | None = None
    liveness: LivenessVerdict = LIVENESS_OFF
    samples: tuple[Sample, ...] = ()
    prospect: Prospect | None = None
    fault: Fault | None = None
    faults: frozenset[Fault] = frozenset()
    done_track: int = 0
    done_until_s: float = 0.0
    typed_for: tuple[PersonId, ...] | None = None
    nip_tries: int = 0
    digits: int = LAST_DIGITS
    link: str | None = field(default=None, repr=False)
    apart_s: float | None = None
    corrected: bool = False
    claim: Claim | None = field(default=None, repr=False)
    paused_until_s: float = 0.0
    face: Descriptor | None = field(default=None, repr=False, compare=False)


Step = tuple[Encounter, tuple[Effect, ...]]

DISK_FAULTS = frozenset({Fault.DISK_FULL, Fault.DISK_READ_ONLY, Fault.DISK_ERROR, Fault.STATE_FOREIGN})
