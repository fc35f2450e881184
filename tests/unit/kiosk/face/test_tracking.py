"""A face is followed cheaply, and nothing is overlooked for longer than the rules say."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.face.detector import Found
from kiosk.face.tracking import NEWCOMER, SEARCH_EVERY, Follower, miniature
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


def finds_no_more(detector: ScriptedDetector) -> None:
    """From now on: whoever is given was followed."""
    detector.search = lambda _frame, _longest: []  # type: ignore[method-assign]


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


@pytest.mark.parametrize(("change", "calls"), [(5, []), (6, ["refine"])])
def test_where_much_changes_a_face_is_looked_for_at_once(change: int, calls: list[str | int]) -> None:
    """Nothing but its own place is compared: a hair's breadth of what is beside it would make the change less."""
    stream = Stream(box())
    stream.next(stream.frame)
    frame = stream.frame.copy()
    frame[100:260, 200:360] += np.uint8(change)
    stream.next(frame)
    assert stream.calls == calls


@pytest.mark.parametrize(("change", "calls"), [(18, ["refine"]), (19, [427, 1600])])
def test_a_change_of_all_of_the_picture_is_another_scene(change: int, calls: list[str | int]) -> None:
    stream = Stream(box())
    stream.next(stream.frame)
    stream.detector.there = [] if change > 18 else [box()]
    stream.next(stream.frame + np.uint8(change))
    assert stream.calls == calls


@pytest.mark.parametrize(("change", "calls"), [(5, []), (6, [320, 640])])
def test_an_empty_scene_is_looked_at_when_any_part_of_it_changes(change: int, calls: list[str | int]) -> None:
    stream = Stream()
    stream.next()
    stream.frame = stream.frame.copy()
    stream.frame[460:480, 620:640] += np.uint8(change)
    stream.next(stream.frame)
    assert stream.calls == calls


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


@pytest.mark.parametrize("outside", [Box(-200, -200, -40, -40), Box(700, 500, 860, 660)])
def test_of_a_face_beyond_the_picture_the_corner_is_looked_at(outside: Box) -> None:
    stream = Stream(outside)
    stream.next(stream.frame)
    corner = (slice(20), slice(20)) if outside.left < 0 else (slice(460, None), slice(620, None))
    frame = stream.frame.copy()
    frame[corner] += 5
    stream.next(frame)
    assert stream.calls == []
    stream.next(frame)
    frame = frame.copy()
    frame[corner] += 6
    stream.next(frame)
    assert stream.calls == ["refine"]


def test_who_stands_at_the_rim_of_the_picture_is_compared_up_to_the_rim() -> None:
    """What changes is a face's outermost twentieth, twenty times as much."""
    stream = Stream(Box(0, 0, 400, 20))
    stream.next(stream.frame)
    frame = stream.frame.copy()
    frame[:20, :20] += 119
    stream.next(frame)
    assert stream.calls == []
    stream.next(frame)
    frame = frame.copy()
    frame[:20, :20] -= 120
    stream.next(frame)
    assert stream.calls == ["refine"]


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


def test_whoever_stood_behind_one_who_has_gone_is_seen_in_the_next_frame() -> None:
    """Even where nothing moves any more: the frame in which the near one is missed is not searched for smaller ones."""
    stream = Stream(box(width=200))
    stream.next()
    stream.detector.there = [box(450, width=90)]
    still = stream.stirred()
    assert stream.next(still) == []
    assert stream.calls == ["refine", 427]
    assert stream.next(still) == [box(450, width=90)]
    assert stream.calls == [320, 640]


def test_beside_somebody_who_stays_a_lost_one_is_searched_for_among_those_as_near() -> None:
    stream = Stream(box(20), box(450))
    stream.next()
    stream.detector.there = [box(20)]
    assert stream.next() == [box(20)]
    assert stream.calls == ["refine", "refine", 427]  # of 120 px and more, three quarters of his width


def test_a_detector_whose_glance_is_its_search_does_not_search_twice() -> None:
    stream = Stream()
    stream.detector.glance_px = stream.detector.search_px = 320
    stream.next()
    stream.stir()
    stream.next()
    assert stream.calls == [320]
    stream.detector.there = [box(width=200)]
    stream.stir()
    stream.next()
    stream.detector.there = []
    stream.next()
    assert stream.calls == ["refine", 320]


def test_a_picture_that_was_searched_serves_for_a_twentieth_more() -> None:
    stream = Stream(box(width=203))  # those who are as near want 336 px
    stream.detector.glance_px = 240
    stream.next()
    assert stream.calls == [320]


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
    assert [len(stream.next()) for _ in range(8)] == [1] * 7 + [2]


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


@pytest.mark.parametrize(("left", "faces"), [(311, 1), (312, 2)])
def test_boxes_that_share_up_to_three_tenths_are_two_faces(left: int, faces: int) -> None:
    stream = Stream(box(200), box(400))
    stream.next()
    stream.detector.there = [box(200), box(400 - 50)]
    stream.next()
    stream.detector.there = [box(200), box(left)]
    finds_no_more(stream.detector)
    assert len(stream.next()) == faces


def test_boxes_that_are_apart_both_ways_have_nothing_in_common() -> None:
    there = [Box(20, 20, 120, 120), Box(440, 340, 540, 440)]
    stream = Stream(*there)
    stream.next()
    assert stream.next() == there


def test_who_is_followed_to_the_place_of_another_does_not_end_the_following_of_a_third() -> None:
    stream = Stream(box(20), box(200), box(400))
    stream.next()
    stream.detector.there = [box(110), box(400)]
    stream.detector.refine = lambda _frame, near: Found(box(110 if near.left < 300 else 400), 1.0)  # type: ignore[method-assign]
    finds_no_more(stream.detector)
    assert stream.next() == [box(110), box(400)]


def test_nor_does_one_at_rest_to_whose_place_another_was_followed() -> None:
    stream = Stream(box(20), box(200), box(420))
    stream.next(stream.frame)
    stream.detector.refine = lambda _frame, _near: Found(box(200), 1.0)  # type: ignore[method-assign]
    finds_no_more(stream.detector)
    frame = stream.frame.copy()
    frame[100:260, 20:180] += 40
    assert stream.next(frame) == [box(200), box(420)]


def test_nor_one_at_rest() -> None:
    stream = Stream(box(20), box(200), box(420))
    stream.next(stream.frame)
    finds_no_more(stream.detector)
    assert stream.next(stream.frame) == [box(20), box(200), box(420)]


def test_nor_one_who_has_gone() -> None:
    stream = Stream(box(20), box(200), box(420))
    stream.next()
    stream.detector.there = [box(200), box(420)]
    finds_no_more(stream.detector)
    assert stream.next() == [box(200), box(420)]


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
    assert seen == [1] * 8 + [0] * 10


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


@pytest.mark.parametrize("size", [(480, 256), (288, 512)])
@pytest.mark.parametrize("across", [True, False])
def test_every_second_pixel_of_a_picture_of_240_and_more_stands_for_it(size: tuple[int, int], across: bool) -> None:
    """In stripes of four: all four would give 50, every fourth 0."""
    frame = np.zeros((*size, 3), dtype=np.uint8)
    (frame[:, 2::4] if across else frame[2::4])[:] = 200
    assert miniature(frame) == pytest.approx(np.full((24, 32), 100.0))


@pytest.mark.parametrize(("shorter_px", "luma"), [(239, 50.0), (240, 100.0), (359, 100.0), (360, 50.0)])
def test_so_many_pixels_are_passed_over_that_120_are_left(shorter_px: int, luma: float) -> None:
    frame = np.zeros((480, shorter_px, 3), dtype=np.uint8)
    frame[2::4] = 200
    assert miniature(frame).mean() == pytest.approx(luma, abs=2)


def test_of_a_picture_smaller_than_that_every_pixel_counts() -> None:
    frame = np.arange(24 * 32, dtype=np.uint8).reshape(24, 32, 1).repeat(3, axis=2)
    assert (miniature(frame) == frame[..., 0]).all()
