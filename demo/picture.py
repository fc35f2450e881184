"""`python -m demo.picture`: the picture that opens the README, made by the running terminal itself.

The astronaut stands before the camera of the demo office's terminal until the confirmation is on the screen.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click

from demo import faces, office
from demo.processes import ChildFailed, family

WITHIN_S = 60.0


@click.command()
@click.argument("target", type=click.Path(path_type=Path), default=Path("docs/images/confirmation.png"))
def main(target: Path) -> None:
    """Write the confirmation screen as PNG."""
    with tempfile.TemporaryDirectory(prefix="presensi-picture-") as name:
        folder = Path(name)
        stage, screens = folder / "stage", folder / "screens"
        stage.mkdir()
        shutil.copy(faces.astronaut(), stage)
        with family(folder / "logs") as children:
            office.build(children, folder, 0, lambda text: click.echo(text, err=True), past=False)
            office.run_terminal(
                children, folder, f"replay:{stage}", click.echo, display="offscreen", fps=15, screens=screens
            )
            end_s = time.monotonic() + WITHIN_S
            while not (screens / "confirm.png").exists():
                ended = children.first_ended()
                if ended is not None or time.monotonic() > end_s:
                    raise ChildFailed(
                        "the confirmation did not come up: " + (ended.tail() if ended else "time is over")
                    )
                time.sleep(0.05)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(screens / "confirm.png", target)


if __name__ == "__main__":
    main()
