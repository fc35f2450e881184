"""Templates of a further recogniser without calling anybody in: asked for, offered, approved in bulk or refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from etpp.__main__ import cli
from etpp.base.errors import Conflict
from etpp.db.face_tables import renewal_offers
from etpp.faces.marks import gap
from etpp.faces.store import Enrolments, Templates
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import FP, Json, approve, dlib, encoded, marks, models, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running, running, wib

OTHER_NIP = NIP[:-1] + "8"
CONSENT = {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-renewal-1", "officer": "Petugas Contoh"}


def switch(etpp: Running, model_id: str | None = FP) -> None:
    etpp.admin("PUT", f"offices/{OFFICE}/renewal", {"by": "bkpp", "model_id": model_id})


def consent(etpp: Running, *people: str, expect: int = 200, **more: str) -> Any:
    said = {"by": "bkpp", "model_id": FP, "people": list(people), **CONSENT, **more}
    return etpp.admin("POST", f"offices/{OFFICE}/renewal/consents", said, expect=expect)


def asked(terminal: Terminal, since: int = 0) -> dict[str, Any]:
    """By person id: what the gallery asks of whom."""
    people = terminal.gallery(since).json()["payload"]["people"]
    return {each["person_id"]: each["renewal"] for each in people if "renewal" in each}


def offer(terminal: Terminal, person: str, nip: str = NIP, face: int = 1, **changes: Any) -> list[Json]:
    """A confirmed presence and what follows it, as a terminal sends both."""
    presence = terminal.presence(person)
    said = {
        "model_id": FP,
        "person_id": person,
        "presence": presence["event_id"],
        "match": presence["presence"]["match"],
        "liveness": presence["presence"]["liveness"],
    }
    more = [other(face, sitting=1)]
    payload = {
        "templates": dlib(face, sitting=1),
        "more_templates": more,
        "consent": CONSENT,
        "renewal": said | changes,
    }
    return [presence, terminal.enrolment(nip, "Sri Lestari", **payload)]


def enrolled(etpp: Running, terminal: Terminal, nip: str = NIP, face: int = 1) -> str:
    return approve(etpp, send(terminal, nip, dlib(face)))


def deliver(terminal: Terminal, events: list[Json]) -> list[str]:
    return [each["status"] for each in terminal.send_events(events).json()["results"]]


def states(etpp: Running) -> list[tuple[str, Any]]:
    """Of the offers, in alphabetical order."""
    found = etpp.admin("GET", "enrolments")["enrolments"]
    return sorted((each["state"], each["models"]) for each in found if each["renewal"] is not None)


def bulk(etpp: Running) -> Any:
    return etpp.admin("POST", f"offices/{OFFICE}/renewal/approve", {"by": "bkpp"})


def test_nobody_is_asked_unless_bkpp_says_so_and_the_person_agreed(etpp: Running) -> None:
    terminal = etpp.terminal()
    person, another = enrolled(etpp, terminal), enrolled(etpp, terminal, OTHER_NIP, face=2)
    assert asked(terminal) == {}
    assert consent(etpp, NIP) == {"people": 1}
    assert asked(terminal) == {}
    version = terminal.gallery().json()["manifest"]["version"]
    switch(etpp)
    assert asked(terminal, version) == {person: {"model_id": FP, "consent": CONSENT}}
    switch(etpp, None)
    assert asked(terminal) == {}
    switch(etpp)
    consent(etpp, another)
    assert set(asked(terminal)) == {person, another}


def test_an_offer_waits_and_is_approved_with_what_speaks_for_it(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    before = terminal.gallery().json()["payload"]["people"][0]["templates"]
    switch(etpp)
    consent(etpp, NIP)
    version = terminal.gallery().json()["manifest"]["version"]
    assert deliver(terminal, offer(terminal, person)) == ["accepted", "accepted"]
    assert states(etpp) == [("pending", [MODEL_ID, FP])]
    # Answered or not: nobody is asked twice, and every terminal of the office hears of it.
    delta = terminal.gallery(version).json()["payload"]["people"]
    assert ["renewal" in each for each in delta] == [False]
    (office,) = etpp.admin("GET", "recognisers")["offices"]
    assert (office["renewing"], office["consented"], office["waiting"]) == (FP, 1, 1)
    done = bulk(etpp)
    assert (len(done["approved"]), done["left"]) == (1, [])
    (after,) = terminal.gallery().json()["payload"]["people"]
    assert models(after) == {MODEL_ID: 3, FP: 3}
    assert after["templates"] == before  # those of the sitting before an officer stay
    (kept,) = [each for each in etpp.admin("GET", "enrolments")["enrolments"] if each["renewal"]]
    (agreed,) = kept["renewal"]["agreement"]
    assert agreed["model_id"] == MODEL_ID
    assert agreed["distance"] < agreed["allowed"]
    assert kept["renewal"]["match"] == {"score": 4.5, "margin": 1.5, "threshold": 3.0, "frames": 3}
    with etpp.database.read() as tx:
        decided = Enrolments(tx).get(OFFICE, kept["event_id"])
    assert decided is not None
    assert (dict(decided.faces), decided.decided_by) == ({}, "bkpp")
    assert bulk(etpp) == {"approved": [], "left": []}


def test_what_does_not_agree_with_the_model_on_file_is_left_to_be_looked_at(etpp: Running) -> None:
    terminal = etpp.terminal()
    good, other_face = enrolled(etpp, terminal), enrolled(etpp, terminal, OTHER_NIP, face=2)
    switch(etpp)
    consent(etpp, NIP, OTHER_NIP)
    deliver(terminal, offer(terminal, good))
    deliver(terminal, offer(terminal, other_face, OTHER_NIP, face=3))
    done = bulk(etpp)
    assert len(done["approved"]) == 1
    assert [each["marks"] for each in done["left"]] == [[f"face_differs:{other_face}"]]
    assert [state for state, _ in states(etpp)] == ["approved", "pending"]
    version = terminal.gallery().json()["manifest"]["version"]
    assert bulk(etpp)["approved"] == []  # each press was a gallery that every terminal fetched for nothing
    assert terminal.gallery().json()["manifest"]["version"] == version


DOUBTS: dict[str, dict[str, Any]] = {
    "a score that barely recognises": {"match": {"score": 3.04, "margin": 1.5, "threshold": 3.0, "frames": 3}},
    "nobody alive": {"liveness": {"state": "pending", "score": 0.9, "reason": "gathering"}},
}


def test_the_server_compares_again_and_approves_nothing_in_passing_that_is_in_doubt(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    enrolled(etpp, terminal, OTHER_NIP, face=2)
    switch(etpp)
    unlike = [decoded(each) for each in dlib(1, sitting=1)]
    apart = decoded(dlib(2)[0]) - unlike[0]
    further = [encoded(each - 0.36 * apart / np.linalg.norm(apart)) for each in unlike]
    assert (
        0.36 < gap(MODEL_ID, raw(further), raw(dlib(1)))[0] < 0.42
    )  # still the face on file by the rule for enrolments
    cases = [*DOUBTS.values(), {}]
    for number, claim in enumerate(cases):
        etpp.clock.now = wib(f"2026-12-0{2 * number + 2} 08:00")
        consent(etpp, NIP, given_utc=f"2026-12-0{2 * number + 1}T01:00:00.000Z")
        presence, offered = offer(terminal, person, **claim)
        if not claim:
            offered = again(terminal, presence, offered, templates=further)
        assert deliver(terminal, [presence, offered]) == ["accepted", "accepted"]
        done = bulk(etpp)
        assert [each["marks"] for each in done["left"]] == [[f"renewal_doubtful:{person}"]]
        assert done["approved"] == []
        etpp.admin("POST", f"offices/{OFFICE}/enrolments/{offered['event_id']}/reject")
    assert {state for state, _ in states(etpp)} == {"rejected"}


def decoded(template: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(template), dtype="<f4")


def raw(templates: list[str]) -> list[bytes]:
    return [base64.b64decode(each) for each in templates]


def again(terminal: Terminal, presence: Json, event: Json, **changes: Any) -> Json:
    """The enrolment after `presence` with other members in it."""
    terminal.seq, terminal.last_hash = presence["seq"], presence["hash"]
    said = {key: value for key, value in event["enrolment"].items() if key not in ("nip", "name")}
    return terminal.enrolment(NIP, "Sri Lestari", **said | changes)


def test_a_refusal_deletes_it_and_asks_again_only_after_another_consent(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    switch(etpp)
    consent(etpp, NIP)
    deliver(terminal, offer(terminal, person))
    (waits,) = etpp.admin("GET", "enrolments?state=pending")["enrolments"]
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{waits['event_id']}/reject")
    assert states(etpp) == [("rejected", [])]
    assert asked(terminal) == {}
    etpp.clock.now = wib("2026-12-02 08:00")
    consent(etpp, NIP, given_utc="2026-12-01T01:00:00.000Z")
    assert set(asked(terminal)) == {person}


def test_what_nobody_asked_for_is_not_kept(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    assert deliver(terminal, offer(terminal, person)) == ["accepted", "accepted"]  # nothing is wrong with the event
    assert states(etpp) == [("rejected", [])]
    switch(etpp)
    deliver(terminal, offer(terminal, person))  # without a consent
    consent(etpp, NIP)
    deliver(terminal, offer(terminal, person))
    deliver(terminal, offer(terminal, person))  # another terminal, at the same time
    assert [state for state, _ in states(etpp)] == ["pending", "rejected", "rejected", "rejected"]
    assert len(bulk(etpp)["approved"]) == 1


WITHOUT_A_PRESENCE: dict[str, dict[str, Any]] = {
    "of nobody": {"presence": "01930005-0000-7000-8000-00000000e0ff"},
    "of another person": {"person_id": "somebody"},
    "of another model": {"model_id": "w600k-112"},
    "of dlib's": {"model_id": MODEL_ID},
    "of an unknown model": {"model_id": "one-of-tomorrow"},
    "without a match": {"match": None},
}


@pytest.mark.parametrize("case", WITHOUT_A_PRESENCE)
def test_an_offer_rests_on_a_presence_in_the_books(etpp: Running, case: str) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    switch(etpp)
    consent(etpp, NIP)
    assert deliver(terminal, offer(terminal, person, **WITHOUT_A_PRESENCE[case])) == ["accepted", "rejected"]
    assert states(etpp) == []


def test_a_presence_in_an_earlier_batch_will_do_and_another_persons_will_not(etpp: Running) -> None:
    terminal = etpp.terminal()
    person, another = enrolled(etpp, terminal), enrolled(etpp, terminal, OTHER_NIP, face=2)
    switch(etpp)
    consent(etpp, NIP)
    presence, enrolment = offer(terminal, person)
    assert deliver(terminal, [presence]) == ["accepted"]
    assert deliver(terminal, [enrolment]) == ["accepted"]
    theirs = terminal.presence(another)
    assert deliver(terminal, [theirs]) == ["accepted"]
    _, wrong = offer(terminal, person, presence=theirs["event_id"])
    terminal.seq, terminal.last_hash = theirs["seq"], theirs["hash"]
    wrong = terminal.enrolment(
        NIP, "Sri Lestari", **{k: v for k, v in wrong["enrolment"].items() if k not in ("nip", "name")}
    )
    assert deliver(terminal, [wrong]) == ["rejected"]


def test_who_takes_the_consent_back_loses_what_came_of_it(etpp: Running) -> None:
    terminal = etpp.terminal()
    person, another = enrolled(etpp, terminal), enrolled(etpp, terminal, OTHER_NIP, face=2)
    switch(etpp)
    consent(etpp, NIP, OTHER_NIP)
    deliver(terminal, offer(terminal, person))
    bulk(etpp)
    deliver(terminal, offer(terminal, another, OTHER_NIP, face=2))
    said = {"by": "bkpp", "model_id": FP, "people": [NIP, OTHER_NIP]}
    etpp.admin("POST", f"offices/{OFFICE}/renewal/consents/withdraw", said)
    people = terminal.gallery().json()["payload"]["people"]
    assert [models(each) for each in people] == [{MODEL_ID: 3}, {MODEL_ID: 3}]
    assert states(etpp) == [("approved", []), ("rejected", [])]
    assert asked(terminal) == {}


def test_a_consent_is_taken_back_in_every_office_that_knows_the_person(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": "dinas-dua", "name": "Dinas Dua"})
    here, there = etpp.terminal(), etpp.terminal("dinas-dua")
    enrolled(etpp, here)
    approve(etpp, send(there, NIP, dlib(1), other(1)), "dinas-dua", answer=True)
    version = there.gallery().json()["manifest"]["version"]
    said = {"by": "bkpp", "model_id": FP, "people": [NIP]}
    etpp.admin("POST", f"offices/{OFFICE}/renewal/consents/withdraw", said)
    (person,) = there.gallery(version).json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 3}


def test_an_erasure_takes_offer_and_consent_along(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    switch(etpp)
    consent(etpp, NIP)
    deliver(terminal, offer(terminal, person))
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    assert states(etpp) == [("rejected", [])]
    approve(etpp, send(terminal, NIP, dlib(1)))
    assert asked(terminal) == {}
    with etpp.database.read() as tx:
        assert Templates(tx).owners(OFFICE, FP) == set()


def test_the_same_batch_again_is_noted_once(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    switch(etpp)
    consent(etpp, NIP)
    events = offer(terminal, person)
    assert deliver(terminal, events) == ["accepted", "accepted"]
    version = terminal.gallery().json()["manifest"]["version"]
    assert deliver(terminal, events) == ["duplicate", "duplicate"]
    assert terminal.gallery(version).status_code == 204
    with etpp.database.read() as tx:
        assert len(tx.execute(renewal_offers.select()).all()) == 1


def test_automatic_approval_leaves_what_nobody_stood_by_at(url: str, tmp_path: Path) -> None:
    with running(url, tmp_path / "state", approve="auto") as etpp:
        terminal = etpp.terminal()
        send(terminal, NIP, dlib(1))
        ((person,),) = ([each["person_id"] for each in terminal.gallery().json()["payload"]["people"]],)
        switch(etpp)
        consent(etpp, NIP)
        deliver(terminal, offer(terminal, person))
        assert [state for state, _ in states(etpp)] == ["pending"]
        assert marks(etpp, etpp.admin("GET", "enrolments?state=pending")["enrolments"][0]["event_id"]) == []


def test_what_there_is_not_is_refused(etpp: Running) -> None:
    terminal = etpp.terminal()
    enrolled(etpp, terminal)
    consent(etpp, NIP, OTHER_NIP, expect=404)
    consent(etpp, NIP, model_id=MODEL_ID, expect=409)
    consent(etpp, expect=400)
    for model_id in (MODEL_ID, "one-of-tomorrow"):
        etpp.admin("PUT", f"offices/{OFFICE}/renewal", {"by": "bkpp", "model_id": model_id}, expect=409)
        said = {"by": "bkpp", "model_id": model_id, "people": [NIP]}
        etpp.admin("POST", f"offices/{OFFICE}/renewal/consents/withdraw", said, expect=409)
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 3}  # an erasure has its own way, and its proof
    etpp.admin("PUT", "offices/nowhere/renewal", {"by": "bkpp", "model_id": FP}, expect=404)
    etpp.admin("POST", "offices/nowhere/renewal/approve", {"by": "bkpp"}, expect=404)


def run(etpp: Running, *words: str) -> Result:
    url = etpp.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(cli, [*words, "--state", str(etpp.state.folder), "--db", url])


def told(etpp: Running, *words: str) -> Any:
    done = run(etpp, *words, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def test_all_of_it_at_the_command_line(etpp: Running, tmp_path: Path) -> None:
    terminal = etpp.terminal()
    person = enrolled(etpp, terminal)
    (tmp_path / "nips.txt").write_text(f"{NIP}\n", encoding="utf-8")
    by = ("--by", "bkpp")
    assert told(etpp, "recognisers", "renew", OFFICE, "--model", FP, *by)["renewing"] == FP
    assert run(etpp, "recognisers", "renew", OFFICE, *by).exit_code == 2
    given = ("--given", "2026-11-20T08:00", "--text", "consent-renewal-1", "--officer", "Petugas Contoh")
    listed = ("--model", FP, "--file", str(tmp_path / "nips.txt"))
    assert told(etpp, "recognisers", "consent", OFFICE, *listed, *given, *by) == {"people": 1}
    assert asked(terminal) == {person: {"model_id": FP, "consent": CONSENT}}
    deliver(terminal, offer(terminal, person))
    assert "waiting" in run(etpp, "recognisers", "report").stdout
    assert "approved: 1" in run(etpp, "recognisers", "approve", OFFICE, *by).stdout
    assert told(etpp, "recognisers", "approve", OFFICE, *by) == {"approved": [], "left": []}
    assert told(etpp, "recognisers", "withdraw", OFFICE, "--model", FP, "--person", NIP, *by) == {"people": 1}
    assert told(etpp, "recognisers", "renew", OFFICE, "--stop", *by)["renewing"] is None
    assert isinstance(run(etpp, "recognisers", "withdraw", OFFICE, "--model", FP, *by).exception, Conflict)  # of nobody
