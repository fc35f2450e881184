"""The embedded server, as the demo's operator uses it: its administrator's API over loopback."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.processes import Child, Family

OFFICE_ID = "demo"
OFFICE_NAME = "Dinas Contoh Kabupaten Kulon Progo"


@dataclass(frozen=True)
class Server:
    url: str
    state: Path

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/v1/admin/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {(self.state / 'admin-token').read_text(encoding='utf-8').strip()}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def add_office(self) -> None:
        """Where nobody has built a regency."""
        self.call("POST", "offices", {"office_id": OFFICE_ID, "name": OFFICE_NAME})

    def new_code(self) -> str:
        return str(self.call("POST", f"offices/{OFFICE_ID}/codes")["code"])

    def names(self) -> dict[str, str]:
        """Person id to name, of all who have a face."""
        people = self.call("GET", f"offices/{OFFICE_ID}/people")["people"]
        return {p["person_id"]: p["name"] for p in people if p["templates"]}

    def statement(self, person_id: str, month: str) -> dict[str, Any]:
        """The month of somebody whom the demo office's terminal knows by this id, as the facts stand now."""
        people = self.call("GET", f"offices/{OFFICE_ID}/people")["people"]
        employee = next(p["employee_id"] for p in people if p["person_id"] == person_id)
        found: dict[str, Any] = self.call("GET", f"employees/{employee}/statements/{month}")
        return found

    def presences(self) -> list[dict[str, Any]]:
        """The presences in the books, oldest first; of more than 10,000 the latest."""
        found = self.call("GET", f"events?office_id={OFFICE_ID}&kind=presence&status=accepted&limit=10000")["events"]
        return sorted(found, key=lambda event: (event["received_utc"], event["seq"]))


def start(family: Family, state: Path, port: int = 0) -> tuple[Server, Child]:
    """The server on loopback with a SQLite database in `state`; returns when it takes requests."""
    child, line = family.start(
        "etpp",
        ["etpp", "--state", str(state), "serve", "--port", str(port), "--approve", "auto"],
        wait_for_line=True,
    )
    return Server(json.loads(line)["url"], state), child
