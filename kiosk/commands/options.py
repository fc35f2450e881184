"""Options that several subcommands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_STATE = Path("/var/lib/presensi")
DEFAULT_CONFIG = Path("/etc/presensi/kiosk.toml")

F = TypeVar("F", bound=Callable[..., Any])


def config_option(function: F) -> F:
    """`--config FILE`, passed as `config: Path | None`; the installed file when it exists."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        default=lambda: DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None,
        show_default=str(DEFAULT_CONFIG),
        help="Settings file.",
    )(function)


def state_option(function: F) -> F:
    """`--state DIR`, passed as `state: Path`."""
    return click.option(
        "--state",
        type=click.Path(path_type=Path),
        default=DEFAULT_STATE,
        show_default=True,
        help="State folder of this terminal.",
    )(function)
