"""The demo office: two people with fictional names, and this machine as its terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from demo import faces, server
from demo.processes import Family

PEOPLE = {
    "man": ("198503152010011004", "Bagus Contohadi, S.E.", "the man of the clip, from its first third"),
    "astronaut": ("197911192005012001", "Sekar Contohwati, S.Kom.", "the astronaut, from one picture"),
}
FIRST_THIRD = "#t=0,1.33"
REST = "#t=1.33,4"

Say = Callable[[str], None]


def build(children: Family, folder: Path, port: int, say: Say, *, past: bool = True) -> server.Server:
    """Make a regency with a past, start its server, provision this machine in one of its offices, start its sync, and
    enrol two people. Without a `past`: one office, and nobody in it before."""
    if past:
        say("e-TPP: three offices, thirty people, last month closed, this month open")
        children.run("regency", ["demo.regency", str(folder / "etpp")])
    etpp, _ = server.start(children, folder / "etpp", port)
    password = (etpp.state / "console-password").read_text(encoding="utf-8").strip()
    say(f"server: console at {etpp.url}/console — user bkpp, password {password}; then an authenticator app")
    if not past:
        etpp.add_office()
    state = str(folder / "terminal")
    children.run("provision", ["kiosk", "provision", etpp.new_code(), "--server", etpp.url, "--state", state])
    children.start("sync", ["kiosk", "sync", "--state", state])
    sources = {
        "man": ["--camera", f"replay:{faces.talking_man()}{FIRST_THIRD}"],
        "astronaut": ["--photos", str(faces.astronaut())],
    }
    for key, (nip, name, whence) in PEOPLE.items():
        say(f"enrolling {name} ({whence})")
        consent = ["--consent-by", "Petugas Demo", "--yes"]
        who = ["--nip", nip, "--name", name, "--office", server.OFFICE_ID]
        children.run(f"enroll-{key}", ["enrollment", "person", *who, *sources[key], *consent, "--state", state])
    return etpp


def run_terminal(
    children: Family, folder: Path, source: str, say: Say, *, display: str, fps: float, screens: Path
) -> None:
    """`kiosk run` for the office in `folder`."""
    config = folder / "kiosk.toml"
    lines = ["[voice]", f"enabled = {'false' if display == 'offscreen' else 'true'}"]
    if source.startswith("replay:"):
        say("attack detection is off in this demo: a played clip is just what it refuses")
        lines += ["[liveness]", 'policy = "off"']
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ["--camera", source, "--fps", str(fps), "--display", display, "--screens", str(screens)]
    files = ["--config", str(config), "--state", str(folder / "terminal"), "--trace", str(folder / "trace.jsonl")]
    children.start("kiosk", ["kiosk", "run", *arguments, *files])
