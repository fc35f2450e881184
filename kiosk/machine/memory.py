"""Memory of a long-lived process: what the C library holds of it (glibc; elsewhere nothing is done), and how long
Python's collector stops all threads."""

from __future__ import annotations

import ctypes
import gc
from typing import Any

_M_ARENA_MAX = -8


def one_arena() -> None:
    """From now on all threads share one pool of memory, before another was made.

    By default each thread gets its own, up to eight a core, and keeps in it what its heaviest moment needed: two
    recognisers opened in another than the main thread leave 20 MB more (docs/accuracy.md, "Memory").
    """
    set_option = _glibc("mallopt")
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def hand_back() -> None:
    """Return what is kept free in all pools: a start needs 40 to 80 MB once, the networks' self-tests above all."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def settle() -> None:
    """What has been made until now stays: the collector looks through it once, now, and no more. What is free is
    returned.

    Modules, screens and models are 240,000 objects. To look through them all (its oldest generation) takes 85 ms of one
    x86 core, during which no other thread runs Python and the live picture stood still.
    """
    gc.unfreeze()
    gc.collect()
    hand_back()
    gc.freeze()


def _glibc(name: str) -> Any:
    library = ctypes.CDLL(None)
    return getattr(library, name, None) if hasattr(library, "malloc_trim") else None  # musl has another mallopt
