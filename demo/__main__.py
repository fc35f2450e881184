"""`python -m demo`, which `make run` calls: everything on this machine, from the camera to e-TPP's books.

Standard output has two JSON lines for each presence that is in the server's books: the presence, and the person's
month after it, with the amounts and what they follow from (`statement`). All else goes to standard error.

Exit codes: 0 done, 1 a part of the demo failed, 3 no presence within --timeout-s, 130 interrupted.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from demo import faces, office, server
from demo.processes import ChildFailed, Family, family
from demo.regency import local_month
from kiosk.camera import open_camera
from kiosk.errors import CameraError

POLL_S = 0.2


class Expired(Exception):
    """Nobody was recognised in time; the message says how far it came."""


@click.command()
@click.option("--display", type=click.Choice(["auto", "window", "offscreen"]), default="auto", show_default=True)
@click.option("--camera", default="auto", show_default=True, help="As for `kiosk run`; auto falls back to the clip.")
@click.option("--fps", type=float, default=30.0, show_default=True, help="Pace of the clip.")
@click.option("--exit-after-events", type=click.IntRange(min=1), help="End when so many presences are in the books.")
@click.option("--timeout-s", type=float, help="End with code 3 when that takes longer.")
@click.option("--port", type=int, default=0, show_default=True, help="Of the server; 0 takes any free one.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
def main(
    display: str,
    camera: str,
    fps: float,
    exit_after_events: int | None,
    timeout_s: float | None,
    port: int,
    out: Path,
) -> None:
    """A terminal, its server and a small office on this machine."""
    deadline_s = time.monotonic() + timeout_s if timeout_s else float("inf")
    folder = out.absolute() / "demo"
    for old in (folder, out / "screens"):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with family(folder / "logs") as children:
            source = _camera(camera)
            etpp = office.build(children, folder, port, _say)
            known = {event["event_id"] for event in etpp.presences()}  # of the months before
            _say(f"terminal: camera {source}, display {display}; pictures of the screens go to {out / 'screens'}")
            office.run_terminal(
                children, folder, source, _say, display=display, fps=fps, screens=out.absolute() / "screens"
            )
            presences = _presences(children, etpp, known, deadline_s, folder / "trace.jsonl")
            for line, told in enumerate(presences, 1):
                click.echo(json.dumps(told, ensure_ascii=False))
                if exit_after_events and line == 2 * exit_after_events:
                    return
    except Expired as error:
        _say(f"demo: {error}")
        sys.exit(3)
    except (ChildFailed, faces.DemoMissing) as error:
        _say(f"demo: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("demo: stopped")
        sys.exit(130)


def _camera(wanted: str) -> str:
    """The camera to use: what was asked for, or the clip when there is none."""
    if wanted != "auto":
        return wanted
    try:
        open_camera("auto", 640, 480, 15.0, 5.0).close()
    except CameraError:
        clip = f"replay:{faces.talking_man()}{office.REST}"
        _say("no camera on this machine: the bundled clip plays instead")
        return clip
    return "auto"


def _presences(
    children: Family, etpp: server.Server, known: set[str], deadline_s: float, trace: Path
) -> Iterator[dict[str, Any]]:
    """Each presence as it enters the books, and what the person's month is then, until the terminal's window is
    closed."""
    while True:
        ended = children.first_ended()
        if ended is not None:
            if ended.name == "kiosk" and ended.ended() == 0:
                return
            raise ChildFailed(f"{ended.name} ended with {ended.ended()}:\n{ended.tail()}")
        for event in _books(etpp):
            if event["event_id"] not in known:
                known.add(event["event_id"])
                name = etpp.names().get(event["person_id"], "")
                told = ("event_id", "seq", "person_id", "utc", "time_state", "hash")
                yield {
                    "name": name,
                    "direction": event["event"]["presence"]["direction"],
                    **{key: event[key] for key in told},
                }
                month = local_month(event["utc"])
                yield {"name": name, "month": month, "statement": etpp.statement(event["person_id"], month)}
        if time.monotonic() > deadline_s:
            raise Expired(f"no presence within --timeout-s; {_progress(trace)}. Logs: {trace.parent / 'logs'}")
        time.sleep(POLL_S)


def _books(etpp: server.Server) -> list[dict[str, Any]]:
    """The presences, or none while the server does not answer: whether it has ended is asked in the next round."""
    try:
        return etpp.presences()
    except OSError:
        return []


def _progress(trace: Path) -> str:
    """How far the encounters came, for the message about a time-out."""
    lines = trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
    if not lines:
        return "the camera showed no face long enough for an encounter"
    outcomes = [json.loads(line)["outcome"] for line in lines]
    return "the encounters ended " + ", ".join(f"{o} ({outcomes.count(o)} times)" for o in sorted(set(outcomes)))


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
