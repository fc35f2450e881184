"""The DET curve (detection error trade-off): FNIR over FPIR, both logarithmic, as PNG."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kiosk.errors import ConfigError
from kiosk.measure.identification.statistics import Attempts

_FPIRS = np.logspace(-3, -0.5, 60)
_STYLES = ("-", "--", ":")
_LEAST = 1e-3
"""Where an FNIR of 0 is drawn."""


def check() -> None:
    """Raise ConfigError when curves cannot be drawn here: better before the measurement than after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError(
            "a DET curve needs matplotlib. Install it with `pip install presensi-kiosk[evaluate]`, or leave --det out."
        )


def draw(curves: Mapping[str, Mapping[str, Attempts]], marks: list[float], path: Path) -> None:
    """Write the curves to `path`: a colour for each condition, a line style for each method in it.

    Raises ConfigError without matplotlib, or when it cannot write.
    """
    check()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    for colour, (condition, methods) in enumerate(curves.items()):
        for style, (method, attempts) in zip(_STYLES, methods.items(), strict=False):
            misses = [max(attempts.fnir(attempts.threshold(fpir)), _LEAST) for fpir in _FPIRS]
            axes.loglog(_FPIRS, misses, style, color=f"C{colour}", linewidth=1.6, label=f"{method}: {condition}")
    for mark in marks:
        axes.axvline(mark, color="0.8", linewidth=0.8, zorder=0)
    axes.set_xlabel("FPIR: strangers identified as somebody")
    axes.set_ylabel("FNIR: enrolled people not identified")
    axes.set_xticks(marks, [f"{mark:.3%}".rstrip("0%").rstrip(".") + "%" for mark in marks])
    axes.set_yticks([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0], ["≤0.1%", "0.3%", "1%", "3%", "10%", "30%", "100%"])
    axes.set_ylim(_LEAST * 0.9, 1.0)
    axes.minorticks_off()
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    figure.legend(frameon=False, fontsize=8, loc="outside lower left")
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from error
