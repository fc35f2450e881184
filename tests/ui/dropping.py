"""Files dropped onto a window, as a file manager does it: the source's side of XDND (version 5), by libX11 itself."""

from __future__ import annotations

import ctypes
import select
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WITHIN_S = 30.0
_CLIENT_MESSAGE, _SELECTION_REQUEST, _SELECTION_NOTIFY, _REPLACE = 33, 30, 31, 0
_ANY_TYPE = 0


class _Client(ctypes.Structure):
    """XClientMessageEvent."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    ]


class _Request(ctypes.Structure):
    """XSelectionRequestEvent."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("owner", ctypes.c_ulong),
        ("requestor", ctypes.c_ulong),
        ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
    ]


class _Notify(ctypes.Structure):
    """XSelectionEvent."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("requestor", ctypes.c_ulong),
        ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
    ]


class _Event(ctypes.Union):
    _fields_ = [
        ("type", ctypes.c_int),
        ("client", _Client),
        ("request", _Request),
        ("notify", _Notify),
        ("pad", ctypes.c_long * 24),
    ]


class _Hand:
    """One connection to the X server, which drags something."""

    def __init__(self, display: str) -> None:
        x = self.x = ctypes.CDLL("libX11.so.6")
        x.XOpenDisplay.restype = ctypes.c_void_p
        for name in ("XInternAtom", "XDefaultRootWindow", "XCreateSimpleWindow"):
            getattr(x, name).restype = ctypes.c_ulong
        opened = x.XOpenDisplay(display.encode())
        assert opened, f"no X server at {display}"
        self.display = ctypes.c_void_p(opened)
        self.root = ctypes.c_ulong(x.XDefaultRootWindow(self.display))
        self.window = ctypes.c_ulong(x.XCreateSimpleWindow(self.display, self.root, 0, 0, 1, 1, 0, 0, 0))

    def atom(self, name: str) -> int:
        return int(self.x.XInternAtom(self.display, name.encode(), 0))

    def aware(self) -> int:
        """The window that takes drops."""
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self.x.XQueryTree(self.display, self.root, *(ctypes.byref(each) for each in (root, parent, children, count)))
        for window in children[: count.value]:
            kind, form = ctypes.c_ulong(), ctypes.c_int()
            items, after, found = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_void_p()
            self.x.XGetWindowProperty(
                self.display, ctypes.c_ulong(window), ctypes.c_ulong(self.atom("XdndAware")),
                ctypes.c_long(0), ctypes.c_long(1), 0, ctypes.c_ulong(_ANY_TYPE),
                *(ctypes.byref(each) for each in (kind, form, items, after, found)),
            )  # fmt: skip
            if items.value:
                return int(window)
        raise AssertionError("no window takes drops")

    def tell(self, target: int, name: str, *data: int) -> None:
        event = _Event()
        event.client = _Client(
            _CLIENT_MESSAGE, 0, 1, self.display, target, self.atom(name), 32, (ctypes.c_long * 5)(*data)
        )
        self.send(target, event)

    def send(self, target: int, event: _Event) -> None:
        self.x.XSendEvent(self.display, ctypes.c_ulong(target), 0, ctypes.c_long(0), ctypes.byref(event))
        self.x.XFlush(self.display)

    def until(self, name: str, uris: bytes = b"") -> None:
        """Answer who asks for the paths, until this message comes."""
        end_s = time.monotonic() + WITHIN_S
        while time.monotonic() < end_s:
            if not self.x.XPending(self.display):
                select.select([self.x.XConnectionNumber(self.display)], [], [], 0.2)
                continue
            event = _Event()
            self.x.XNextEvent(self.display, ctypes.byref(event))
            if event.type == _SELECTION_REQUEST:
                self._answer(event.request, uris)
            elif event.type == _CLIENT_MESSAGE and event.client.message_type == self.atom(name):
                return
        raise AssertionError(f"the window has not answered with {name}")

    def _answer(self, asked: Any, uris: bytes) -> None:
        self.x.XChangeProperty(
            self.display, ctypes.c_ulong(asked.requestor), ctypes.c_ulong(asked.property),
            ctypes.c_ulong(asked.target), 8, _REPLACE, uris, len(uris),
        )  # fmt: skip
        event = _Event()
        event.notify = _Notify(
            _SELECTION_NOTIFY, 0, 1, self.display, asked.requestor, asked.selection, asked.target, asked.property,
            asked.time,
        )  # fmt: skip
        self.send(int(asked.requestor), event)


def drop(display: str, paths: Sequence[Path], at: tuple[int, int] = (300, 300)) -> None:
    """Drop the files onto the one window of this display; returns when the window says that it has them."""
    hand = _Hand(display)
    try:
        uris = "".join(f"{path.absolute().as_uri()}\r\n" for path in paths).encode()
        target, source = hand.aware(), int(hand.window.value)
        hand.x.XSetSelectionOwner(hand.display, ctypes.c_ulong(hand.atom("XdndSelection")), hand.window, 0)
        hand.tell(target, "XdndEnter", source, 5 << 24, hand.atom("text/uri-list"), 0, 0)
        hand.tell(target, "XdndPosition", source, 0, at[0] << 16 | at[1], 0, hand.atom("XdndActionCopy"))
        hand.until("XdndStatus")
        hand.tell(target, "XdndDrop", source, 0, 0, 0, 0)
        hand.until("XdndFinished", uris)
    finally:
        hand.x.XCloseDisplay(hand.display)
