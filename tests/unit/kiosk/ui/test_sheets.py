"""What the officer's pages say of what became of an order."""

from __future__ import annotations

import pytest

from kiosk.ui import catalogue, examples
from kiosk.ui.officer import examples as officers

SHEETS = dict(officers.sheets(next(examples.states()).status, {"id": "Persetujuan"}, catalogue.load("id")))


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("told-enrolled", "Wajah tersimpan"),
        ("told-enrolled_used", "Wajah tersimpan"),  # it is stored too, whether or not it may be used already
        ("told-sync", "Selesai"),
        ("told-no-consent", "Selesai"),
        ("told-unexpected", "Belum berhasil"),
        ("told-refused", "Belum berhasil"),
    ],
)
def test_the_title_says_what_became_of_it(page: str, title: str) -> None:
    assert SHEETS[f"officer-{page}"].title == title


def test_an_order_that_failed_for_an_unknown_reason_says_to_try_again() -> None:
    assert SHEETS["officer-told-unexpected"].lines == ("Terjadi gangguan. Coba lagi; jika terulang, hubungi teknisi.",)
    assert SHEETS["officer-pin-failed"].lines == SHEETS["officer-told-unexpected"].lines
