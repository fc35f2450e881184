"""One table of calendars for both sides: what a server stores a terminal takes, and what neither does."""

from __future__ import annotations

import pytest

from etpp.base.encoding import canonical
from etpp.calendar.rules import CalendarError, WorkCalendar, check_new
from kiosk import wire
from kiosk.wire.gallery import parse_office
from tests.calendars import Case, cases


def written(calendar: object) -> None:
    check_new(calendar)  # type: ignore[arg-type]
    canonical(calendar)


def read(calendar: object) -> None:
    WorkCalendar(calendar)  # type: ignore[arg-type]
    canonical(calendar)


def taken_by_a_terminal(calendar: object) -> None:
    payload = {"office_id": "dinas-kominfo", "name": "Dinas", "calendar": calendar}
    wire.digest(payload)
    parse_office(payload)


@pytest.mark.parametrize("case", cases("good"), ids=lambda case: case.why)
def test_a_good_one_is_taken_everywhere(case: Case) -> None:
    for take in (written, read, taken_by_a_terminal):
        take(case.calendar)


@pytest.mark.parametrize("case", cases("refused"), ids=lambda case: case.why)
def test_one_that_is_no_use_is_taken_nowhere(case: Case) -> None:
    for take in (written, read):
        with pytest.raises(ValueError, match=r"calendar: |canonical|RFC 8785"):
            take(case.calendar)
    with pytest.raises(wire.WireError):
        taken_by_a_terminal(case.calendar)


@pytest.mark.parametrize("case", cases("old"), ids=lambda case: case.why)
def test_what_earlier_servers_stored_is_read_and_not_written_again(case: Case) -> None:
    with pytest.raises(CalendarError):
        written(case.calendar)
    for take in (read, taken_by_a_terminal):
        take(case.calendar)


@pytest.mark.parametrize(
    ("calendar", "says"),
    [
        ([], "calendar: the whole must be an object"),
        ({"timezone": "Asia/Jakarta", "holidays": [], "periods": [7]}, "calendar: periods.0 must be an object"),
        ({"timezone": "Asia/Jakarta", "periods": []}, "calendar: holidays is missing"),
        ({"timezone": "Asia/Jakarta", "holidays": [], "periods": [{}]}, "calendar: periods.0.days is missing"),
    ],
)
def test_an_error_names_the_member(calendar: object, says: str) -> None:
    with pytest.raises(CalendarError) as refused:
        written(calendar)
    assert str(refused.value) == says
