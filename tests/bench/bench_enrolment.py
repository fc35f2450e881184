"""The screen's thread while an officer enrols somebody: `python -m tests.bench.bench_enrolment [--json]`.

`kiosk run` on a clip, its window on software GL at 800x480 under Xvfb, pressed by xdotool from the long press to the
result: PIN, search by name, consent, signature, guided capture, the checks and the comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import watched
from tests.ui.officer_terminal import Terminal, x_server


def measured() -> dict[str, Any]:
    os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    with tempfile.TemporaryDirectory(prefix="presensi-enrolment-") as name, x_server(800, 480) as display:
        folder = Path(name)
        (cache := folder / "cache").mkdir()
        terminal = Terminal(folder, display, cache, fps=None)
        figures = folder / "figures.json"
        terminal.program = [sys.executable, "-m", "tests.bench.watched", str(figures)]
        try:
            terminal.start()
            terminal.log_in()
            terminal.to_consent()
            terminal.to_capture()
            terminal.page("told")
            if terminal.process is None:
                raise SystemExit("the terminal has ended")
            terminal.process.send_signal(signal.SIGTERM)
            terminal.process.wait()
        finally:
            terminal.kill()
        return dict(json.loads(figures.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured()
    if options.json:
        print(json.dumps(found))
        return
    for row in watched.asked("enrolment", found):
        print(row.line())


if __name__ == "__main__":
    main()
