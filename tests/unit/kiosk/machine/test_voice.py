"""The voice: never blocks, keeps only the latest of what waits, and is harmless without a voice."""

from __future__ import annotations

import os
import queue
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kiosk.machine.voice import EspeakVoice, Silence, open_voice

WITHIN_S = 20.0

SPEAKER = """#!{python}
import pathlib, sys
folder = pathlib.Path({folder!r})
text = sys.stdin.read()
(folder / "argv").write_text(" ".join(sys.argv[1:]))
with (folder / "began").open("a") as began:
    began.write(text + "\\n")
while (folder / "hold").exists():
    pass
with (folder / "said").open("a") as said:
    said.write(text + "\\n")
sys.exit({code})
"""


class Speaker:
    """A program in place of espeak-ng that notes what it is told, and takes its time while `hold` exists."""

    def __init__(self, folder: Path, code: int = 0) -> None:
        self.folder = folder
        self.path = folder / "espeak-ng"
        self.path.write_text(SPEAKER.format(python=sys.executable, folder=str(folder), code=code))
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def hold(self) -> None:
        (self.folder / "hold").touch()

    def release(self) -> None:
        (self.folder / "hold").unlink()

    def lines(self, which: str, count: int) -> list[str]:
        """The first `count` lines of "began" or "said", once they are there."""
        path, end_s = self.folder / which, time.monotonic() + WITHIN_S
        while time.monotonic() < end_s:
            found = path.read_text().splitlines() if path.exists() else []
            if len(found) >= count:
                return found
            time.sleep(0.005)
        pytest.fail(f"the voice did not say {count} texts within {WITHIN_S} s")


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    return Speaker(tmp_path)


def test_what_is_said_is_spoken(speaker: Speaker) -> None:
    voice = EspeakVoice([str(speaker.path)])
    voice.say("Selamat pagi")
    assert speaker.lines("said", 1) == ["Selamat pagi"]
    voice.close()


def test_a_later_text_replaces_one_that_waits(speaker: Speaker) -> None:
    voice = EspeakVoice([str(speaker.path)])
    speaker.hold()
    voice.say("one")
    speaker.lines("began", 1)
    voice.say("two")
    voice.say("three")
    speaker.release()
    assert speaker.lines("said", 2) == ["one", "three"]
    voice.close()
    assert speaker.lines("said", 2) == ["one", "three"]


def test_names_are_not_on_the_command_line(speaker: Speaker) -> None:
    voice = EspeakVoice([str(speaker.path), "-v", "id"])
    voice.say("Sekar Contohwati")
    speaker.lines("said", 1)
    assert (speaker.folder / "argv").read_text() == "-v id"
    voice.close()


def test_closing_stops_in_mid_word(speaker: Speaker) -> None:
    voice = EspeakVoice([str(speaker.path)])
    speaker.hold()
    voice.say("one")
    speaker.lines("began", 1)
    voice.say("two")
    voice.close()
    speaker.release()
    assert not (speaker.folder / "said").exists()


def test_a_voice_that_hangs_is_cut_off_and_the_next_text_is_tried(
    speaker: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    voice = EspeakVoice([str(speaker.path)], longest_s=1.0)
    speaker.hold()
    voice.say("one")
    speaker.lines("began", 1)
    voice.say("two")
    speaker.lines("began", 2)
    speaker.release()
    assert speaker.lines("said", 1) == ["two"]
    voice.close()
    assert "no voice" in caplog.text
    assert "one" not in caplog.text.split()


def test_a_failing_voice_complains_once_and_without_the_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    speaker = Speaker(tmp_path, code=3)
    voice = EspeakVoice([str(speaker.path)])
    for count, text in enumerate(("Sekar", "Bagas"), start=1):
        voice.say(text)
        speaker.lines("said", count)
    voice.close()
    assert [record.message for record in caplog.records if "ended with code 3" in record.message] == [
        f"no voice: {speaker.path} ended with code 3; check espeak-ng and the sound device"
    ]


def test_a_program_that_vanished_is_harmless(tmp_path: Path) -> None:
    told = threading.Event()
    voice = EspeakVoice([str(tmp_path / "gone")], lost=lambda _why: told.set())
    voice.say("Selamat pagi")
    assert told.wait(WITHIN_S)
    voice.close()


def test_what_nobody_has_thought_of_costs_one_text_and_not_the_voice(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whys: queue.SimpleQueue[str] = queue.SimpleQueue()
    voice = EspeakVoice([str(speaker.path)], lost=whys.put)
    for fails in ("__init__", "communicate"):

        def strange(*_args: object, **_kinds: object) -> None:
            raise RuntimeError("Sekar Contohwati")

        voice._complained = False
        with monkeypatch.context() as broken:
            broken.setattr(subprocess.Popen, fails, strange)
            voice.say("Sekar Contohwati")
            why = whys.get(timeout=WITHIN_S)
            assert "(RuntimeError)" in why
            assert "Sekar" not in why
    voice.say("Bagas")
    assert speaker.lines("said", 1) == ["Bagas"]
    voice.close()


def test_a_name_that_cannot_be_encoded_does_not_silence_the_voice(speaker: Speaker) -> None:
    voice = EspeakVoice([str(speaker.path)])
    for count, text in enumerate(("Sekar \udcff", "Bagas"), start=1):
        voice.say(text)
        speaker.lines("said", count)
    assert speaker.lines("said", 2) == ["Sekar ?", "Bagas"]
    voice.close()


def test_a_terminal_without_espeak_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    voice = open_voice(enabled=True, language="id")
    assert isinstance(voice, Silence)
    assert "apt install espeak-ng" in caplog.text
    voice.say("Selamat pagi")


def test_a_voice_that_is_not_enabled_starts_nothing(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{speaker.folder}{os.pathsep}{os.environ['PATH']}")
    assert isinstance(open_voice(enabled=False, language="id"), Silence)


@pytest.mark.parametrize(("language", "speaks"), [("id", "id"), ("en", "en"), ("jv", "id")])  # it has no Javanese voice
def test_the_voice_is_espeak_in_the_terminals_language(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, language: str, speaks: str
) -> None:
    monkeypatch.setenv("PATH", f"{speaker.folder}{os.pathsep}{os.environ['PATH']}")
    voice = open_voice(enabled=True, language=language)
    voice.say("Datang, tercatat.")
    assert speaker.lines("said", 1) == ["Datang, tercatat."]
    assert (speaker.folder / "argv").read_text() == f"-v {speaks} -s 150 -a 100 --stdin"
    voice.close()


@pytest.mark.parametrize(("volume", "amplitude"), [(1, "-a 2 "), (100, "-a 200 ")])
def test_the_volume_is_espeaks_amplitude(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, volume: int, amplitude: str
) -> None:
    monkeypatch.setenv("PATH", f"{speaker.folder}{os.pathsep}{os.environ['PATH']}")
    voice = open_voice(enabled=True, language="id", volume=volume)
    voice.say("Datang, tercatat.")
    assert speaker.lines("said", 1)
    assert amplitude in (speaker.folder / "argv").read_text()
    voice.close()


def test_without_volume_there_is_no_voice() -> None:
    assert isinstance(open_voice(enabled=True, language="id", volume=0), Silence)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("language", ["id", "en"])
def test_espeak_has_the_voice_and_makes_sound_of_standard_input(language: str) -> None:
    command = ["espeak-ng", "-v", language, "-s", "150", "--stdin", "--stdout"]
    wave = subprocess.run(command, input=b"Selamat pagi, tiga angka", capture_output=True, check=True).stdout
    assert wave.startswith(b"RIFF")
    assert len(wave) > 20_000
