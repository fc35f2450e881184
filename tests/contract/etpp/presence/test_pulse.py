"""Pages that follow the day: however many they are, one question a second is asked of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import sqlalchemy as sa

from etpp.db import Database
from etpp.presence.pulse import Pulse
from etpp.presence.store import pulse_of
from etpp.serving.acting import Grant
from tests.contract.etpp import decided_routes
from tests.contract.etpp.running import OFFICE, Running

VIEWERS = 50


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def test_fifty_viewers_cost_one_question_a_second(etpp: Running) -> None:
    """The seconds are the test's own: each is let go when all who look are waiting."""
    steps = 5

    async def watched() -> tuple[list[int], set[str], str]:
        second, between = asyncio.Semaphore(0), asyncio.Event()

        async def pause() -> None:
            between.set()
            await second.acquire()

        pulse, costs = Pulse(etpp.database, pause), []
        with counted(etpp.database) as asked:
            before = await pulse.after("")
            await between.wait()
            viewers = [asyncio.create_task(pulse.after(before, 600)) for _ in range(VIEWERS)]
            while pulse.waiting < VIEWERS:
                await asyncio.sleep(0)
            for _ in range(steps):
                asked.clear()
                between.clear()
                second.release()
                await between.wait()
                costs.append(len(asked))
            assert not any(each.done() for each in viewers)
            await asyncio.to_thread(etpp.person)
            second.release()
            found = set(await asyncio.gather(*viewers))
            second.release()
        return costs, found, before

    costs, found, before = asyncio.run(watched())
    assert costs == [1] * steps
    assert len(found) == 1
    assert before not in found


def test_nobody_waiting_costs_nothing(etpp: Running) -> None:
    async def watched() -> int:
        over = asyncio.Event()

        async def pause() -> None:
            await over.wait()

        pulse = Pulse(etpp.database, pause)
        await pulse.after("")
        with counted(etpp.database) as asked:
            over.set()
            while pulse.looking:
                await asyncio.sleep(0)
        return len(asked)

    assert asyncio.run(watched()) == 0


def test_when_the_server_stops_nobody_waits_any_longer(etpp: Running) -> None:
    async def watched() -> int:
        second, between, stopped = asyncio.Event(), asyncio.Event(), False

        async def pause() -> None:
            between.set()
            await second.wait()

        pulse = Pulse(etpp.database, pause, lambda: stopped)
        before = await pulse.after("")
        viewers = [asyncio.create_task(pulse.after(before, 600)) for _ in range(VIEWERS)]
        await between.wait()
        while pulse.waiting < VIEWERS:
            await asyncio.sleep(0)
        stopped = True
        second.set()
        return len(await asyncio.gather(*viewers))

    assert asyncio.run(watched()) == VIEWERS


def test_whatever_a_page_shows_moves_the_pulse(etpp: Running) -> None:
    terminal, face = etpp.terminal(), etpp.person()

    def now() -> str:
        with etpp.database.read() as tx:
            return pulse_of(tx)

    letter = ""

    def submit() -> None:
        nonlocal letter
        with etpp.database.read() as tx:
            employee = str(tx.execute(sa.text("SELECT person_id FROM employees")).scalar_one())

        class It:
            def employee(self) -> str:
                return employee

        letter = etpp.admin("POST", "letters", decided_routes.new_letter(It()))["letter_id"]  # type: ignore[arg-type]

    changes: dict[str, Callable[[], object]] = {
        "a presence": lambda: terminal.send_events([terminal.presence(face)], at=etpp.clock.local("2026-11-24 07:20")),
        "a report without events": lambda: terminal.send_events([], at=etpp.clock.local("2026-11-24 08:00")),
        "a heartbeat": lambda: (etpp.clock.local("2026-11-24 08:01"), terminal.heartbeat()),
        "a letter": lambda: (
            submit(),
            etpp.admin("POST", f"letters/{letter}/approve", {"by": "kepala"}),
        ),
        "a person": lambda: etpp.person("199001012015031001", "Budi"),
        "a terminal that is revoked": lambda: etpp.admin("POST", f"devices/{terminal.device_id}/revoke"),
        "a terminal that is written off": lambda: etpp.admin("POST", f"devices/{terminal.device_id}/write-off"),
    }
    assert now() == now()
    for what, change in changes.items():
        before = now()
        change()
        assert now() != before, what


@pytest.mark.parametrize(("role", "office", "status"), [("operator", OFFICE, 200), ("employee", None, 403)])
def test_who_may_look_may_follow(etpp: Running, role: str, office: str | None, status: int) -> None:
    member = etpp.log_in(etpp.member("melihat", Grant(role, office), person_id="p"))  # type: ignore[arg-type]
    answer = member.get(f"{etpp.url}/console/live?seen=other", timeout=60, allow_redirects=False)
    assert answer.status_code == status
    if status == 200:
        assert set(answer.json()) == {"pulse"}
        assert answer.headers["Cache-Control"] == "no-store"
    stranger = requests.get(f"{etpp.url}/console/live", timeout=60, allow_redirects=False)
    assert stranger.status_code == 303
