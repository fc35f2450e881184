"""The window: pumps the source, swaps the screens, passes touches on. Kivy; the main thread only.

Imported by `kiosk.ui.main.run` once Kivy's environment is set, never at a module's top.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
from kivy.metrics import Metrics, dp
from kivy.uix.anchorlayout import AnchorLayout

from kiosk.errors import KioskError
from kiosk.terminal.encounter import Button
from kiosk.ui import screens, theme
from kiosk.ui.pictures import Pictures
from kiosk.ui.ports import ScreenSource
from kiosk.ui.touch import TouchGuard
from kiosk.ui.viewstate import BLANK, Layout, ViewState
from kiosk.ui.widgets import CameraTexture, Part

PUMPS_PER_S = 30
_PICTURED = frozenset({Layout.IDLE, Layout.LIVE, Layout.CONFIRM})
_TINTED = frozenset({Layout.RESULT, Layout.FAULT})


class Stage(AnchorLayout):
    """Shows the newest view on its screen."""

    def __init__(self, source: ScreenSource, pictures: Pictures | None, stopped: Callable[[], bool]) -> None:
        super().__init__()
        self._source, self._pictures, self._stopped = source, pictures, stopped
        self._screens = screens.build()
        self._camera = CameraTexture()
        self._view = BLANK
        self._shown: screens.Screen | None = None
        self._guard = TouchGuard(time.monotonic())
        self._unpictured = False
        for screen in self._screens.values():
            screen.size_hint, screen.size = (None, None), (dp(Part.sheet[0]), dp(Part.sheet[1]))
            screen.bind(on_button=self._button, on_digits=self._digits)

    def pump(self, _dt: float) -> None:
        """Once a frame: end, or show what there is now."""
        if self._stopped() or self._source.stopping():
            stopTouchApp()
            return
        self.show(self._source.pump())
        if self._view.layout in _PICTURED:
            self._mirror()
        if self._unpictured:
            Window.canvas.ask_update()

    def show(self, view: ViewState) -> None:
        before, self._view = self._view, view
        screen = self._screens[view.layout]
        if view.phase is not before.phase or screen is not self._shown:
            self._guard.changed(time.monotonic())
            screen.entered()
        if screen is not self._shown:
            self.clear_widgets()
            self.add_widget(screen)
            self._shown = screen
        Window.clearcolor = theme.TINT[view.tone] if view.layout in _TINTED else theme.GROUND
        screen.view = view
        if view.meaning != before.meaning:
            self._unpictured = True

    def _mirror(self) -> None:
        frame = self._source.frame()
        if frame is not None and self._camera.show(frame):
            for screen in self._screens.values():
                screen.picture = self._camera.texture
            Window.canvas.ask_update()

    def flipped(self, *_: object) -> None:
        """Before the finished frame is shown: Kivy has laid out and rendered all text by then."""
        if self._unpictured and self._pictures is not None:
            width, height = Window.system_size
            pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
            self._pictures.write(self._view.screen, pixels, (width, height))
        self._unpictured = False

    # ------------------------------------------------------------ touches

    def on_touch_down(self, touch: Any) -> bool:
        return not self._guard.accepts(time.monotonic()) or bool(super().on_touch_down(touch))

    def _button(self, _screen: screens.Screen, button: Button) -> None:
        self._source.press(button)

    def _digits(self, _screen: screens.Screen, digits: str) -> None:
        self._source.type_nip(digits)


def play(source: ScreenSource, pictures: Pictures | None, stopped: Callable[[], bool]) -> None:
    """Open the window and show the source's views until it stops, `stopped` says so or the window is closed."""
    if Window is None:
        raise KioskError(
            "no window can be opened: OpenGL is missing or the display refuses it "
            "(apt install libgl1 libegl1 libgles2 libgl1-mesa-dri)"
        )
    Metrics.density = Metrics.fontscale = 1.0
    Part.sheet = theme.sheet(Window.width, Window.height)
    Metrics.density = min(Window.width / Part.sheet[0], Window.height / Part.sheet[1])
    stage = Stage(source, pictures, stopped)
    pumping = Clock.schedule_interval(stage.pump, 1 / PUMPS_PER_S)
    Window.bind(on_flip=stage.flipped)
    try:
        runTouchApp(stage)
    finally:
        pumping.cancel()
        Window.unbind(on_flip=stage.flipped)
        with contextlib.suppress(ValueError):
            Window.remove_widget(stage)
        EventLoop.close()
