"""The window: pumps the source, swaps the screens, passes touches on. Kivy; the main thread only.

Imported by `kiosk.ui.main.run` once Kivy's environment is set, never at a module's top.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.core.window import Window
from kivy.graphics.context import get_context
from kivy.graphics.opengl import (
    GL_RGBA,
    GL_SCISSOR_TEST,
    GL_UNSIGNED_BYTE,
    glDisable,
    glEnable,
    glFinish,
    glReadPixels,
    glScissor,
)
from kivy.lang import Builder
from kivy.metrics import Metrics, dp
from kivy.uix.anchorlayout import AnchorLayout

from kiosk.errors import KioskError
from kiosk.machine import memory
from kiosk.model import Frame
from kiosk.terminal.encounter import Button
from kiosk.terminal.officer import Act
from kiosk.ui import screens, theme
from kiosk.ui.mirror import CameraTexture
from kiosk.ui.officer import keys
from kiosk.ui.officer import screen as forms
from kiosk.ui.officer.sheet import Form, Sheet
from kiosk.ui.pictures import Pictures
from kiosk.ui.ports import OfficerSource, ScreenSource
from kiosk.ui.rehearsal import Rehearsed
from kiosk.ui.touch import TouchGuard
from kiosk.ui.viewstate import BLANK, Layout, ViewState
from kiosk.ui.widgets import Part

_PICTURED = frozenset({Layout.IDLE, Layout.LIVE, Layout.CONFIRM})
_TINTED = frozenset({Layout.RESULT, Layout.PHONE, Layout.FAULT})


def _let_go_of_surfaces(drawn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Once its texture has been made of it, a text's picture is of no use: Kivy (2.3.1) keeps it, 11 MB in all."""

    def pixels(label: Any) -> Any:
        data = drawn(label)
        label._surface = None
        return data

    return pixels


CoreLabel._render_end = _let_go_of_surfaces(CoreLabel._render_end)


class Stage(AnchorLayout):
    """Shows the newest view on its screen."""

    def __init__(
        self,
        source: ScreenSource,
        pictures: Pictures | None,
        stopped: Callable[[], bool],
        officer: OfficerSource | None = None,
    ) -> None:
        super().__init__()
        self._source, self._pictures, self._stopped, self._officer = source, pictures, stopped, officer
        self._sheet: Sheet | None = None
        self._corner: object = None
        self._screens = screens.build()
        self._forms = forms.build() if officer is not None else {}
        self._camera = CameraTexture()
        self._view = BLANK
        self._shown: Any = None
        self._guard = TouchGuard(time.monotonic())
        self._unpictured = False
        for screen in self._screens.values():
            screen.size_hint, screen.size = (None, None), (dp(Part.sheet[0]), dp(Part.sheet[1]))
            screen.bind(on_button=self._button, on_digits=self._digits)
        for form in self._forms.values():
            form.size_hint, form.size = (None, None), (dp(Part.sheet[0]), dp(Part.sheet[1]))
            form.bind(on_act=self._act, on_signed=self._signed)

    def pump(self, _dt: float) -> None:
        """Once a frame: end, or show what there is now."""
        if self._stopped() or self._source.stopping():
            stopTouchApp()
            return
        view = self._source.pump()
        sheet = self._officer.sheet() if self._officer is not None else None
        if sheet is not None:
            self.show_sheet(sheet)
        else:
            self._sheet = None
            self.show(view)
        if self._view.layout in _PICTURED if sheet is None else sheet.form is Form.LIVE:
            self._mirror()
        if self._unpictured:
            Window.canvas.ask_update()

    def rehearse(self, scenes: Iterable[Rehearsed]) -> None:
        """Draw them all behind the picture that the window shows, which stays: nothing is flipped.

        No tick of Kivy's clock and no flip comes between, so the driver and Kivy would keep what each scene needed
        until the last one: 60 MB more. What was there before is not looked through each time. One pixel is painted of
        each: what is slow is done by then, and the others would take half of the time.
        """
        self._camera.show(Frame(np.zeros((480, 640, 3), np.uint8), -1, 0.0))
        memory.settle()
        glEnable(GL_SCISSOR_TEST)
        glScissor(0, 0, 1, 1)
        for view, sheet in scenes:
            if sheet is None:
                self.show(view)
            elif self._forms:
                self.show_sheet(sheet)
            self._shown.picture = self._camera.texture
            Builder.sync()
            Clock.tick_draw()
            Window.dispatch("on_draw")
            self._shown.picture = None
            glFinish()
            gc.collect()
            get_context().gl_dealloc()
        glDisable(GL_SCISSOR_TEST)
        _release_shader_compiler()
        self.clear_widgets()
        self._view, self._sheet, self._shown, self._unpictured = BLANK, None, None, False
        Window.clearcolor = theme.GROUND

    def show(self, view: ViewState) -> None:
        before, self._view = self._view, view
        screen = self._screens[view.layout]
        if view.asks != before.asks or screen is not self._shown:
            self._guard.changed(time.monotonic())
            screen.entered()
        self._bring(screen)
        Window.clearcolor = _beside(view)
        screen.view = view
        if view.meaning != before.meaning:
            self._unpictured = True

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a page of the officer's area."""
        before, self._sheet = self._sheet, sheet
        form = self._forms[sheet.form]
        came = before is None or sheet.page is not before.page or form is not self._shown
        if came:
            form.entered()
        if came or before is None or sheet.asks != before.asks:
            self._guard.changed(time.monotonic())
        self._bring(form)
        Window.clearcolor = theme.GROUND
        form.sheet = sheet
        if before is None or sheet.meaning != before.meaning:
            self._unpictured = True

    def _bring(self, screen: Any) -> None:
        if screen is not self._shown:
            self.clear_widgets()
            self.add_widget(screen)
            self._shown = screen

    def _mirror(self) -> None:
        frame = self._source.frame()
        if frame is not None and self._camera.show(frame):
            shown: list[Any] = [*self._screens.values(), *self._forms.values()]
            for screen in shown:
                screen.picture = self._camera.texture
            Window.canvas.ask_update()

    def flipped(self, *_: object) -> None:
        """Before the finished frame is shown: Kivy has laid out and rendered all text by then."""
        if self._unpictured and self._pictures is not None:
            width, height = Window.system_size
            pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
            name = self._view.screen if self._sheet is None else f"officer-{self._sheet.page.value}"
            self._pictures.write(name, pixels, (width, height))
        self._unpictured = False

    # ------------------------------------------------------------ touches

    def on_touch_down(self, touch: Any) -> bool:
        if self._officer is not None and self._sheet is None and self._in_corner(touch):
            self._corner = touch.uid
            self._officer.corner(True)
        return not self._guard.accepts(time.monotonic()) or bool(super().on_touch_down(touch))

    def on_touch_up(self, touch: Any) -> bool:
        if self._officer is not None and touch.uid == self._corner:
            self._corner = None
            self._officer.corner(False)
        return bool(super().on_touch_up(touch))

    def _in_corner(self, touch: Any) -> bool:
        """Whether it lies in the top left corner of what is shown, where no screen has a button."""
        if self._shown is None:
            return False
        across, down = touch.x - self._shown.x, self._shown.top - touch.y
        return bool(0 <= across < dp(theme.CORNER_DP) and 0 <= down < dp(theme.CORNER_DP))

    def _act(self, _form: forms.Form, act: Act, value: str) -> None:
        if self._officer is not None:
            self._officer.touch(act, value)

    def _signed(self, _form: forms.Form, picture: bytes) -> None:
        if self._officer is not None:
            self._officer.sign(picture)

    # ------------------------------------------------------------ a laptop's window

    def dropped(self, _window: Any, name: bytes, *_where: Any) -> None:
        """A file or a folder, by the path that the desktop gives."""
        if self._officer is not None:
            self._officer.drop(Path(os.fsdecode(name)))

    def key(self, _window: Any, key: int, _scancode: int, typed: str | None, _held: Any) -> bool:
        """A keyboard does what the keys on the screen do."""
        sheet = self._sheet
        if self._officer is None or sheet is None:
            return False
        act, value = keys.act_of(sheet.form, key, typed or "")
        if act is not None:
            self._officer.touch(act, value)
        return act is not None

    def _button(self, _screen: screens.Screen, button: Button) -> None:
        self._source.press(button)

    def _digits(self, _screen: screens.Screen, digits: str) -> None:
        self._source.type_nip(digits)


def _release_shader_compiler() -> None:
    """Every shader has been made: the driver need not keep what it makes them with, 6 MB of Mesa. It may make more.

    Kivy (2.3.1) has no such call. Every library of GLVND calls the driver of the context that there is.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libGLESv2.so.2").glReleaseShaderCompiler()


def play(
    source: ScreenSource,
    pictures: Pictures | None,
    stopped: Callable[[], bool],
    pumps_per_s: int,
    officer: OfficerSource | None = None,
    rehearsed: Iterable[Rehearsed] = (),
) -> None:
    """Open the window, draw what is `rehearsed`, and show the source's views until it stops, `stopped` says so or the
    window is closed."""
    if Window is None:
        raise KioskError(
            "no window can be opened: OpenGL is missing or the display refuses it "
            "(apt install libgl1 libegl1 libgles2 libgl1-mesa-dri)"
        )
    Metrics.density = Metrics.fontscale = 1.0
    Part.sheet = theme.sheet(Window.width, Window.height)
    Metrics.density = min(Window.width / Part.sheet[0], Window.height / Part.sheet[1])
    stage = Stage(source, pictures, stopped, officer)
    Window.add_widget(stage)
    stage.rehearse(rehearsed)
    pumping = Clock.schedule_interval(stage.pump, 1 / pumps_per_s)
    heard = {"on_flip": stage.flipped, "on_drop_file": stage.dropped, "on_key_down": stage.key}
    Window.bind(**heard)
    try:
        runTouchApp(stage)
    finally:
        pumping.cancel()
        Window.unbind(**heard)
        with contextlib.suppress(ValueError):
            Window.remove_widget(stage)
        EventLoop.close()


def _beside(view: ViewState) -> theme.Rgba:
    """What a window shows on either side of a sheet that is narrower: the sheet's own ground."""
    if view.layout is Layout.STANDBY:
        return theme.BLACK
    return theme.TINT[view.tone] if view.layout in _TINTED else theme.GROUND
