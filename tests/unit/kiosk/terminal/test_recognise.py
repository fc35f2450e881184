"""One person's stay: when a track begins and ends, which frames are described, who is in the way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from kiosk import liveness as evidence
from kiosk.model import (
    NOBODY,
    Box,
    Challenge,
    Descriptor,
    Face,
    Frame,
    Hint,
    Liveness,
    LivenessVerdict,
    Match,
    ModelId,
    PersonId,
    Quality,
    RgbImage,
)
from kiosk.model.recognisers import DLIB, FP_112
from kiosk.terminal.recognise import INSISTING, RIVAL_SHARE, SAME_TRACK_S, TOLD_S, WATCH_S, Recogniser, _with_nip
from tests.unit.kiosk import factories
from tests.unit.kiosk.liveness import presentations
from tests.unit.kiosk.terminal.scripted import (
    ScriptedEngine,
    ScriptedLiveness,
    ScriptedMatcher,
    descriptor,
    no_time,
)


class Bench:
    def __init__(self, looks: int = 1) -> None:
        self.engine, self.liveness, self.hint = ScriptedEngine(), ScriptedLiveness(), None
        self.recogniser = Recogniser(
            self.engine, ScriptedMatcher(), self.liveness, self.judge, max_frames=4, min_frames=3, looks=looks
        )
        self.t_s = 0.0

    def judge(self, quality: Quality) -> Hint | None:
        return self.hint

    def see(self, *faces: Face, after_s: float = 0.1):
        self.t_s += after_s
        self.engine.faces_now = list(faces)
        return self.recogniser.see(factories.frame(self.t_s), no_time)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_empty_frame_has_no_track(bench: Bench) -> None:
    assert bench.see().track == 0


def test_one_person_gathers_frames_in_one_track(bench: Bench) -> None:
    seen = [bench.see(factories.face(left=200 + 5 * n)) for n in range(3)]
    assert [s.track for s in seen] == [1, 1, 1]
    assert [s.match.frames for s in seen if s.match] == [1, 2, 3]
    assert bench.liveness.resets == 1


def test_a_short_gap_keeps_the_track_and_a_long_one_does_not(bench: Bench) -> None:
    bench.see(factories.face())
    bench.see()
    assert bench.see(factories.face(), after_s=SAME_TRACK_S / 2).track == 1
    bench.see()
    again = bench.see(factories.face(), after_s=SAME_TRACK_S + 0.1)
    assert again.track == 2
    assert again.match is not None
    assert again.match.frames == 1


@pytest.mark.parametrize("elsewhere", [factories.face(left=420), factories.face(size=320)])
def test_a_face_elsewhere_is_somebody_else(bench: Bench, elsewhere: Face) -> None:
    bench.see(factories.face())
    assert bench.see(elsewhere).track == 2
    assert bench.liveness.resets == 2


def test_who_steps_in_at_the_same_place_is_told_by_the_descriptor(bench: Bench) -> None:
    bench.see(factories.face())
    bench.engine.descriptor_now = descriptor(1)
    seen = bench.see(factories.face())
    assert seen.track == 2
    assert seen.match is not None
    assert seen.match.frames == 1, "no frame of the first person counts for the second"


def test_who_steps_in_after_the_decision_is_noticed_too(bench: Bench) -> None:
    for _ in range(6):
        bench.see(factories.face())
    assert bench.engine.described == 3, "min_frames: more would tell nothing new"
    bench.engine.descriptor_now = descriptor(1)
    for _ in range(12):
        last = bench.see(factories.face(), after_s=WATCH_S / 10)
    assert last.track == 2


def decided(bench: Bench) -> None:
    for _ in range(3):
        bench.see(factories.face())


def test_the_next_one_in_the_queue_is_told_by_the_first_good_frame_after_an_empty_one(bench: Bench) -> None:
    decided(bench)
    bench.see(after_s=0.01)
    bench.engine.descriptor_now = descriptor(1)
    assert bench.see(factories.face(), after_s=0.01).track == 2


def test_who_was_out_of_sight_for_a_frame_is_described_once_more_and_stays_who_it_is(bench: Bench) -> None:
    decided(bench)
    bench.see(after_s=0.01)
    seen = [bench.see(factories.face(), after_s=0.01) for _ in range(3)]
    assert [each.track for each in seen] == [1, 1, 1]
    assert (bench.engine.described, bench.liveness.resets) == (4, 1)


def test_what_is_wrong_with_the_first_frame_after_an_empty_one_leaves_it_to_the_next_good_one(bench: Bench) -> None:
    decided(bench)
    bench.see(after_s=0.01)
    bench.engine.descriptor_now = descriptor(1)
    bench.hint = Hint.NOT_FACING
    assert bench.see(factories.face(), after_s=0.01).track == 1
    bench.hint = None
    assert bench.see(factories.face(), after_s=0.01).track == 2


def test_who_steps_in_beside_somebody_as_near_is_another_one_too_and_nothing_of_the_frame_counts(bench: Bench) -> None:
    decided(bench)
    bench.see(after_s=0.01)
    bench.engine.descriptor_now = descriptor(1)
    seen = bench.see(factories.face(), factories.face(left=420), after_s=0.01)
    assert (seen.track, seen.hint, seen.match) == (2, Hint.SEVERAL_FACES, None)


def test_a_rival_is_no_reason_to_describe_whoever_is_not_decided_about(bench: Bench) -> None:
    bench.see(factories.face(), factories.face(left=420))
    assert bench.engine.described == 0


LIVE = LivenessVerdict(Liveness.LIVE, 0.9, "passive")


def test_life_is_of_the_described_face_or_of_nobody(bench: Bench) -> None:
    """A photograph for the name, taken away at once, and the own face for the evidence."""
    bench.liveness.verdict = LivenessVerdict(Liveness.PENDING, 0.5, "gathering")
    decided(bench)
    bench.liveness.verdict = LIVE
    bench.engine.descriptor_now = descriptor(1)
    seen = bench.see(factories.face(), after_s=0.01)
    assert (seen.track, seen.liveness.state) == (2, Liveness.PENDING)
    assert seen.match is not None
    assert seen.match.frames == 1
    assert bench.liveness.resets == 2, "and the evidence begins anew"


def test_life_that_shows_in_a_frame_of_which_something_is_wrong_waits_for_a_good_one(bench: Bench) -> None:
    """As at the end of a movement: the face looks aside."""
    bench.liveness.verdict = LivenessVerdict(Liveness.PENDING, 0.5, "gathering")
    decided(bench)
    bench.liveness.verdict, bench.hint = LIVE, Hint.NOT_FACING
    waiting = bench.see(factories.face(), after_s=0.01)
    assert (waiting.liveness.state, waiting.liveness.reason) == (Liveness.PENDING, "not_described")
    assert bench.engine.described == 3
    bench.hint = None
    assert [bench.see(factories.face(), after_s=0.01).liveness for _ in range(2)] == [LIVE, LIVE]
    assert bench.engine.described == 4, "once an encounter"
    bench.hint = Hint.NOT_FACING
    assert bench.see(factories.face(), after_s=0.01).liveness == LIVE, "whose it is is known"


ACCOMPLICES = [Hint.EYES_HIDDEN, Hint.SEVERAL_FACES, Hint.TOO_DARK, Hint.NOT_FACING]


@pytest.mark.parametrize("hint", ACCOMPLICES)
def test_frames_that_cannot_be_described_are_not_told_to_be_good(bench: Bench, hint: Hint) -> None:
    decided(bench)
    bench.hint = hint
    bench.see(factories.face(), after_s=0.01)
    bench.hint = None
    bench.see(factories.face(), after_s=0.01)
    assert bench.liveness.good == [True] * 3 + [False, True]


class Accomplice:
    """A living head before the terminal, which does what is asked, and a photograph that it holds before itself."""

    def __init__(self, policy: str) -> None:
        self.bench, self.score_now = Bench(), 0.0
        self.head, self.person, self.sighting = presentations.astronaut(), presentations.Person(), NOBODY
        self.bench.recogniser = Recogniser(
            self.bench.engine,
            ScriptedMatcher(),
            evidence.Liveness(policy, self, random.Random(0)),
            self.bench.judge,
            4,
            min_frames=3,
            looks=1,
        )

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        """The passive model's."""
        return self.score_now

    def shows(self, hint: Hint | None, score: float, seconds: float) -> set[tuple[int, Liveness]]:
        """Of the photograph nothing is wrong, and the model doubts it; of the head the reverse."""
        self.bench.hint, self.score_now, seen = hint, score, set()
        for _ in range(round(seconds * 15)):
            self.bench.t_s += 1 / 15
            posture = self.person.posture(self.sighting.liveness, self.bench.t_s)
            rgb, face = self.head.head(posture if hint else presentations.Posture())
            self.bench.engine.faces_now = [face]
            self.sighting = self.bench.recogniser.see(Frame(rgb, 0, self.bench.t_s), no_time)
            seen.add((self.sighting.track, self.sighting.liveness.state))
        return seen


@pytest.mark.parametrize("policy", ["challenge-when-in-doubt", "always-challenge"])
def test_a_photograph_before_and_after_a_living_accomplice_who_cannot_be_described(policy: str) -> None:
    accomplice = Accomplice(policy)
    shown = accomplice.shows(None, -1.0, 0.3)
    shown |= accomplice.shows(Hint.EYES_HIDDEN, 9.0, 8.0)
    shown |= accomplice.shows(None, -1.0, 0.3)
    assert shown <= {(1, Liveness.PENDING), (1, Liveness.CHALLENGE)}


def test_a_movement_is_asked_of_a_described_face(bench: Bench) -> None:
    """A photograph for the name, and the own face comes to rest in its place, within WATCH_S."""
    decided(bench)
    bench.engine.descriptor_now = descriptor(1)
    bench.liveness.verdict = LivenessVerdict(
        Liveness.CHALLENGE, 0.5, "challenge_asked", Challenge.NOD, bench.t_s + 0.01, bench.t_s + 5
    )
    seen = bench.see(factories.face(), after_s=0.01)
    assert (seen.track, seen.liveness.reason) == (2, "not_described")
    assert bench.liveness.resets == 2


def test_who_is_asked_is_described_once_a_movement(bench: Bench) -> None:
    decided(bench)
    asked = LivenessVerdict(Liveness.CHALLENGE, 0.5, "challenge_asked", Challenge.NOD, bench.t_s + 0.01, bench.t_s + 5)
    bench.liveness.verdict = asked
    assert [bench.see(factories.face(), after_s=0.01).liveness for _ in range(3)] == [asked] * 3
    assert bench.engine.described == 4


def test_who_is_alive_in_a_frame_that_is_described_anyhow_is_not_described_twice(bench: Bench) -> None:
    bench.liveness.verdict = LIVE
    decided(bench)
    bench.see(factories.face(), after_s=0.01)
    assert bench.engine.described == 3


def test_nobody_accepted_is_looked_at_until_max_frames(bench: Bench) -> None:
    bench.recogniser.use(ScriptedMatcher(None))
    for _ in range(8):
        seen = bench.see(factories.face())
    assert bench.engine.described == 4
    assert seen.match is not None
    assert seen.match.frames == 4


def test_a_frame_with_a_hint_is_not_described(bench: Bench) -> None:
    bench.hint = Hint.TOO_DARK
    seen = bench.see(factories.face())
    assert (seen.hint, seen.match, bench.engine.described) == (Hint.TOO_DARK, None, 0)


def test_life_counts_only_for_a_face_that_has_been_described(bench: Bench) -> None:
    """A living accomplice, too far away to be described, then the photograph of somebody else in his place."""
    bench.hint = Hint.TOO_FAR
    accomplice = bench.see(factories.face())
    assert accomplice.liveness == LivenessVerdict(Liveness.PENDING, 0.0, "not_described")
    assert bench.liveness.updates == 0
    bench.hint = None
    bench.see(factories.face())
    assert bench.liveness.updates == 1


def test_nobody_is_challenged_before_it_is_known_whom_the_screen_would_ask(bench: Bench) -> None:
    for _ in range(4):
        bench.see(factories.face())
    assert bench.liveness.asks == [False, False, True, True], "min_frames is 3"


def test_a_stranger_is_never_challenged_and_look_alikes_are_when_no_more_frames_will_help(bench: Bench) -> None:
    bench.recogniser.use(ScriptedMatcher(None))
    for _ in range(6):
        bench.see(factories.face())
    assert bench.liveness.asks == [False] * 6
    bench.recogniser.use(ScriptedMatcher(None, look_alikes=(PersonId("p-1"), PersonId("p-2"))))
    for _ in range(5):
        bench.see(factories.face())
    assert bench.liveness.asks[6:] == [False] * 3 + [True] * 2, "max_frames is 4"


def test_the_nearest_counts_and_a_rival_leaves_it_open(bench: Bench) -> None:
    near = factories.face(size=200, eye_distance_px=100.0)
    behind = factories.face(left=20, size=150, eye_distance_px=100 * RIVAL_SHARE - 1)
    beside = factories.face(left=420, size=150, eye_distance_px=100 * RIVAL_SHARE)
    seen = bench.see(near, behind)
    assert (seen.hint, seen.faces) == (None, 2)
    assert seen.box == bench.see(near).box
    assert bench.see(near, beside).hint is Hint.SEVERAL_FACES


def test_a_pattern_on_the_wall_is_no_second_person_and_not_the_nearest(bench: Bench) -> None:
    person = replace(factories.face(size=150), score=1.5)
    wall = replace(factories.face(left=420, size=200), score=0.1)
    seen = bench.see(wall, person)
    assert (seen.hint, seen.faces, seen.box) == (None, 1, bench.see(person).box)


def test_restart_makes_a_new_person_of_the_same_face(bench: Bench) -> None:
    bench.see(factories.face())
    bench.recogniser.restart()
    seen = bench.see(factories.face())
    assert seen.track == 2
    assert seen.match is not None
    assert seen.match.frames == 1


def test_another_gallery_is_searched_from_the_next_frame(bench: Bench) -> None:
    bench.see(factories.face())
    bench.recogniser.use(ScriptedMatcher("p-2"))
    seen = bench.see(factories.face())
    assert seen.match is not None
    assert seen.match.person_id == "p-2"


def test_the_box_is_told_in_fractions(bench: Bench) -> None:
    face = factories.face()
    wide = Face(Box(64, 48, 320, 240), face.landmarks_px, face.quality)
    assert bench.see(wide).box == (0.1, 0.1, 0.5, 0.5)


# ---------------------------------------------------------------- the limits, each from both sides


@pytest.mark.parametrize(("gap_s", "track"), [(0.6, 1), (0.601, 2)])
@pytest.mark.parametrize("empty_frame", [True, False])
def test_how_long_a_face_may_be_out_of_sight(bench: Bench, gap_s: float, track: int, empty_frame: bool) -> None:
    bench.see(factories.face(), after_s=0.0)
    if empty_frame:
        bench.see(after_s=gap_s)
    assert bench.see(factories.face(), after_s=0.0 if empty_frame else gap_s).track == track


def test_an_empty_frame_is_not_yet_the_end_of_a_track_whatever_the_clock_says(bench: Bench) -> None:
    bench.t_s = 1000.0
    bench.see(factories.face())
    bench.see(after_s=0.25)
    assert bench.see(factories.face(), after_s=0.25).track == 1


@pytest.mark.parametrize(
    ("left", "top", "size", "track"),
    [
        # the first is at (200, 120), 150 large, so its middle at (275, 195): 0.7 of that is 105
        (304, 120, 150, 1),
        (305, 120, 150, 2),
        (96, 120, 150, 1),
        (95, 120, 150, 2),
        (200, 224, 150, 1),
        (200, 225, 150, 2),
        (200, 16, 150, 1),
        (200, 15, 150, 2),
        (237, 157, 76, 1),  # more than half as large
        (237, 157, 75, 2),
        (126, 46, 299, 1),  # less than double
        (125, 45, 300, 2),
        (334, 120, 299, 1),  # 208.5 to the side: 0.7 of the larger one is 209.3
        (335, 120, 299, 2),
    ],
)
def test_how_far_a_face_may_be_from_where_it_was(bench: Bench, left: int, top: int, size: int, track: int) -> None:
    bench.see(factories.face(200, 120, 150))
    assert bench.see(factories.face(left, top, size)).track == track


@pytest.mark.parametrize(("length", "track"), [(1.5, 1), (0.5, 1), (1.501, 2), (0.499, 2)])
def test_how_far_a_descriptor_may_be_from_the_mean_of_those_before(bench: Bench, length: float, track: int) -> None:
    for first in (0.75, 1.25):
        bench.engine.descriptor_now = descriptor(0, first)
        bench.see(factories.face())
    bench.engine.descriptor_now = descriptor(0, length)
    assert bench.see(factories.face()).track == track


@pytest.mark.parametrize(("eyes_px", "hint"), [(80.0, Hint.SEVERAL_FACES), (79.9, None)])
@pytest.mark.parametrize("width", [120, 200])
def test_how_near_a_rival_is_say_the_eyes_and_not_the_box(
    bench: Bench, width: int, eyes_px: float, hint: Hint | None
) -> None:
    first = factories.face(size=200, eye_distance_px=100.0)
    assert bench.see(first, factories.face(left=420, size=width, eye_distance_px=eyes_px)).hint is hint


def test_a_bystander_with_the_larger_box_does_not_become_the_one_who_is_meant(bench: Bench) -> None:
    bystander = factories.face(size=180, eye_distance_px=70.0)
    before = factories.face(left=420, size=150, eye_distance_px=100.0)
    assert bench.see(bystander, before).hint is Hint.SEVERAL_FACES


@pytest.mark.parametrize("place", [0, 1])
def test_any_of_the_others_may_be_the_rival(bench: Bench, place: int) -> None:
    others = [factories.face(left=left, size=100, eye_distance_px=20.0) for left in (20, 420)]
    others[place] = factories.face(left=others[place].box_px.left, size=100, eye_distance_px=60.0)
    assert bench.see(factories.face(size=150), *others).hint is Hint.SEVERAL_FACES


@pytest.mark.parametrize(("later_s", "hint"), [(0.49, Hint.SEVERAL_FACES), (0.51, None)])
def test_a_rival_who_is_not_found_in_a_frame_is_still_there(bench: Bench, later_s: float, hint: Hint | None) -> None:
    bench.see(factories.face(), factories.face(left=420))
    assert bench.see(factories.face(), after_s=later_s).hint is hint


@pytest.mark.parametrize(("score", "faces"), [(0.75, 2), (0.749, 1)])
def test_how_sure_a_find_must_be(bench: Bench, score: float, faces: int) -> None:
    best, other = (replace(factories.face(left=left), score=s) for left, s in ((20, 2.5), (420, score)))
    assert bench.see(best, other).faces == faces


@pytest.mark.parametrize(("later_s", "described"), [(0.499, 3), (0.5, 4)])
def test_how_often_a_face_is_watched_after_the_decision(bench: Bench, later_s: float, described: int) -> None:
    for after_s in (0.0, 0.25, 0.25):
        bench.see(factories.face(), after_s=after_s)
    bench.see(factories.face(), after_s=0.25)
    bench.see(factories.face(), after_s=later_s - 0.25)
    assert bench.engine.described == described


SURE = DLIB.sure
BARELY = {"score": 4.0 + SURE.score - 0.001, "margin": SURE.margin}


@pytest.mark.parametrize(
    ("match", "counts"),
    [
        ({"score": 4.0 + SURE.score + 0.001, "margin": SURE.margin}, [1, 2, 3, 3, 4]),  # then watched by one
        (BARELY, [4, 8, 12, 12, 13]),
        ({"margin": SURE.margin - 0.001}, [4, 8, 12, 12, 13]),
        ({"look_alikes": (PersonId("p-1"), PersonId("p-2"))}, [4, 8, 12, 12, 13]),
        ({"person_id": None}, [4, 8, 12, 16, 16]),  # max_frames is 4: watched after half a second
        ({"score": 4.0 + FP_112.sure.score - 0.001, "model_id": FP_112.model_id}, [4, 8, 12, 12, 13]),
    ],
)
def test_all_looks_are_taken_only_where_the_first_ones_do_not_decide(
    monkeypatch: pytest.MonkeyPatch, match: dict[str, Any], counts: list[int]
) -> None:
    bench = Bench(looks=4)
    monkeypatch.setattr(ScriptedMatcher, "identify", lambda _, seen: factories.match(**{"frames": len(seen), **match}))
    described = []
    for after_s in (0.0, 0.25, 0.25, 0.25, 0.25):
        bench.see(factories.face(), after_s=after_s)
        described.append(bench.engine.described)
    assert described == counts


def test_all_looks_at_all_frames_decide_once_the_first_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, asked = Bench(looks=4), []
    first, rest = descriptor(0), descriptor(0, 0.9)
    monkeypatch.setattr(bench.engine, "describe", lambda *_, after=0, **__: rest if after else first)

    def identify(_: ScriptedMatcher, seen: Sequence[Descriptor]) -> Match:
        asked.append([float(each[0]) for each in seen])
        return factories.match(frames=len(seen), **(BARELY if len(seen) == 3 else {}))

    monkeypatch.setattr(ScriptedMatcher, "identify", identify)
    for _ in range(3):
        seen = bench.see(factories.face())
    whole = pytest.approx((1 + 3 * 0.9) / 4)
    assert asked == [[1.0], [1.0] * 2, [1.0] * 3, [whole] * 3], "sure by the first two, and by the third no more"
    assert seen.face is not None
    assert seen.face[0] == whole


def test_who_was_not_sure_is_described_by_all_looks_at_once_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, asked = Bench(looks=4), []
    describe = bench.engine.describe
    monkeypatch.setattr(
        bench.engine,
        "describe",
        lambda *args, **more: asked.append((*args[2:], *more.values())) or describe(*args, **more),
    )
    monkeypatch.setattr(
        ScriptedMatcher,
        "identify",
        lambda _, seen: factories.match(frames=len(seen), **(BARELY if len(seen) == 1 else {})),
    )
    for _ in range(3):
        bench.see(factories.face())
    assert asked == [(1,), (4, 1), (4,), (4,)], "one, and the three after it; then four in a batch"


def test_who_keeps_the_mouth_hidden_is_described_by_all_looks() -> None:
    bench = Bench(looks=4)
    bench.hint = Hint.MOUTH_HIDDEN
    for _ in range(5):
        bench.see(factories.face(), after_s=TOLD_S / 4)
    assert bench.engine.described == 4


def test_another_recogniser_has_its_own_looks_and_its_own_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    class Angled(ScriptedEngine):
        model_id = FP_112.model_id

    bench = Bench(looks=4)
    bench.engine = Angled()
    first, mirrored = descriptor(0), descriptor(1)
    monkeypatch.setattr(bench.engine, "describe", lambda *_, after=0, **__: mirrored if after else first)
    matcher = ScriptedMatcher(None)
    bench.recogniser = Recogniser(bench.engine, matcher, bench.liveness, bench.judge, max_frames=4, looks=4)
    face = bench.see(factories.face()).face
    assert face is not None
    assert face[:2] == pytest.approx([0.5**0.5] * 2), "of unit length, half of it the mirror's"


def test_no_frame_is_kept_once_it_is_decided_who_it_is() -> None:
    bench = Bench(looks=4)
    kept = []
    for _ in range(4):
        bench.see(factories.face())
        track = bench.recogniser._track
        assert track is not None
        kept.append(sum(each.rest is not None for each in track.described))
    assert kept == [1, 2, 0, 0]


def test_another_person_is_noticed_by_one_look_and_described_by_as_many_as_anybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(looks=4)
    for _ in range(3):
        bench.see(factories.face(), after_s=0.5)
    monkeypatch.setattr(ScriptedMatcher, "identify", lambda _, seen: factories.match(frames=len(seen), **BARELY))
    bench.engine.descriptor_now = descriptor(1)
    counts = []
    for _ in range(3):
        before = bench.engine.described
        assert bench.see(factories.face(), after_s=0.5).track == 2
        counts.append(bench.engine.described - before)
    assert counts == [4, 4, 4]


def test_by_itself_one_accepted_frame_decides_and_tracks_are_numbered_from_one() -> None:
    bench = Bench()
    bench.recogniser = Recogniser(bench.engine, ScriptedMatcher(), bench.liveness, bench.judge, max_frames=4, looks=1)
    assert [bench.see(factories.face()).track for _ in range(3)] == [1, 1, 1]
    assert bench.engine.described == 1


def test_what_each_stage_of_the_latest_frame_took(bench: Bench) -> None:
    ticks = iter([0.0, 0.125, 1.0, 1.25, 2.0, 2.5, 3.0, 4.0, *[9.0] * 8])
    bench.recogniser.see(factories.frame(0.0), lambda: next(ticks))
    assert bench.recogniser.stage_ms == {"detect": 125.0, "describe": 250.0, "match": 500.0, "liveness": 1000.0}
    bench.engine.faces_now = []
    bench.recogniser.see(factories.frame(0.1), lambda: next(ticks))
    assert bench.recogniser.stage_ms == {"detect": 0.0}


@pytest.mark.parametrize("hint", sorted(INSISTING, key=lambda each: each.value))
def test_who_does_not_do_what_he_is_told_gets_a_verdict_all_the_same(bench: Bench, hint: Hint) -> None:
    bench.hint = hint
    assert bench.see(factories.face()).hint is hint
    assert bench.see(factories.face(), after_s=0.5).hint is hint
    assert bench.see(factories.face(), after_s=0.5).match is None
    assert bench.see(factories.face(), after_s=0.5).hint is hint
    seen = bench.see(factories.face(), after_s=0.5)
    assert seen.hint is None
    assert seen.match is not None
    assert seen.liveness.reason != "not_described"


@pytest.mark.parametrize("hint", [hint for hint in Hint if hint not in INSISTING])
def test_what_nobody_can_be_recognised_with_is_told_for_ever(bench: Bench, hint: Hint) -> None:
    bench.hint = hint
    for _ in range(20):
        seen = bench.see(factories.face(), after_s=0.5)
        assert (seen.hint, seen.match) == (hint, None)


def test_another_hint_in_between_begins_the_telling_anew(bench: Bench) -> None:
    for bench.hint in [Hint.TOO_NEAR] * 3 + [Hint.MOUTH_HIDDEN] * 4 + [Hint.TOO_NEAR] * 4:
        assert bench.see(factories.face(), after_s=TOLD_S / 4).hint is bench.hint


def test_who_keeps_the_mouth_hidden_types_the_nip_even_when_the_mask_comes_off_later(bench: Bench) -> None:
    bench.hint = Hint.MOUTH_HIDDEN
    bench.see(factories.face())
    bench.see(factories.face(), after_s=0.5)
    bench.see(factories.face(), after_s=0.5)
    bench.see(factories.face(), after_s=0.5)
    match = bench.see(factories.face(), after_s=0.5).match
    assert match is not None
    assert match.look_alikes == (match.person_id,)
    bench.hint = None
    match = bench.see(factories.face()).match
    assert match is not None
    assert match.look_alikes == (match.person_id,)


def test_who_was_only_too_near_types_nothing(bench: Bench) -> None:
    bench.hint = Hint.TOO_NEAR
    for _ in range(5):
        match = bench.see(factories.face(), after_s=0.5).match
    assert match is not None
    assert (match.person_id is not None, match.look_alikes) == (True, ())


def test_a_covered_stranger_stays_unknown_and_look_alikes_stay_all_of_them(bench: Bench) -> None:
    stranger = factories.match(person_id=None)
    assert _with_nip(stranger) is stranger
    alike = factories.match(look_alikes=(PersonId("a"), PersonId("b")))
    assert _with_nip(alike) is alike


# ---------------------------------------------------------------- pictures for a renewal


P1 = frozenset({PersonId("p-1")})


def test_pictures_are_gathered_of_whom_the_gallery_asks_for_and_of_nobody_else(bench: Bench) -> None:
    other = descriptor(1)
    bench.engine.more = {ModelId("fp-112"): other}
    bench.recogniser.use(ScriptedMatcher(), P1)
    seen = [bench.see(factories.face()) for _ in range(6)]
    assert [len(each.samples) for each in seen] == [1, 2, 3, 3, 3, 3]
    sample = seen[-1].samples[-1]
    assert sample.descriptors["fp-112"] is other
    assert sample.descriptors["dlib-resnet-v1"] is bench.engine.descriptor_now
    for matcher in (ScriptedMatcher("p-2"), ScriptedMatcher(None), ScriptedMatcher(look_alikes=(PersonId("p-1"),))):
        bench.recogniser.use(matcher, P1)
        assert [bench.see(factories.face()).samples for _ in range(5)] == [()] * 5
    bench.recogniser.use(ScriptedMatcher())
    assert bench.see(factories.face()).samples == ()


def test_pictures_go_on_after_the_decision_until_there_are_enough(bench: Bench) -> None:
    bench.recogniser = Recogniser(bench.engine, ScriptedMatcher(), bench.liveness, bench.judge, max_frames=4, looks=2)
    bench.recogniser.use(ScriptedMatcher(), P1)
    for _ in range(6):
        last = bench.see(factories.face())
    assert last.match is not None
    assert (last.match.frames, len(last.samples)) == (1, 3)
    assert bench.engine.described == 3 * 2, "each by as many looks as a template has"


def test_a_picture_of_an_undecided_frame_is_a_template_of_all_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(looks=4)
    monkeypatch.setattr(
        bench.engine, "describe", lambda *_, after=0, **__: descriptor(0, 0.9) if after else descriptor(0)
    )
    bench.recogniser.use(ScriptedMatcher(), P1)
    (sample,) = bench.see(factories.face()).samples
    assert sample.descriptors[DLIB.model_id][0] == pytest.approx((1 + 3 * 0.9) / 4)


def test_nobodys_pictures_are_mixed(bench: Bench) -> None:
    bench.recogniser.use(ScriptedMatcher(), P1)
    for _ in range(2):
        bench.see(factories.face())
    bench.engine.descriptor_now = descriptor(1)
    seen = bench.see(factories.face())
    assert (seen.track, len(seen.samples)) == (2, 1)


def test_a_picture_of_which_something_is_wrong_is_not_taken_and_not_for_ever_tried(bench: Bench) -> None:
    bench.recogniser.use(ScriptedMatcher(), P1)
    bench.hint = Hint.TOO_NEAR  # he stays as he is, and is described all the same
    for _ in range(60):
        last = bench.see(factories.face())
    assert last.match is not None
    assert last.samples == ()
    assert bench.engine.described < 15
