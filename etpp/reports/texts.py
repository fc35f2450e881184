"""The reports' texts, and how amounts, dates and times are said in each language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

from babel.dates import format_date
from babel.numbers import format_decimal

from etpp.base.money import plain
from etpp.console.catalogue import Catalogue
from etpp.console.texts import Language, Texts


class Words(Texts):
    """A catalogue of the reports'."""

    def number(self, value: Decimal | int) -> str:
        """With separators of thousands: 1.234.567,5 in Indonesian."""
        said = format_decimal(abs(Decimal(plain(Decimal(value)))), locale=self.code, decimal_quantization=False)
        return f"−{said}" if value < 0 else str(said)

    def rupiah(self, value: Decimal | int) -> str:
        """Rp 1.234.567, and −Rp 1.234 for what is taken off."""
        sign = "−" if value < 0 else ""
        return f"{sign}Rp\u00a0{self.number(abs(Decimal(value)))}"

    def month(self, first: dt.date) -> str:
        """With its year."""
        return format_date(first, self.month_form, locale=self.code)

    def month_name(self, day: dt.date) -> str:
        return format_date(day, "MMMM", locale=self.code)

    def weekday(self, day: dt.date) -> str:
        """The day of the week in two or three letters."""
        return format_date(day, self.weekday_form, locale=self.code)

    def plain_date(self, day: dt.date) -> str:
        """Without the day of the week."""
        return format_date(day, self.short_date_form, locale=self.code)


@cache
def words(language: Language) -> Words:
    return Words(language, Catalogue("reports", language))
