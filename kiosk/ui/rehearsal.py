"""What is drawn once before the first person comes, and never shown: each screen, with people who do not exist.

The first drawing of a screen costs many times the second one: fonts in their sizes, icons, the textures of its texts,
the graphics driver's shaders. The first confirmation took 83 ms of the screen thread's own time and the later ones 5 to
9, the officer's page of a person 110 and then 30 (x86, software GL): so long the live picture stood still. All of them
together take 2 s, letting go of what each one needed included. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kiosk.ports import Told
from kiosk.ui import catalogue, examples
from kiosk.ui.officer import examples as officers
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.view import render
from kiosk.ui.viewstate import ViewState

Rehearsed = tuple[ViewState, Sheet | None]


def scenes(language: str, consent: Told, alive: Callable[[], None]) -> Iterator[Rehearsed]:
    """Every example of the daily screens and of the officer's area, whose `consent` is read there. `alive` is called
    before each: a machine that is busy otherwise took half a minute over them all."""
    for scene in _scenes(language, consent):
        alive()
        yield scene


def _scenes(language: str, consent: Told) -> Iterator[Rehearsed]:
    texts = catalogue.load(language)
    views = [render(one.encounter, one.status, one.age_s, examples.SETTINGS, texts) for one in examples.states()]
    yield from ((view, None) for view in views)
    for _, sheet in officers.sheets(next(examples.states()).status, consent, texts):
        yield views[0], sheet
