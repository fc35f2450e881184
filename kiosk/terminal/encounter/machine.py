"""One person in front of the terminal, from approach to recorded: a pure state machine.

`step(encounter, input, settings)` gives the next encounter and the effects that the caller has to carry out. It knows
no screen, no camera, no disk and no wall clock: instants are monotonic seconds that come in with each input.

    IDLE ──face──> APPROACHING / POSITIONING <──> IDENTIFYING <──> CHALLENGE
      ^                                             │  │  │
      │                    attack ──────────────────┘  │  ├── nobody accepted ──> UNKNOWN
      │                                                │  └── neither for identify_s, or only hints for HINTED_S
      │                                                │          ──> NOT_IN_TIME
      │                                                │
      │                        accepted ──> ENQUIRING ─┴─ look-alikes ──> NIP_PAD ──> ENQUIRING
      │                                        │
      │                    recorded lately ────┴──> CONFIRM ── "Bukan saya" ──> REFUSED_BY_PERSON
      │                         │                      │ "Benar", or the countdown ends
      │                 ALREADY_RECORDED            SAVING ──> RECORDED, or NOT_RECORDED
      └──────────── each result stays for result_s ────┘

Look-alikes are people whose enrolled faces are too alike, or who are all too near to this face even after max_frames.
In doubt about life the challenge comes before the pad, as before ENQUIRING.

A new start (Forget) makes all that the recogniser has gathered worthless: the face in sight gets another number, and
its old one is done for ever. It comes when a pause is over, when nobody has typed on the pad, and after a fault.

A fault that keeps the terminal from recording leads to FAULT from every phase in which nothing is at stake yet, and a
revocation also from those in which nothing is being written yet.
A confirmation outlives the face: somebody who has seen the name and walks on is recorded when the countdown ends.

From RECORDED the person may ask for e-TPP on the own phone, while the own face is in sight: RECORDED ── "e-TPP di
ponsel" ──> PHONE. Its code is hidden as soon as another face comes, until that has turned out to be the same person,
and it goes with the face, with its time, with a touch, or with anybody else's face. MONTH, the own month, likewise: for
ten seconds, and gone with any other face at once.

Whose face fails (UNKNOWN, NOT_IN_TIME) types NIP and PIN where the server permits it: CLAIM_NIP ──> CLAIM_PIN, or
CLAIM_OFFICER where an officer has to stand by and types one in its place, ──> ENQUIRING ──> CONFIRM.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.model import BLOCKING_FAULTS, NOT_DESCRIBED, TOO_NEAR, Fault, Hint, Liveness, Match, PersonId, Sighting
from kiosk.terminal.encounter.asking import confirm_s, correctable, direction
from kiosk.terminal.encounter.claiming import TRIES, offers_pin, typed, typing_s
from kiosk.terminal.encounter.own import is_anothers, offered_s, offers_month, offers_phone, over, watched
from kiosk.terminal.encounter.values import (
    ASKED,
    CLAIMING,
    LAST_DIGITS,
    OWN,
    PADS,
    RESULTS,
    SEARCHING,
    Answered,
    Button,
    Count,
    Distinguish,
    Distinguished,
    Encounter,
    Enquire,
    FaultsChanged,
    Forget,
    Happened,
    Input,
    Invite,
    Invited,
    NipEntered,
    Phase,
    Pressed,
    Prospect,
    Record,
    RecordAttack,
    Saw,
    Settings,
    Step,
    Stored,
    StoreFailed,
    Tick,
)

_NEVER_S = float("inf")
_NIP_TRIES = 3
_RESULT_SEEN_S = 0.8
"""So long a result is seen at the least: then the next one who stands there has the screen, within a second."""
NO_MATCH = Match(None, 0.0, 0.0, 0.0, 0, "below_threshold")
"""Of somebody known by NIP and PIN before whom the camera described no face."""
_STEADY_S = 0.3
"""What the person is told stays until no frame has said so for this long. At the edge of a limit one frame says this,
the next that: on a clip of two people turning their heads the screen changed 31 times in 56 frames, now once."""

HINTED_S = 12.0
"""So long something may be wrong with every frame of a person. Not everybody can mend it: an eye patch, the dark
glasses of the blind, a counter in the dark. Such a face has failed, and NIP and PIN, or an officer, have to do."""

_TOLD_IN = {None: Phase.IDENTIFYING, Hint.TOO_FAR: Phase.APPROACHING}
"""The phase in which a hint is told; all others in POSITIONING."""

_TELLING = frozenset({Phase.APPROACHING, Phase.POSITIONING, Phase.IDENTIFYING})


def step(encounter: Encounter, what: Input, now_s: float, settings: Settings) -> Step:
    """The next encounter and what to do. `now_s` monotonic seconds, not below that of the step before."""
    match what:
        case Saw(sighting):
            return _saw(encounter, sighting, now_s, settings)
        case Tick():
            return _tick(encounter, now_s, settings)
        case Pressed(button):
            return _pressed(encounter, button, now_s, settings)
        case NipEntered(digits):
            if encounter.phase in CLAIMING:
                asked, phase, effects = typed(encounter, digits, settings)
                return _enter(asked, phase, now_s), effects
            if encounter.phase is not Phase.NIP_PAD or encounter.match is None:
                return encounter, ()
            entered = replace(_enter(encounter, Phase.ENQUIRING, now_s), nip_tries=encounter.nip_tries + 1)
            return entered, (Enquire(_candidates(encounter.match), digits),)
        case Answered(prospect, wait_s):
            return _answered(encounter, prospect, wait_s, now_s, settings)
        case Distinguished(digits):
            return (replace(encounter, digits=digits) if encounter.phase is Phase.NIP_PAD else encounter), ()
        case Stored():
            if encounter.phase is not Phase.SAVING:
                return encounter, ()
            return _finish(encounter, Phase.RECORDED, now_s, _NEVER_S), ()
        case StoreFailed(fault):
            if encounter.phase is not Phase.SAVING:
                return encounter, ()
            return replace(_finish(encounter, Phase.NOT_RECORDED, now_s, 0.0), fault=fault), ()
        case Invited(link):
            return (replace(encounter, link=link) if encounter.phase is Phase.PHONE else encounter), ()
        case FaultsChanged(faults):
            settled = _settle(replace(encounter, faults=faults), now_s)
            if encounter.phase is Phase.FAULT and settled.phase is not Phase.FAULT:
                return _forget(settled)
            return settled, ()


def interrupted(encounter: Encounter, sighting: Sighting, now_s: float) -> Encounter:
    """Nobody is being recorded: somebody else has the screen. Who is before the camera meanwhile has come for that, and
    is left alone until the face leaves."""
    left = replace(encounter, sighting=sighting, done_track=sighting.track, done_until_s=_NEVER_S, typed_for=None)
    return _idle(left, now_s)


def resumed(encounter: Encounter, before: Encounter) -> Encounter:
    """It was a tap and nothing else: the faces that had their result `before` are left alone, and no other."""
    return replace(
        encounter, done_track=before.done_track, done_until_s=before.done_until_s, typed_for=before.typed_for
    )


def _enter(encounter: Encounter, phase: Phase, now_s: float) -> Encounter:
    if encounter.phase is phase:
        return encounter
    waited_s = _waited_s(encounter, now_s) if phase in _TELLING else 0.0
    return replace(encounter, phase=phase, since_s=now_s, waited_s=waited_s)


def _waited_s(encounter: Encounter, now_s: float) -> float:
    return encounter.waited_s + (now_s - encounter.since_s if encounter.phase is Phase.IDENTIFYING else 0.0)


def _finish(encounter: Encounter, phase: Phase, now_s: float, pause_until_s: float) -> Encounter:
    """End with a result; the face whose it is is left alone until `pause_until_s`."""
    done = replace(encounter, typed_for=_typed_for(encounter))
    done = replace(done, done_track=_whose(done), done_until_s=pause_until_s)
    return _enter(done, phase, now_s)


def _typed_for(encounter: Encounter) -> tuple[PersonId, ...] | None:
    """Whom a result may be of that was typed; None of one that the face has given."""
    if not encounter.nip_tries:
        return None
    known = (encounter.prospect.person.person_id,) if encounter.prospect is not None else ()
    return (*known, *_candidates(encounter.match))


def _of_who_typed(encounter: Encounter, now_s: float, settings: Settings) -> Encounter:
    """Who looks down at a pad comes back under another number, and a face that failed does not say whose it is: while
    the result is shown every face is theirs that is not accepted as somebody else's. It is left alone for as long as
    after a refusal, for it may be the next one's all the same."""
    track, match = encounter.sighting.track, encounter.sighting.match
    if encounter.typed_for is None or not track:
        return encounter
    accepted = match.person_id if match is not None and match.frames >= settings.min_frames else None
    theirs = track == encounter.track or accepted is None or accepted in encounter.typed_for
    if not theirs and track == encounter.done_track:
        return replace(encounter, done_track=0)
    if theirs and track != encounter.done_track and encounter.phase in RESULTS:
        until_s = min(encounter.done_until_s, now_s + settings.result_s + settings.refused_pause_s)
        return replace(encounter, done_track=track, done_until_s=until_s)
    return encounter


def _whose(encounter: Encounter) -> int:
    """The track whose result this is: not that of whoever has stepped in since, who would be passed over. A person who
    was out of sight for a moment has another number and is known by the match."""
    latest, decided = encounter.sighting.match, encounter.match
    if latest is None or decided is None or decided.person_id is None or latest.person_id != decided.person_id:
        return encounter.track
    return encounter.sighting.track


def _idle(encounter: Encounter, now_s: float) -> Encounter:
    idle = replace(
        encounter,
        match=None,
        prospect=None,
        fault=None,
        nip_tries=0,
        digits=LAST_DIGITS,
        link=None,
        apart_s=None,
        corrected=False,
        claim=None,
        paused_until_s=0.0,
        face=None,
        amiss_s=None,
    )
    return _settle(_enter(idle, Phase.IDLE, now_s), now_s)


def _forget(encounter: Encounter) -> Step:
    """A new start. The face in sight keeps its number until the recogniser has heard of it, in one frame or in many;
    what it says of that number was gathered before, and counts for nothing."""
    left = replace(encounter, match=None, done_track=encounter.sighting.track, done_until_s=_NEVER_S)
    return replace(left, amiss_s=None, typed_for=None), (Forget(),)


def _settle(encounter: Encounter, now_s: float) -> Encounter:
    """Go to FAULT or come back from it, unless somebody's presence is at stake and can still be recorded."""
    blocked = bool(encounter.faults & BLOCKING_FAULTS)
    revoked = Fault.DEVICE_REVOKED in encounter.faults
    if blocked and (encounter.phase in (SEARCHING | ASKED if revoked else SEARCHING) or encounter.phase in OWN):
        return _enter(
            replace(encounter, match=None, prospect=None, link=None, apart_s=None, claim=None, nip_tries=0),
            Phase.FAULT,
            now_s,
        )
    if not blocked and encounter.phase is Phase.FAULT:
        return _enter(encounter, Phase.IDLE, now_s)
    return encounter


def _saw(encounter: Encounter, sighting: Sighting, now_s: float, settings: Settings) -> Step:
    seen = replace(encounter, sighting=sighting, seen_s=now_s if sighting.track else encounter.seen_s)
    if sighting.track and sighting.track == seen.track:
        seen = replace(seen, samples=sighting.samples)
    if seen.phase in OWN:
        anothers = is_anothers(seen, sighting, settings)
        return (_idle(seen, now_s) if anothers else watched(seen, sighting, now_s, settings)), ()
    seen = _of_who_typed(seen, now_s, settings)
    if _next_stands_there(seen, now_s):
        seen = _idle(seen, now_s)
    if seen.phase not in SEARCHING:
        return seen, ()
    if not sighting.track:
        gone = now_s - seen.seen_s >= settings.leave_s
        return (_idle(seen, now_s) if gone else seen), ()
    if sighting.track == seen.done_track:
        if now_s < seen.done_until_s:
            return _enter(seen, Phase.IDLE, now_s), ()
        return _forget(seen)
    return _search(seen, sighting, now_s, settings)


def _next_stands_there(encounter: Encounter, now_s: float) -> bool:
    """The next person in the queue does not wait for the end of a result that has been seen."""
    another = encounter.sighting.track not in (0, encounter.done_track)
    return encounter.phase in RESULTS and another and now_s - encounter.since_s >= _RESULT_SEEN_S


def _search(encounter: Encounter, sighting: Sighting, now_s: float, settings: Settings) -> Step:
    """A face that has no result yet: say what to do, or decide."""
    liveness, match = sighting.liveness, sighting.match
    seen = replace(
        encounter,
        track=sighting.track,
        match=match,
        liveness=liveness,
        samples=sighting.samples,
        face=sighting.face,
        amiss_s=_amiss_s(encounter, sighting, now_s),
    )
    if liveness.state is Liveness.ATTACK:
        frames = match.frames if match else 0
        refused = _finish(seen, Phase.ATTACK_REFUSED, now_s, now_s + settings.result_s + settings.refused_pause_s)
        return refused, (RecordAttack(liveness, frames), Count("attack_refused"))
    if seen.amiss_s is not None and now_s - seen.amiss_s >= HINTED_S:
        told = replace(seen, hint=sighting.hint)
        return _finish(told, Phase.NOT_IN_TIME, now_s, now_s + settings.result_s), (Count("not_in_time"),)
    if match is not None and _named(match, settings):
        if liveness.state is Liveness.LIVE:
            if match.look_alikes or match.person_id is None:
                asked = replace(seen, digits=LAST_DIGITS)
                return _enter(asked, Phase.NIP_PAD, now_s), (Distinguish(_candidates(match)),)
            return _enter(seen, Phase.ENQUIRING, now_s), (Enquire(_candidates(match)),)
        # Between two movements of a challenge nothing is asked: the screen stays and says to look straight.
        if liveness.state is Liveness.CHALLENGE or seen.phase is Phase.CHALLENGE:
            return _enter(seen, Phase.CHALLENGE, now_s), ()
        if liveness.reason == NOT_DESCRIBED:
            return _tell(seen, sighting.hint, now_s), ()  # the next good frame says whose the life is
        return _tell(seen, Hint.TOO_NEAR if liveness.reason == TOO_NEAR else None, now_s), ()
    if match is not None and match.frames >= settings.max_frames:
        return _finish(seen, Phase.UNKNOWN, now_s, now_s + settings.result_s), (Count("unknown"),)
    return _tell(seen, sighting.hint, now_s), ()


def _amiss_s(encounter: Encounter, sighting: Sighting, now_s: float) -> float | None:
    """Since when something has been wrong with every frame. Whoever is far away has not come for it, and a movement
    that has been asked, or a pause between two, has a time of its own."""
    if sighting.hint in {None, Hint.TOO_FAR} or sighting.liveness.challenge is not None:
        return None
    return now_s if encounter.amiss_s is None else encounter.amiss_s


def _named(match: Match, settings: Settings) -> bool:
    """Whether it is known who it is, or who it may be of several people whom more frames would not tell apart."""
    least = settings.min_frames if match.person_id is not None else settings.max_frames
    return match.frames >= least and (match.person_id is not None or bool(match.look_alikes))


def _candidates(match: Match | None) -> tuple[PersonId, ...]:
    """Whom the terminal asks about: the one who was accepted, or all look-alikes."""
    if match is None:
        return ()
    return match.look_alikes or ((match.person_id,) if match.person_id is not None else ())


def _tell(encounter: Encounter, hint: Hint | None, now_s: float) -> Encounter:
    """Say what the person should do, None: nothing but wait; steadily (_STEADY_S)."""
    if encounter.phase in _TELLING and hint is not encounter.hint and now_s - encounter.agreed_s < _STEADY_S:
        return encounter
    told = replace(encounter, hint=hint, agreed_s=now_s)
    return _enter(told, _TOLD_IN.get(hint, Phase.POSITIONING), now_s)


def _answered(encounter: Encounter, prospect: Prospect | None, wait_s: float, now_s: float, settings: Settings) -> Step:
    if encounter.phase is not Phase.ENQUIRING:
        return encounter, ()
    if encounter.claim is not None:
        paused = replace(encounter, paused_until_s=now_s + wait_s if wait_s > 0 else 0.0)
        return _claimed(paused, prospect, now_s, settings)
    if prospect is None:
        if encounter.match and encounter.match.look_alikes and encounter.nip_tries < _NIP_TRIES:
            return _enter(encounter, Phase.NIP_PAD, now_s), ()
        return _finish(encounter, Phase.UNKNOWN, now_s, now_s + settings.result_s), (Count("unknown"),)
    if prospect.person.person_id not in _candidates(encounter.match):
        return encounter, ()  # to a question about somebody else, before a revocation that has been lifted since
    return _known(encounter, prospect, now_s, settings)


def _claimed(encounter: Encounter, prospect: Prospect | None, now_s: float, settings: Settings) -> Step:
    """The answer to NIP and PIN. What was typed is kept no longer."""
    asked = replace(encounter, claim=None)
    if prospect is None and encounter.nip_tries < TRIES:
        return _enter(asked, Phase.CLAIM_NIP, now_s), ()
    if prospect is None or prospect.claimed is None:
        return _finish(asked, Phase.UNKNOWN, now_s, now_s + settings.result_s), (Count("nip_pin_refused"),)
    return _known(asked, prospect, now_s, settings)


def _known(encounter: Encounter, prospect: Prospect, now_s: float, settings: Settings) -> Step:
    known = replace(encounter, prospect=prospect, corrected=False)
    ago_s = prospect.recorded_ago_s
    # Whoever came a minute before the apel begins is recorded again at it: the books ask for a presence in its window.
    if ago_s is not None and ago_s < settings.repeat_interval_s and not prospect.assessment.awaited:
        counted = Count("already_recorded")
        return _finish(known, Phase.ALREADY_RECORDED, now_s, _NEVER_S), (counted, *_sign(prospect))
    return _enter(known, Phase.CONFIRM, now_s), ()


def _sign(prospect: Prospect | None) -> tuple[Happened, ...]:
    """Of whoever is forced: what is told where no presence says it."""
    if prospect is None or prospect.claimed is None or not prospect.claimed.duress:
        return ()
    return (Happened("duress", (prospect.person.person_id,)),)


def _pressed(encounter: Encounter, button: Button, now_s: float, settings: Settings) -> Step:
    if encounter.phase is Phase.CONFIRM:
        if button is Button.CORRECT:
            return _record(encounter, now_s)
        if button is Button.OTHER_WAY and encounter.prospect is not None and correctable(encounter.prospect):
            return replace(encounter, corrected=not encounter.corrected, since_s=now_s), ()  # to be read anew
        if button is Button.NOT_ME:
            pause_until_s = now_s + settings.result_s + settings.refused_pause_s
            refused = _finish(encounter, Phase.REFUSED_BY_PERSON, now_s, pause_until_s)
            return refused, (Count("refused_by_person"), *_sign(encounter.prospect))
    if button is Button.NIP_PIN and offers_pin(encounter, settings):
        return _enter(replace(encounter, claim=None, nip_tries=0), Phase.CLAIM_NIP, now_s), ()
    if encounter.phase in PADS and button in (Button.CANCEL, Button.NOT_ME):
        pause_until_s = now_s + settings.result_s + settings.refused_pause_s
        return _finish(encounter, Phase.REFUSED_BY_PERSON, now_s, pause_until_s), (Count("refused_by_person"),)
    if button is Button.PHONE and offers_phone(encounter, settings) and encounter.prospect is not None:
        asked = _enter(replace(encounter, link=None, apart_s=None), Phase.PHONE, now_s)
        return asked, (Invite(encounter.prospect.person.person_id),)
    if button is Button.MONTH and offers_month(encounter):
        return _enter(replace(encounter, apart_s=None), Phase.MONTH, now_s), ()
    if encounter.phase in RESULTS | OWN:  # a touch sends it away: the next person is waiting
        return _idle(encounter, now_s), ()
    return encounter, ()


def _record(encounter: Encounter, now_s: float) -> Step:
    prospect = encounter.prospect
    found = encounter.match or (NO_MATCH if prospect is not None and prospect.claimed is not None else None)
    if prospect is None or found is None:
        return _idle(encounter, now_s), ()
    chosen = direction(encounter) if encounter.corrected else None
    samples = encounter.samples if prospect.claimed is None else ()  # a PIN says nothing of whose face it is
    record = Record(prospect, found, encounter.liveness, samples, chosen, encounter.face)
    return _enter(encounter, Phase.SAVING, now_s), (record,)


def _tick(encounter: Encounter, now_s: float, settings: Settings) -> Step:
    age_s = now_s - encounter.since_s
    if encounter.phase is Phase.CONFIRM and age_s >= confirm_s(encounter, settings):
        return _record(encounter, now_s)
    shown_s = max(settings.result_s, offered_s(encounter, settings))
    if encounter.phase in RESULTS and age_s >= shown_s:
        return _idle(encounter, now_s), ()
    if _next_stands_there(encounter, now_s) and encounter.seen_s > encounter.since_s:
        # Seen while the result was read. The recogniser may take a while over the next frame: until then there
        # is the live picture, and nothing is decided by a frame of that time.
        idle = _idle(encounter, now_s)
        return (_tell(idle, encounter.sighting.hint, now_s) if idle.phase in SEARCHING else idle), ()
    if encounter.phase in OWN and over(encounter, now_s, settings):
        return _idle(encounter, now_s), ()
    if encounter.phase in PADS and age_s >= typing_s(encounter, settings):
        return _forget(_idle(encounter, now_s))
    if encounter.phase is Phase.IDENTIFYING and _waited_s(encounter, now_s) >= settings.identify_s:
        return _finish(encounter, Phase.NOT_IN_TIME, now_s, now_s + settings.result_s), (Count("not_in_time"),)
    waiting = encounter.phase in SEARCHING and encounter.phase is not Phase.IDLE
    if waiting and now_s - encounter.seen_s >= settings.leave_s:
        idle = _idle(encounter, now_s)
        if not encounter.sighting.track:
            return idle, ()
        # No frame has said that the face has gone: frames that take so long would else never come to an end.
        return replace(idle, waited_s=_waited_s(encounter, now_s), amiss_s=encounter.amiss_s), ()
    return _settle(encounter, now_s), ()
