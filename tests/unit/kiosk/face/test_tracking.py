"""A face is followed cheaply, and nothing is overlooked for longer than the rules say."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.face.detector import Found
from kiosk.face.tracking import NEWCOMER, RESTING, SEARCH_EVERY, Follower
from kiosk.model import Box, RgbImage
from kiosk.terminal.recognise import RIVAL_SHARE

SIZE = (480, 640)


def box(left: int = 200, width: int = 160) -> Box:
    return Box(left, 100, left + width, 100 + width)


class ScriptedDetector:
    """Finds what stands in `there`, small faces only in a picture that is fine enough, and notes its calls."""

    least_face_px = 80
    glance_px = 320
    search_px = 640
    thorough_px = 1600

    def __init__(self, *there: Box) -> None:
        self.there = list(there)
        self.score = 1.0
        self.sure = True
        self.finds_nearby = True
        self.calls: list[str | int] = []

    def search(self, frame_rgb: RgbImage, longest_px: int) -> list[Found]:
        self.calls.append(longest_px)
        scale = min(1.0, longest_px / max(frame_rgb.shape[:2]))
        return [Found(there, 1.0) for there in self.there if there.width * scale >= self.least_face_px]

    def refine(self, frame_rgb: RgbImage, near: Box) -> Found | None:
        self.calls.append("refine")
        if not self.finds_nearby:
            return None
        close = [there for there in self.there if abs(there.left - near.left) < near.width // 3]
        return Found(close[0], self.score, self.sure) if close else None


class Stream:
    def __init__(self, *there: Box) -> None:
        self.detector = ScriptedDetector(*there)
        self.follower = Follower(self.detector)
        self.frame = np.full((*SIZE, 3), 100, dtype=np.uint8)
        self._before: list[Box] = []
        self._bright = False

    def next(self, frame: RgbImage | None = None) -> list[Box]:
        self.detector.calls.clear()
        return [found.box for found in self.follower.find(self.stirred() if frame is None else frame)]

    def stirred(self) -> RgbImage:
        """The picture, somewhat brighter or darker than before where somebody is or was: nobody holds still."""
        frame, self._bright = self.frame.copy(), not self._bright
        for each in {*self.detector.there, *self._before} if self._bright else ():
            frame[each.top : each.bottom, each.left : each.right] += 12
        self._before = list(self.detector.there)
        return frame

    @property
    def calls(self) -> list[str | int]:
        return self.detector.calls

    def stir(self) -> None:
        """Something moves in a corner of the picture."""
        self.frame = self.frame.copy()
        self.frame[:40, :40] = 255 - self.frame[:40, :40]


def test_the_first_frame_is_searched_thoroughly_where_a_glance_finds_nobody() -> None:
    stream = Stream(box(width=100))
    assert stream.next() == [box(width=100)]
    assert stream.calls == [427, 1600]


def test_beside_somebody_near_the_first_frame_is_searched_for_those_as_near() -> None:
    stream = Stream(box(width=160), box(450, width=125))
    assert stream.next() == [box(width=160), box(450, width=125)]
    assert stream.calls == [427]
    close = Stream(box(width=240))
    assert close.next() == [box(width=240)]
    assert close.calls == [427]


def test_where_the_nearest_is_farther_than_a_glance_reaches_the_search_is_finer() -> None:
    stream = Stream(box(width=130), box(450, width=105))
    assert stream.next() == [box(width=130), box(450, width=105)]
    assert stream.calls == [427, 525]


def test_whom_the_search_for_newcomers_finds_is_not_looked_for_again() -> None:
    stream = Stream(box(), box(450, width=90))
    stream.detector.there.pop()
    stream.next()
    for _ in range(SEARCH_EVERY):
        stream.next()
    assert stream.calls == [427]


def test_a_known_face_costs_a_look_at_its_surroundings() -> None:
    stream = Stream(box())
    stream.next()
    for left in (210, 220, 240):
        stream.detector.there = [box(left)]
        assert stream.next() == [box(left)]
        assert stream.calls == ["refine"]


def test_while_hardly_anything_changes_at_a_face_it_is_looked_for_in_every_second_frame() -> None:
    stream = Stream(box())
    stream.next(stream.frame)
    for look in (False, True, False, True):
        frame = stream.frame.copy()
        frame[400:] = 150 if look else 100  # what moves elsewhere is not the face
        assert stream.next(frame) == [box()]
        assert stream.calls == (["refine"] if look else [])


@pytest.mark.parametrize("rest", [RESTING - 1, RESTING + 1])
def test_where_much_changes_a_face_is_looked_for_at_once(rest: float) -> None:
    stream = Stream(box())
    stream.next(stream.frame)
    frame = stream.frame.copy()
    frame[100:260, 200:360] += np.uint8(rest)
    stream.next(frame)
    assert stream.calls == ([] if rest < RESTING else ["refine"])


def test_who_hardly_looks_like_a_face_is_looked_for_in_every_frame() -> None:
    stream = Stream(box())
    stream.next(stream.frame)
    stream.detector.sure = False
    stream.next(stream.frame)
    for _ in range(3):
        stream.next(stream.frame)
        assert stream.calls == ["refine"]


def test_a_face_that_goes_at_the_rim_of_the_picture_leaves_nothing_to_look_at() -> None:
    stream = Stream(Box(-60, -60, 100, 100), Box(600, 400, 760, 560), Box(700, 500, 860, 660))
    stream.next(stream.frame)
    assert len(stream.next(stream.frame)) == 3


def test_a_face_that_is_lost_is_searched_for_at_once() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.there = [box(450)]
    assert stream.next() == [box(450)]
    assert stream.calls == ["refine", 427]  # as in a new scene: in 640 px only smaller faces would be found besides


def test_a_lost_face_that_is_far_is_searched_for_in_all_of_the_picture() -> None:
    stream = Stream(box(width=100))
    stream.next()
    stream.detector.there = [box(450, width=90)]
    assert stream.next() == [box(450, width=90)]
    assert stream.calls == ["refine", 427, 640]


@pytest.mark.parametrize(("width", "searches"), [(160, 1), (153, 1), (151, 2)])
def test_a_little_more_of_the_picture_is_not_searched_anew(width: int, searches: int) -> None:
    """All who could be meant beside the nearest are found all the same: RIVAL_SHARE is their least width."""
    rival = box(420, width=round(RIVAL_SHARE * width))
    stream = Stream(box(width=width), rival)
    assert stream.next() == [box(width=width), rival]
    assert len(stream.calls) == searches


def test_a_newcomer_is_seen_after_a_set_number_of_frames() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.there.append(box(420))
    seen = [len(stream.next()) for _ in range(SEARCH_EVERY)]
    assert seen == [1] * (SEARCH_EVERY - 1) + [2]


def test_newcomers_are_searched_for_only_as_finely_as_they_matter() -> None:
    stream = Stream(box(width=160))
    stream.next()
    for _ in range(SEARCH_EVERY):
        stream.next()
    longest = stream.calls[-1]
    assert isinstance(longest, int)
    assert longest / 640 * NEWCOMER * 160 == pytest.approx(80, abs=1)


def test_a_small_known_face_stays_although_the_search_is_too_coarse_for_it() -> None:
    stream = Stream(box(450, width=90))
    stream.next()
    stream.detector.there = [box(width=240), box(450, width=90)]
    for _ in range(SEARCH_EVERY):
        stream.next()
    for _ in range(3 * SEARCH_EVERY):
        assert sorted(stream.next()) == [box(width=240), box(450, width=90)]


def test_another_scene_is_searched_afresh() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.there = [box(100, width=100), box(400, width=100)]
    assert len(stream.next(np.full((*SIZE, 3), 180, dtype=np.uint8))) == 2
    assert stream.calls == [427, 1600]


def test_another_frame_size_is_searched_afresh() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.there = []
    assert stream.next(np.full((240, 320, 3), 100, dtype=np.uint8)) == []
    assert stream.calls == [427, 1600]


def test_an_empty_still_scene_is_looked_at_now_and_then() -> None:
    stream = Stream()
    stream.next()
    looked = [bool(stream.next() or stream.calls) for _ in range(2 * SEARCH_EVERY)]
    assert looked == ([False] * (SEARCH_EVERY - 1) + [True]) * 2


def test_an_empty_scene_where_something_moves_is_searched_coarse_then_fine() -> None:
    stream = Stream()
    stream.next()
    stream.stir()
    assert stream.next() == []
    assert stream.calls == [320, 640]
    stream.detector.there = [box(width=200)]
    stream.stir()
    assert stream.next() == [box(width=200)]
    assert stream.calls == [320]


def test_a_crowd_found_in_a_fine_picture_is_not_lost_in_a_coarser_one() -> None:
    crowd = [box(20 + 60 * n, width=50) for n in range(9)]
    stream = Stream(*crowd)
    stream.detector.least_face_px = 40
    stream.next()
    stream.detector.least_face_px = 80
    for _ in range(2 * SEARCH_EVERY):
        assert stream.next() == crowd


def test_a_face_is_not_given_twice() -> None:
    stream = Stream(box(200), box(300))
    stream.next()
    stream.detector.there = [box(250)]
    for _ in range(SEARCH_EVERY + 1):
        assert stream.next() == [box(250)]


def test_a_face_at_rest_is_not_given_twice_when_another_is_followed_to_its_place() -> None:
    stream = Stream(box(200), box(400))
    assert stream.next(stream.frame) == [box(200), box(400)]
    stream.detector.there = [box(400)]
    stream.detector.refine = lambda _frame, _near: Found(box(400), 1.0)  # type: ignore[method-assign]
    left = stream.frame.copy()
    left[100:260, 200:360] += 40
    assert stream.next(left) == [box(400)]


def test_what_never_looks_like_a_face_again_is_let_go() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.sure = False
    stream.detector.score = -0.2
    original = stream.detector.search
    stream.detector.search = lambda frame, longest: original(frame, longest) and []  # type: ignore[method-assign]
    seen = [len(stream.next()) for _ in range(2 * SEARCH_EVERY + 2)]
    assert seen[0] == 1
    assert seen[-1] == 0
    assert seen == sorted(seen, reverse=True)


def test_an_unsure_face_keeps_its_earlier_score() -> None:
    stream = Stream(box())
    stream.next()
    stream.detector.sure, stream.detector.score = False, -0.2
    assert [found.score for found in stream.follower.find(stream.frame)] == [1.0]


def test_without_following_every_frame_is_searched_thoroughly() -> None:
    detector = ScriptedDetector(box())
    follower = Follower(detector, follow=False)
    frame = np.full((*SIZE, 3), 100, dtype=np.uint8)
    for _ in range(3):
        assert [found.box for found in follower.find(frame)] == [box()]
    assert detector.calls == [1600] * 3
