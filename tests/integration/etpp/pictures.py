"""Pictures of the console with a made-up office: `python -m tests.integration.etpp.pictures FOLDER [id|en]`.

Needs Chromium.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.contract.etpp.client import Terminal, time_of
from tests.contract.etpp.running import OFFICE, Running, running

PEOPLE = (
    "Bambang Wicaksono, S.T.",
    "Dwi Rahayu, S.Kom.",
    "Eko Prasetyo, S.E.",
    "Fitri Handayani, M.Si.",
    "Gunawan Saputra",
    "Hesti Purwanti, S.Sos.",
    "Indra Kusuma, S.H.",
    "Joko Susilo",
)
DAY = "2026-11-24"
SOFTWARE = "presensi-kiosk 0.1.0"


def fill(etpp: Running) -> None:
    """A working day of one office with two terminals, one of them in trouble."""
    for office_id, name in (("kapanewon-wates", "Kapanewon Wates"), ("smpn-1-wates", "SMP Negeri 1 Wates")):
        etpp.admin("POST", "offices", {"office_id": office_id, "name": name})
    good, bad, other = etpp.terminal(), etpp.terminal(), etpp.terminal("kapanewon-wates")
    ids = [etpp.person(f"19{70 + n}0{n + 1}152005011{n + 1:03d}", name) for n, name in enumerate(PEOPLE)]
    for n, name in enumerate(("Wahyu Nugroho", "Yuni Astuti", "Zainal Arifin")):
        etpp.person(f"19{80 + n}03012010012{n + 1:03d}", name, "kapanewon-wates")

    def come(terminal: Terminal, person: int, clock: str, state: str = "trusted", spread_s: float = 0) -> None:
        etpp.clock.local(f"{DAY} {clock}")
        batch = terminal.batch([terminal.presence(ids[person])], etpp.clock.now)
        at = etpp.clock.now - dt.timedelta(seconds=spread_s)
        batch["events"][0]["time"] = time_of(at, spread_s, state)
        terminal.post("events", batch)

    come(good, 5, "07:05", "estimated")
    come(good, 0, "07:12")
    come(good, 1, "07:26")
    come(bad, 2, "07:31")
    come(good, 3, "07:48")
    come(bad, 4, "08:15", "uncertain", 1200)
    other.send_events([], at=etpp.clock.local(f"{DAY} 08:19"))
    come(bad, 2, "15:40")
    come(good, 0, "16:03")
    come(good, 3, "16:10")
    enrolled = other.enrolment("198103012010012002", "Yuni Astuti", 7, 8, 9)
    other.send_events([enrolled], at=etpp.clock.now)
    etpp.admin("POST", f"offices/kapanewon-wates/enrolments/{enrolled['event_id']}/approve")
    for nip, name, seed in (("198304122009032001", "Kartika Sari, S.Pd.", 7), ("197102152005011002", PEOPLE[1], 3)):
        good.send_events([good.enrolment(nip, name, seed, seed + 1, seed + 2)], at=etpp.clock.now)
    good.send_events([good.presence("018f2c5e-0000-7000-8000-0000000000ff")], at=etpp.clock.now)
    trouble = {"queue": {"waiting": 37, "parked": 1}, "faults": ["clock_untrusted", "camera_lost"], "camera": "lost"}
    clock = {"wall_utc": "1970-01-01T02:10:00.000Z", "clock_state": "unsynchronised"}
    bad.heartbeat(software=SOFTWARE, disk_free_bytes=1_100_000_000, temperature_c=61.0, **trouble, **clock)
    etpp.clock.local(f"{DAY} 16:12")
    good.heartbeat(
        software=SOFTWARE, disk_free_bytes=22_400_000_000, gallery_version=9, wall_utc=f"{DAY}T09:12:00.000Z"
    )


def picture(page: str, style: str, target: Path, height: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "page.html"
        link = '<link rel="stylesheet" href="/console/style.css">'
        file.write_text(page.replace(link, f"<style>{style}</style>"), encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        size = f"--window-size=1280,{height}"
        subprocess.run([*command, size, f"--screenshot={target}", file.as_uri()], check=True, capture_output=True)


def main() -> None:
    folder, language = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "id"
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        fill(etpp)
        browser = etpp.log_in(etpp.bkpp)
        console = f"{etpp.url}/console"
        browser.get(f"{console}/language", params={"to": language})
        style = browser.get(f"{console}/style.css").text
        for picture_name, path, height in (
            ("overview", f"/?date={DAY}", 420),
            ("day", f"/offices/{OFFICE}?date={DAY}", 910),
            ("terminals", "/terminals", 600),
            ("enrolments", "/enrolments", 620),
            ("events", "/events", 560),
        ):
            page = browser.get(console + path).text
            page = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", page)
            picture(page, style, folder / f"console-{picture_name}.png", height)
        question = re.findall(r'href="/console(/enrolments/[^"]*/approve)"', browser.get(f"{console}/enrolments").text)
        picture(browser.get(console + question[0]).text, style, folder / "console-approve.png", 420)


if __name__ == "__main__":
    main()
