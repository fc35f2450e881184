"""Which webcams are plugged in, and by what names a setting can mean one of them."""

from __future__ import annotations

import errno
import fcntl
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import CameraError

_log = logging.getLogger(__name__)

_VIDIOC_QUERYCAP = 0x80685600  # linux/videodev2.h: _IOR('V', 0, struct v4l2_capability), 104 bytes
_CAP_VIDEO_CAPTURE = 0x00000001


@dataclass(frozen=True, slots=True)
class Webcam:
    """/dev/video`number`; `card` as its maker calls it; `names` udev's links to it: by-id stays when it is put into
    another socket, by-path when it is replaced by another one."""

    number: int
    card: str
    names: tuple[Path, ...] = ()


def webcams(devices: Path = Path("/dev"), query: Callable[[Path], bytes] | None = None) -> list[Webcam]:
    """The webcams among the /dev/videoN, by number; the Pi's codecs and raw sensor nodes are left out."""
    ask = query or _query_capability
    numbers = sorted(int(node.name[5:]) for node in devices.glob("video*") if node.name[5:].isdecimal())
    links = sorted((devices / "v4l").glob("by-*/*"))
    found = []
    for number in numbers:
        node = devices / f"video{number}"
        try:
            answer = ask(node)
        except OSError as error:
            if error.errno == errno.EACCES:
                _log.warning("/dev/video%d may not be opened by this user: add it to the group `video`", number)
            continue
        if _is_webcam(answer):
            names = tuple(link for link in links if link.resolve() == node.resolve())
            found.append(Webcam(number, _text(answer[16:48]), names))
    return found


def number_of(name: Path) -> int:
    """The N of the /dev/videoN that a link of udev means at this moment. Raises CameraError when it is not there."""
    device = re.fullmatch(r"video(\d+)", name.resolve().name)
    if device is None:
        raise CameraError(f"there is no webcam {name}. Check that it is connected. {listed(webcams())}")
    return int(device[1])


def listed(found: Sequence[Webcam]) -> str:
    """What there is instead, as `camera.source` takes it."""
    if not found:
        return "No webcam is connected."
    told = (
        f"v4l:{webcam.number} ({', '.join((webcam.card, *(f'v4l:{name}' for name in webcam.names)))})"
        for webcam in found
    )
    return f"Connected are: {'; '.join(told)}."


def _query_capability(node: Path) -> bytes:
    answer = bytearray(104)
    with node.open("rb", buffering=0) as device:
        fcntl.ioctl(device, _VIDIOC_QUERYCAP, answer)
    return bytes(answer)


def _is_webcam(capability: bytes) -> bool:
    """struct v4l2_capability: driver[16], card[32], bus_info[32], version, capabilities, device_caps (u32 each)."""
    driver, bus = _text(capability[0:16]), _text(capability[48:80])
    device_caps = int.from_bytes(capability[88:92], "little")
    # What sits on a Pi's platform bus (codec, ISP, unicam, rp1-cfe) is not a webcam; v4l2loopback says "platform" too.
    on_board = bus.startswith("platform:") and driver != "v4l2 loopback"
    return bool(device_caps & _CAP_VIDEO_CAPTURE) and not on_board


def _text(field: bytes) -> str:
    """A string of C, of unknown encoding."""
    return field.split(b"\0")[0].decode("utf-8", "replace")
