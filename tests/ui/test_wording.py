"""Names and NIPs as they are shown and said."""

from __future__ import annotations

import pytest

from kiosk.ui.wording import masked_nip, spoken_name


@pytest.mark.parametrize(
    ("nip", "shown"),
    [
        ("199001012010011002", "•••••••• 201001 1 002"),
        ("1990010120100110", "•••••••• 20100110"),
        ("19900101", "••••••••"),
        ("123", "•••"),
        ("", ""),
    ],
)
def test_the_first_eight_digits_are_hidden(nip: str, shown: str) -> None:
    assert masked_nip(nip) == shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Drs. H. Bagas Wirayuda, M.Si.", "Bagas Wirayuda"),
        ("Sekar Contohwati, S.Kom.", "Sekar Contohwati"),
        ("Sekar Contohwati", "Sekar Contohwati"),
        ("dr. Sekar", "Sekar"),
        ("Muh.", "Muh."),
        ("", ""),
        (", S.H.", ""),
    ],
)
def test_titles_are_not_spoken(name: str, said: str) -> None:
    assert spoken_name(name) == said
