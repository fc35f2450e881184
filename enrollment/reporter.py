"""What the officer reads: lines in their language, or one JSON object on standard output for programs."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from enrollment.bulk import Outcome
from enrollment.catalogue import Language, catalogue
from enrollment.characters import shown
from enrollment.name import LENGTH as NAME
from enrollment.nip import masked
from enrollment.photos import PictureReport
from enrollment.refusal import Refusal
from enrollment.registrar import Enrolled, Sitting, Warn
from enrollment.standing import Standing
from kiosk.errors import KioskError
from kiosk.model import Quality, QueueState
from kiosk.wire import Json, problem_name

DETAIL = 200
"""Characters of a server's own words that are passed on to the officer."""


class Reporter:
    """With `as_json` standard output carries one object and nothing else; what is said meanwhile goes to stderr."""

    def __init__(self, language: Language, as_json: bool) -> None:
        self.language = language
        self._json = as_json
        self._texts = catalogue(language)

    def prompt_text(self, key: str, **values: object) -> str:
        return self._texts.text("prompt", key, **values)

    def say(self, text: str) -> None:
        click.echo(text, err=self._json)

    def refusal_text(self, code: str) -> str:
        """The sentence of a refusal's code that needs no details."""
        return self._texts.text("refusal", code)

    @contextlib.contextmanager
    def outcome(self) -> Iterator[None]:
        """Turn an expected failure inside into its report and its exit code."""
        try:
            yield
        except KioskError as error:
            refused = isinstance(error, Refusal)
            message = error.say(self.language) if isinstance(error, Refusal) else str(error)
            if self._json:
                reason = error.reason if isinstance(error, Refusal) else type(error).__name__
                self._print({"status": "refused" if refused else "failed", "reason": reason, "message": message})
            else:
                text = self.prompt_text("refused", why=message) if refused else f"enroll: {message}"
                click.echo(text, err=True)
            sys.exit(error.exit_code)

    def enrolled(self, enrolled: Enrolled, sitting: Sitting, queue: QueueState) -> None:
        warnings = self._warnings([*sitting.warnings, *enrolled.warnings], sitting.skipped)
        if self._json:
            self._print(
                {
                    "status": "accepted",
                    "event_id": enrolled.event_id,
                    "seq": enrolled.seq,
                    "templates": len(enrolled.templates),
                    "pictures": [shot.number for shot in enrolled.templates],
                    "qualities": [rounded(shot.quality) for shot in enrolled.templates],
                    "warnings": warnings,
                    "waiting": queue.waiting,
                }
            )
            return
        for warning in warnings:
            click.echo(self.prompt_text("warning", what=warning["message"]))
        click.echo(self.prompt_text("accepted", templates=len(enrolled.templates), waiting=queue.waiting))

    def person(self, outcome: Outcome) -> None:
        """One line of a mass enrolment, as it happens."""
        entry = self._entry(outcome)
        what = [entry["message"], *(self.prompt_text("warning", what=w["message"]) for w in entry["warnings"])]
        line = self.prompt_text("line", line=outcome.row.line)
        self.say(f"{line:<11} {masked(outcome.row.nip)}  {shown(outcome.row.name)[:NAME]}: {' '.join(what)}")

    def mass(self, outcomes: list[Outcome], dry_run: bool) -> None:
        """The end of a mass enrolment."""
        counts = {s: sum(o.status == s for o in outcomes) for s in ("accepted", "already", "refused")}
        if self._json:
            people = [self._entry(outcome) for outcome in outcomes]
            self._print({"dry_run": dry_run, **counts, "total": len(outcomes), "people": people})
            return
        click.echo(self.prompt_text("summary", **counts, total=len(outcomes)))

    def standings(self, found: Sequence[Standing], timezone: str) -> None:
        """What became of each enrolment. `timezone`: the office's, in which an officer remembers them."""
        entries = [self._standing(each, timezone) for each in found]
        if self._json:
            self._print({"enrolments": entries})
            return
        for entry in entries:
            who = " ".join(part for part in (entry["nip"], shown(entry["name"] or "")) if part)
            click.echo(f"{entry['seq']:>6}  {entry['time'] or '-':<16}  {who or '-'}: {entry['message']}")
        if not entries:
            click.echo(self.prompt_text("no_enrolments"))

    def pictures(self, reports: list[PictureReport], names: list[str]) -> None:
        if self._json:
            self._print(
                {
                    "pictures": [
                        {
                            "picture": report.number,
                            "good": report.reason is None,
                            "reason": report.reason,
                            "message": None if report.refusal is None else report.refusal.say(self.language),
                            "faces": report.faces,
                            "quality": None if report.quality is None else rounded(report.quality),
                        }
                        for report in reports
                    ]
                }
            )
            return
        for report, name in zip(reports, names, strict=True):
            what = self.prompt_text("good") if report.refusal is None else report.refusal.say(self.language)
            click.echo(f"{self.prompt_text('picture', picture=report.number, what=what)} ({name})")
            if report.quality is not None:
                click.echo("    " + ", ".join(f"{key} {value:g}" for key, value in rounded(report.quality).items()))

    def consent_text(self, text_id: str, text: str) -> None:
        if self._json:
            self._print({"text_id": text_id, "text": text})
        else:
            click.echo(text)

    def _entry(self, outcome: Outcome) -> dict[str, Any]:
        enrolled = outcome.enrolled
        entry: dict[str, Any] = {
            "row": outcome.row.number,
            "line": outcome.row.line,
            "nip": masked(outcome.row.nip),
            "status": outcome.status,
            "reason": outcome.refusal.reason if outcome.refusal else None,
            "templates": len(enrolled.templates) if enrolled else 0,
            "event_id": enrolled.event_id if enrolled else None,
            "warnings": self._warnings(enrolled.warnings, outcome.skipped) if enrolled else [],
        }
        if outcome.status == "already":
            entry["message"] = self.prompt_text("already")
        elif enrolled is None:
            why = outcome.refusal.say(self.language) if outcome.refusal else ""
            entry["message"] = self.prompt_text("refused", why=why)
        elif enrolled.event_id is None:
            entry["message"] = self.prompt_text("would_accept", templates=len(enrolled.templates))
        else:
            entry["message"] = self.prompt_text("good")
        return entry

    def _standing(self, standing: Standing, timezone: str) -> dict[str, Any]:
        message = self._texts.text("standing", standing.state)
        if standing.problem is not None:
            message = self._texts.text("standing", "refused_because", why=self._problem(standing.problem))
        local = None if standing.utc is None else standing.utc.astimezone(_zone(timezone))
        return {
            "seq": standing.seq,
            "chain_id": standing.chain_id,
            "time": None if local is None else f"{local:%Y-%m-%d %H:%M}",
            "nip": standing.nip,
            "name": standing.name,
            "state": standing.state,
            "problem": None if standing.problem is None else problem_name(standing.problem),
            "message": message,
        }

    def _problem(self, problem: Json) -> str:
        """The server's reason in the officer's language: by the member that it names, else by the problem's name."""
        detail = shown(str(problem.get("detail", "")))[:DETAIL]
        texts = self._texts.tables["problem"]
        members = [key for key in texts if detail.startswith((f"{key}:", f"{key}."))]
        name = problem_name(problem)
        key = members[0] if members else name if name in texts else "unknown"
        return self._texts.text("problem", key, detail=detail or name)

    def _warnings(self, warns: Sequence[Warn], skipped: tuple[tuple[int, str], ...]) -> list[dict[str, Any]]:
        passed_over = [
            Warn("picture_skipped", {"picture": number, "why": self.refusal_text(reason)}) for number, reason in skipped
        ]
        return [
            {"code": warn.code, "message": self._texts.text("warning", warn.code, **warn.details)}
            for warn in (*passed_over, *warns)
        ]

    def _print(self, value: dict[str, Any]) -> None:
        click.echo(json.dumps(value, ensure_ascii=False))


def _zone(name: str) -> dt.tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def rounded(quality: Quality) -> dict[str, float]:
    return {name: round(float(value), 2) for name, value in asdict(quality).items()}
