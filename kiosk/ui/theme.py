"""Colours and sizes of the screens, and the contrast that they must have. Pure numbers, no Kivy.

The screen is a sheet of 800 x 480 logical pixels, or 480 x 800 where it is higher than wide, read from 1.5 m. Every
text colour stands on the grounds named with it in `PAIRS`; a test computes their contrast (WCAG 2.2, success criterion
1.4.3).
"""

from __future__ import annotations

from kiosk.ui.viewstate import Icon, Ring, Tone

WIDTH_DP, HEIGHT_DP = 800, 480
CAP_HEIGHT = 1456 / 2048
"""Of Roboto's capitals, as a share of the font's size (its OS/2 table, sCapHeight over unitsPerEm)."""

CORNER_DP = 90
"""Of the corner in which a finger that stays opens the officer's area."""

FAR = 0.1
"""A face that is this share of the picture away is gone to at once; a zoom changes only when it is off by so much."""
FOLLOW_PACE = 0.2
"""Nearer, the picture makes up this share of the way with each frame."""
LARGEST_ZOOM = 3.0

Rgba = tuple[float, float, float, float]


def _rgb(code: str, alpha: float = 1.0) -> Rgba:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue, alpha


GROUND = _rgb("0f151b")
SURFACE = _rgb("19222b")
RAISED = _rgb("26323e")
LINE = _rgb("384757")
TEXT = _rgb("f3f6f8")
MUTED = _rgb("b4c0cb")
DARK_TEXT = _rgb("08130d")

GREEN = _rgb("45d483")
GREEN_SPENT = _rgb("2f9f62")
AMBER = _rgb("ffbf4d")
AMBER_SPENT = _rgb("c98f2b")
RED = _rgb("ff8a80")
BLUE = _rgb("8ec5ff")
PAPER = _rgb("f6f4ee")
INK = _rgb("10151a")
BLACK = _rgb("000000")
DIM = _rgb("7d8791")
"""On black: the standby's time."""
CLEAR = _rgb("000000", 0.0)
SHADE = _rgb("0b1015", 0.86)
"""Behind text on the live picture. At 0.86 even a white picture behind it leaves white text its contrast."""

AROUND = _rgb("080c10", 150 / 255)
"""Over the live picture outside of the oval for the face."""

ACCENT = {Tone.NEUTRAL: BLUE, Tone.OK: GREEN, Tone.WARN: AMBER, Tone.STOP: RED}
"""Icons and headings of a tone."""

TINT = {Tone.NEUTRAL: GROUND, Tone.OK: _rgb("0c3322"), Tone.WARN: _rgb("3a2a08"), Tone.STOP: _rgb("461615")}
"""The whole screen of a result, seen from far."""

CHIP = {Tone.NEUTRAL: RAISED, Tone.OK: _rgb("12442c"), Tone.WARN: _rgb("4a360b"), Tone.STOP: _rgb("5a1d1b")}
"""Behind the consequence."""

CHIP_WARN = CHIP[Tone.WARN]

MARK = {Tone.NEUTRAL: Icon.INFO, Tone.OK: Icon.CHECK, Tone.WARN: Icon.CLOCK, Tone.STOP: Icon.STOP}
"""Before the consequence: its tone as a shape."""

KEY = {
    Tone.NEUTRAL: (GREEN, GREEN_SPENT),
    Tone.OK: (GREEN, GREEN_SPENT),
    Tone.WARN: (AMBER, AMBER_SPENT),
}
"""The surface of "Benar" by what it brings with it, and what of it has run out with the countdown."""

RING = {Ring.SEARCH: TEXT, Ring.ADJUST: AMBER, Ring.GOOD: GREEN}

PAIRS: tuple[tuple[str, Rgba, Rgba], ...] = (
    ("dim on black", DIM, BLACK),
    ("text on ground", TEXT, GROUND),
    ("text on surface", TEXT, SURFACE),
    ("text on raised", TEXT, RAISED),
    ("muted on ground", MUTED, GROUND),
    ("muted on surface", MUTED, SURFACE),
    *((f"dark on {tone.value} key", DARK_TEXT, fill) for tone, (fill, _) in KEY.items()),
    *((f"dark on spent {tone.value} key", DARK_TEXT, spent) for tone, (_, spent) in KEY.items()),
    ("amber on surface", AMBER, SURFACE),
    *((f"text on {tone.value} tint", TEXT, ground) for tone, ground in TINT.items()),
    *((f"muted on {tone.value} tint", MUTED, ground) for tone, ground in TINT.items()),
    *((f"accent on {tone.value} tint", ACCENT[tone], ground) for tone, ground in TINT.items()),
    *((f"accent on {tone.value} chip", ACCENT[tone], ground) for tone, ground in CHIP.items()),
)


def sheet(width_px: float, height_px: float) -> tuple[int, int]:
    """The sheet for a window of this size, in dp."""
    return (WIDTH_DP, HEIGHT_DP) if width_px >= height_px else (HEIGHT_DP, WIDTH_DP)


def luminance(colour: Rgba) -> float:
    """WCAG relative luminance, 0..1."""
    red, green, blue = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def over(top: Rgba, bottom: Rgba) -> Rgba:
    """`top` laid over an opaque `bottom`."""
    alpha = top[3]
    red, green, blue = (t * alpha + b * (1 - alpha) for t, b in zip(top[:3], bottom[:3], strict=True))
    return red, green, blue, 1.0


def contrast(one: Rgba, other: Rgba) -> float:
    """WCAG contrast ratio, 1..21; AA asks for 4.5, for large text 3."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
