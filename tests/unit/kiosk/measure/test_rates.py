"""Error rates of judged clips: what counts, and how sure it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.measure import rates
from kiosk.measure.clips import Label
from kiosk.measure.rates import Rate, interval
from kiosk.measure.starts import ClipResult, Verdict


def result(
    label: Label | None, verdict: Verdict | None, starts: tuple[int, int, int] = (0, 0, 0), kind: str = "print"
) -> ClipResult:
    live, asked, refused = starts
    return ClipResult(
        path="x",
        label=label,
        kind=kind if label == "attack" else None,
        verdict=verdict,
        score=0.5,
        reason="",
        frames=1,
        faces=1,
        starts=sum(starts),
        starts_live=live,
        starts_asked=asked,
        starts_refused=refused,
        seconds=tuple(0.5 for _ in range(sum(starts))),
    )


RESULTS = [
    result("attack", "live", (6, 4, 0), "phone"),
    result("attack", "challenge", (1, 8, 1)),
    result("attack", "attack", (0, 0, 10)),
    result("attack", None),
    result("live", "challenge", (3, 7, 0)),
    result(None, "live", (9, 0, 0)),
]


def test_rates_count_labelled_and_readable_clips_only() -> None:
    assert rates.of_clips(RESULTS, "attack", "live") == Rate(1, 3, 3)
    assert rates.of_clips(RESULTS, "live", "attack") == Rate(0, 1, 1)
    assert rates.of_clips(RESULTS, "live", "challenge") == Rate(1, 1, 1)


def test_rates_of_starts_count_every_start() -> None:
    assert rates.of_starts(RESULTS, "attack", "live") == Rate(7, 30, 3)
    assert rates.of_starts(RESULTS, "attack", "attack") == Rate(11, 30, 3)
    assert rates.of_starts(RESULTS, "live", "challenge") == Rate(7, 10, 1)


def test_who_is_told_to_step_back_is_counted_apart_from_who_is_asked() -> None:
    told = replace(result("live", "challenge", (0, 2, 0)), reason="too_near", starts=8, starts_near=6)
    both = [*RESULTS, told]
    assert rates.of_clips(both, "live", "challenge") == Rate(1, 2, 2)
    assert rates.of_starts(both, "live", "challenge") == Rate(9, 18, 2)
    assert rates.near(both, "live") == (Rate(1, 2, 2), Rate(6, 18, 2))
    assert rates.near(RESULTS, "attack") == (Rate(0, 3, 3), Rate(0, 30, 3))


def test_starts_of_one_clip_are_no_trials_of_their_own() -> None:
    assert Rate(7, 30, 3).share == pytest.approx(7 / 30)
    assert Rate(7, 30, 3).ci95 == interval(0.7, 3)
    assert (Rate(0, 0, 0).share, Rate(0, 0, 0).ci95) == (None, None)


def test_attacks_are_counted_by_what_they_were_made_with() -> None:
    kinds = rates.kinds(RESULTS)
    assert {kind: len(found) for kind, found in kinds.items()} == {"phone": 1, "print": 3}
    assert rates.of_starts(kinds["phone"], "attack", "live") == Rate(6, 10, 1)


def test_the_seconds_are_of_all_starts() -> None:
    assert rates.seconds(RESULTS, "live") == (0.5, 0.5)
    assert rates.seconds(RESULTS[:1], "live") is None


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 82, 0.0, 0.0448), (1, 2, 0.0945, 0.9055), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    bounds = interval(hits, total)
    assert bounds is not None
    assert bounds == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    assert interval(0, 0) is None
