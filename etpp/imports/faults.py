"""What is wrong with a line, in a reader's words: the rooms say it in English, for calls and commands too.

A sentence is known by its form; the column that stands before it stays as it is in the table. `tests/unit/etpp/imports`
looks that every sentence of the rooms is known.
"""

from __future__ import annotations

import re

from etpp.console.texts import Texts

_NUMBER = r"[0-9]+"
_FORMS: tuple[tuple[str, str], ...] = (
    ("empty", r"is empty"),
    ("no_post", r"has no post in the period of the letter"),
    ("kind_none", r"there is no such kind on the letter's first day"),
    ("letter_long", rf"the letter is for more than (?P<n>{_NUMBER}) days: look at its years"),
    ("letter_ended", r"this letter was refused or taken back: submit it singly"),
    ("letter_people", rf"a letter has at most (?P<n>{_NUMBER}) people: write two"),
    ("same_line", rf"line (?P<n>{_NUMBER}) says the same"),
    ("quantity", rf"must be more than 0 and at most (?P<n>{_NUMBER}), with at most (?P<m>{_NUMBER}) decimals"),
    ("future", r"the day has not come yet"),
    ("day_closed", r"a letter of the person covers the day: nothing can be entered for it"),
    ("day_full", rf"the person has (?P<n>{_NUMBER}) activities of the day already"),
    ("item_none", r"the catalogue has no such activity on that day"),
    ("no_points", r"it has no points for the person's post on that day"),
    ("hours", r"the hours stand both or neither, and the work ends after it begins"),
    ("busy", r"another activity of the person is in that time"),
    ("note_short", rf"must have at least (?P<n>{_NUMBER}) characters"),
    ("late", r"the time in which it could be entered has passed"),
    ("month", r"must be a month such as 2026-11"),
    ("score_twice", rf"line (?P<n>{_NUMBER}) has this office and month"),
    ("before_beginning", r"is before the beginning|must not come before first"),
    ("number_or_id", r"must have 1 to 64 letters, digits and \. _ / -"),
    ("characters_most", rf"must have at most (?P<n>{_NUMBER}) characters"),
    ("characters", rf"must have 1 to (?P<n>{_NUMBER}) characters"),
    ("name_characters", rf"must have at least one letter and at most (?P<n>{_NUMBER}) characters"),
    ("whole_number", rf"must be a whole number from 1 to (?P<n>{_NUMBER})"),
    ("rank", r"must be a golongan such as III/c, of PPPK such as IX"),
    ("status", r"must be PNS, PPPK or Kontrak"),
    ("truth", r"must be ya or tidak"),
    ("year", r"must be a day between 1950 and 2100"),
    ("office_many", r"several offices have this name: write the office's id"),
    ("office_none", r"there is no such office: write its id or its official name \(`etpp office list`\)"),
    ("circle", r"the superiors stand in a circle on (?P<date>[0-9-]+)"),
    ("name_other", r"another line has this NIP or id with another name"),
    ("two_posts", rf"two posts at once: line (?P<n>{_NUMBER}) begins on the same day"),
    ("overlap_line", rf"the period overlaps with that of line (?P<n>{_NUMBER})"),
    ("overlap_acting", r"the roster or this list has this post from (?P<date>[0-9-]+) on: end it first"),
    ("overlap", r"the period overlaps with a post that the roster has: end that one first"),
    ("two_people", r"they stand for two people in the roster or in this list"),
    ("id_other", r"whom the ID lain stands for has another one"),
    ("nip_other", r"whom the NIP stands for has another one"),
    ("superior_none", r"stands for nobody in the roster or in this list"),
    ("superior_own", r"nobody is the own superior"),
    ("acting_none", r"there is no post of the person's own on that day"),
    ("no_number", r"is empty, and there is no other id"),
    ("says_otherwise_date", rf"line (?P<n>{_NUMBER}) says otherwise for (?P<date>[0-9-]+)"),
    ("says_otherwise", rf"line (?P<n>{_NUMBER}) says otherwise for the same date"),
    ("item_id", r"must be of letters, digits and \. _ : - alone"),
    ("positive", r"must be more than 0"),
    ("post_or_class", r"a weight is for a post or for a class, not for both"),
    ("points", rf"must lie between 0 and (?P<n>{_NUMBER})"),
    ("decimals", rf"has at most (?P<n>{_NUMBER}) decimals"),
    ("nobody", r"nobody in the roster has this number or id"),
    ("heading", r"the heading of a column .*, or a day of the month that is imported"),
    ("shift_none", r"there is no such shift"),
    ("rounded", r"the spreadsheet has rounded the number .*"),
    ("day_none", r"there is no such day"),
    ("day", r"must be a day such as .*"),
    ("time_none", r"there is no such time"),
    ("time", r"must be a time such as 07:30"),
    ("number", r"must be a number.*"),
    ("cells", r"it has more cells than there are headings"),
    ("cell_long", rf"a cell has more than (?P<n>{_NUMBER}) characters"),
    ("quotation", r"a quotation mark is not closed.*"),
    ("nip_digits", r"must have 18 digits"),
    ("nip_sex", r"the 15th digit must be 1 or 2"),
    ("nip_sequence", r"the last three digits must not be 000"),
    ("nip_dates", r"the dates of birth and of appointment do not fit together"),
    ("nip_coming", r"the month of appointment has not come yet"),
    ("nip_old", rf"its bearer would be older than (?P<n>{_NUMBER})"),
    ("nip_birth", r"the first eight digits must be a date of birth"),
    ("nip_month", r"the month of appointment is none"),
    ("hidden_marks", r"must not hold control characters or marks that cannot be seen"),
    ("latin", r"must be of Latin letters, without control characters or marks that cannot be seen"),
)
_KNOWN = tuple((key, re.compile(form)) for key, form in _FORMS)


def known(says: str) -> tuple[str, re.Match[str]] | None:
    """Which sentence it is."""
    return next(((key, found) for key, form in _KNOWN if (found := form.fullmatch(says))), None)


def in_words(texts: Texts, says: str) -> str:
    """With the column before it; a sentence that is not known is shown as it is."""
    found, column = known(says), ""
    if found is None and ": " in says:
        column, _, rest = says.partition(": ")
        found = known(rest)
    if found is None:
        return says
    key, match = found
    sentence = texts.say(f"import_fault_{key}", **match.groupdict())
    return f"{column}: {sentence}" if column else sentence
