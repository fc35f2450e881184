"""How much of one person may lie here: far beyond honest use, far below what fills a disk or a superior's desk.

Counted is what is of the person concerned, whoever writes it down: an operator may have as much open as the people of
the office together. Whoever is beyond is told what to do; what is there already is never touched (decision 110).
"""

from __future__ import annotations

import datetime as dt

WINDOW = dt.timedelta(days=31)
"""Of what nobody decides on, so that it never becomes less: so much in this time."""

ENTRIES_A_DAY = 100
"""Activities of one day, whatever became of them."""
ENTRIES = 31 * ENTRIES_A_DAY
"""Activities written down in a window: a whole month entered on its last day."""
CORRECTIONS = 200
"""That nobody has decided on: arrival, departure and a few occasions, on each of 31 days."""
LETTERS = 60
"""That nobody has decided on: two on each working day of a month, and some."""
OBJECTIONS_A_MONTH = 20
"""Of one month, without an answer: whoever answers reads each of them."""
OBJECTIONS = 60
"""Without an answer."""
MANUAL_ENTRIES = 200
"""Presences written down by hand in a window: morning and evening of each day, some of them twice."""
PHONES = 31
"""Connected by a terminal's code in a window. BKPP's code goes on: somebody has looked then."""
PASSKEYS = 20
"""Of one account."""
OWN_FILES_BYTES = 100 * 1024 * 1024
"""Of files that a phone brings in a window: a photograph of 1,600 pixels has about 400 KB, at most 3 MB."""
OFFICE_FILES_BYTES = 2 * 1024 * 1024 * 1024
"""Of files that somebody brings in a window for an office's people: 200 letters of the largest that is taken."""
DECISIONS = 20
"""Of one thing that may be decided anew, and steps of one activity: two people who cannot agree, and not a loop."""
