"""Names and NIPs as they are shown and said."""

from __future__ import annotations

import pytest

from kiosk.model import Nip, Person, PersonId
from kiosk.ui import catalogue, wording
from kiosk.ui.wording import duration, grouped_nip, masked_nip, nip_places, pin_places, spoken_name


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
    ("typed", "shown"),
    [("199001012010011002", "19900101 201001 1 002"), ("199001012", "19900101 2"), ("19900101", "19900101"), ("", "")],
)
def test_a_nip_that_is_typed_stands_in_the_groups_of_the_card(typed: str, shown: str) -> None:
    assert grouped_nip(typed) == shown


@pytest.mark.parametrize(
    ("typed", "first", "second"),
    [
        ("", "________ ______", "_ ___"),
        ("1990010", "1990010_ ______", "_ ___"),
        ("199001012010011", "19900101 201001", "1 ___"),
        ("199001012010011002", "19900101 201001", "1 002"),
    ],
)
def test_a_nip_is_typed_in_its_groups_and_shows_what_is_to_come(typed: str, first: str, second: str) -> None:
    assert nip_places(typed) == (first, second)


def test_a_pin_is_typed_as_dots() -> None:
    assert [pin_places(typed, 6) for typed in ("", "4829", "482913")] == ["______", "••••__", "••••••"]


@pytest.mark.parametrize(
    ("minutes", "indonesian", "english"),
    [
        (1, "1 menit", "1 min"),
        (59, "59 menit", "59 min"),
        (60, "1 jam", "1 h"),
        (125, "2 jam 5 menit", "2 h 5 min"),
    ],
)
def test_durations_are_in_hours_from_one_hour_on(minutes: int, indonesian: str, english: str) -> None:
    assert duration(minutes, catalogue.load("id")) == indonesian
    assert duration(minutes, catalogue.load("en")) == english


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


@pytest.mark.parametrize(
    ("nip", "said"),
    [
        ("197505052010011002", "Bapak Raden Bagaswara"),
        ("197505052010012002", "Ibu Raden Bagaswara"),
        ("", "Raden Bagaswara"),
    ],
)
def test_a_person_is_addressed_without_titles(nip: str, said: str) -> None:
    person = Person(PersonId("p-1"), Nip(nip), "Drs. H. Raden Bagaswara, S.H., M.Si.")
    assert wording.addressed(person, catalogue.load("id")) == said
