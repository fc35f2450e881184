"""Text that fits, with letters that are all half as wide as they are high."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.ui.fitting import fit

SPAN = (40, 20)


def measure(line: str, font_px: int) -> tuple[float, float]:
    return len(line) * font_px / 2, float(font_px)


def test_what_fits_is_as_large_as_allowed() -> None:
    assert fit("Benar", (100, 40), SPAN, 1, measure) == (40, ("Benar",))


def test_it_shrinks_to_its_width_and_to_its_height() -> None:
    assert fit("Bukan saya", (150, 40), SPAN, 1, measure).font_px == 30
    assert fit("Benar", (500, 24), SPAN, 1, measure).font_px == 24


def test_it_wraps_before_it_shrinks() -> None:
    assert fit("Bukan saya", (150, 80), SPAN, 2, measure) == (40, ("Bukan", "saya"))


def test_lines_are_of_like_length() -> None:
    assert fit("aa aa aa aa", (170, 80), SPAN, 2, measure).lines == ("aa aa", "aa aa")


def test_a_no_break_space_does_not_break() -> None:
    assert fit("potongan 1\u00a0%", (180, 80), SPAN, 2, measure).lines == ("potongan", "1\u00a0%")


def test_what_never_fits_loses_its_middle_and_keeps_both_ends() -> None:
    cut = fit("Contohadiningrat", (60, 20), SPAN, 1, measure)
    assert cut == (20, ("Con…at",))
    assert fit("Raden Ayu Contohningtyas, M.Si.", (120, 40), SPAN, 2, measure).lines == ("Raden Ayu", "C…yas, M.Si.")


def test_no_room_at_all_shows_nothing() -> None:
    assert fit("Benar", (5, 5), SPAN, 1, measure).text == ""


@given(
    st.text(st.characters(blacklist_characters="\n\r"), max_size=90),
    st.floats(1, 900),
    st.floats(1, 300),
    st.integers(1, 4),
)
def test_whatever_comes_out_fits(text: str, width: float, height: float, most_lines: int) -> None:
    found = fit(text, (width, height), SPAN, most_lines, measure)
    assert SPAN[1] <= found.font_px <= SPAN[0]
    assert len(found.lines) <= most_lines
    if found.lines:
        assert max(measure(line, found.font_px)[0] for line in found.lines) <= width
        assert len(found.lines) * found.font_px <= height
        joined = " ".join(found.lines)
        head, gap, tail = joined.partition("…")
        assert joined == text or (gap and text.startswith(head) and text.endswith(tail))
