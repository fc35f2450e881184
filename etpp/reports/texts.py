"""The reports' texts, and how amounts, dates and times are said in each language."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from importlib import resources

from etpp.base.money import plain
from etpp.console.texts import Language, Texts


class Words(Texts):
    """A catalogue of the reports'."""

    def number(self, value: Decimal | int) -> str:
        """With separators of thousands: 1.234.567,5 in Indonesian."""
        whole, _, part = plain(abs(Decimal(value))).partition(".")
        grouped = f"{int(whole):,}".replace(",", self.thousands)
        sign = "−" if value < 0 else ""
        return sign + grouped + (self.decimal + part if part else "")

    def rupiah(self, value: Decimal | int) -> str:
        """Rp 1.234.567, and −Rp 1.234 for what is taken off."""
        sign = "−" if value < 0 else ""
        return f"{sign}Rp\u00a0{self.number(abs(Decimal(value)))}"

    def month(self, first: dt.date) -> str:
        return f"{self.month_name(first)} {first.year}"

    def month_name(self, day: dt.date) -> str:
        return str(self._catalogue["months"][day.month - 1])

    def weekday(self, day: dt.date) -> str:
        """The day of the week in two or three letters."""
        return str(self._catalogue["weekdays_short"][day.weekday()])

    def plain_date(self, day: dt.date) -> str:
        """Without the day of the week."""
        return f"{day.day} {self.month_name(day)} {day.year}"

    def moment(self, moment: dt.datetime) -> str:
        """Date and time of an aware local time, with its zone's name."""
        return f"{self.plain_date(moment.date())} {self.time(moment)} {moment.tzname()}"


@cache
def words(language: Language) -> Words:
    text = resources.files("etpp.reports").joinpath(f"i18n/{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))
