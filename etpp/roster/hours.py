"""An office's working hours as they stand in the database, where an earlier release may have let in what is no use."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from etpp.base.encoding import canonical
from etpp.base.errors import Conflict
from etpp.calendar.rules import CalendarError, WorkCalendar
from etpp.roster.model import Office


class HoursBroken(Conflict):
    """An office's calendar is one that neither this server nor a terminal can use; `reason` names the member."""

    def __init__(self, office_id: str, reason: str) -> None:
        self.office_id = office_id
        self.reason = reason
        text = f"office {office_id}: {reason}. Put it right: etpp office change {office_id} --calendar FILE"
        super().__init__(text, key="hours_broken", office=office_id)


def hours(office: Office) -> WorkCalendar:
    """Raises HoursBroken."""
    try:
        calendar = WorkCalendar(office.calendar)
        canonical(dict(office.calendar))
    except CalendarError as error:
        raise HoursBroken(office.office_id, str(error)) from error
    except ValueError as error:
        raise HoursBroken(office.office_id, f"calendar: {error}") from error
    return calendar


def zone(office: Office) -> ZoneInfo:
    """In which to show times of an office: UTC as long as its calendar is broken."""
    try:
        return hours(office).timezone
    except HoursBroken:
        return ZoneInfo("UTC")
