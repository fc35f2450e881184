"""What OWASP asks of the phone's program and calls, over every call that the table names.

A new call is looked at here by standing in the table. Guessing PINs and codes is asked of in pairing/test_phones.py
(`wrong_pins`, `many_guesses_at_once`) and pairing/test_codes.py (`guesses_are_slowed_down`, `good_once`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from etpp.accounts.table import TABLE
from etpp.phone.shell import files
from etpp.roster.store import EMPLOYEES, Offices, Roster
from tests.contract.etpp.phone.scene import TODAY, Phones, phones
from tests.contract.etpp.phone.test_calls import CORRECTION, LETTER, Caller
from tests.contract.etpp.running import OFFICE, running
from tests.contract.etpp.test_owasp_pages import EVIL, RECKONED
from tests.unit.etpp.absence.files import pdf

OBJECTION = {"month": TODAY[:7], "about": f"day:{TODAY}", "reason": EVIL}
BODIES: dict[str, Any] = {
    "POST /phone/api/corrections": CORRECTION | {"reason": EVIL},
    "POST /phone/api/letters": LETTER | {"issuer": EVIL},
    "POST /phone/api/objections": OBJECTION,
    "POST /phone/api/documents": pdf(),
}
CALLS = sorted(key for key in TABLE.rules if " /phone/api" in key)
READS = [key for key in CALLS if key.startswith("GET ")]
WRITES = [key for key in CALLS if not key.startswith("GET ")]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    folder = tmp_path_factory.mktemp("owasp")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        made = phones(etpp)
        with etpp.database.begin() as tx:
            known = Roster(tx).employee(made.scene.budi)
            here = Offices(tx).get(OFFICE)
            assert known is not None
            assert here is not None
            EMPLOYEES.add(tx, [replace(known, name=EVIL)], "bkpp", etpp.clock.now)
            Offices(tx).set_calendar(OFFICE, EVIL, here.calendar)
        yield made


@pytest.fixture(scope="module")
def budi(office: Phones) -> Caller:
    return Caller.of(office, office.budi)


def path(key: str) -> str:
    return re.sub(r"{month}", TODAY[:7], key.split(" /phone/api/")[1])


def said(answer: requests.Response) -> dict[str, str]:
    """What all answers have to say to a browser, and did not."""
    headers, wrong = answer.headers, {}
    if headers.get("X-Content-Type-Options") != "nosniff":
        wrong["sniffing"] = answer.url
    if "text/html" in headers.get("Content-Type", "") and "/phone/api/" in answer.url:
        wrong["a page"] = answer.url
    return wrong


def test_every_call_answers_in_json_that_no_cache_keeps(office: Phones, budi: Caller) -> None:
    wrong = []
    for caller in (budi, Caller(office.etpp.url, requests.Session(), "")):
        for key in READS:
            answer = caller.get(path(key))
            wrong += [f"{key}: {each}" for each in said(answer)]
            kept = answer.headers.get("Cache-Control", "")
            if "no-store" not in kept and not ("no-cache" in kept and "private" in kept):
                wrong.append(f"{key}: {answer.status_code} may be kept: {kept}")
    assert not wrong, "\n".join(wrong)


def test_no_file_of_the_program_can_be_framed_or_hold_code_of_others(office: Phones) -> None:
    wrong = []
    for name in ["", *sorted(set(files()) - {"index.html"}), "nothing-here.js"]:
        answer = requests.get(f"{office.etpp.url}/phone/{name}", timeout=60)
        policy = answer.headers.get("Content-Security-Policy", "")
        if answer.status_code == 200:
            for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
                if part not in policy:
                    wrong.append(f"{name}: without {part}")
            if "unsafe" in policy or "http:" in policy or "*" in policy:
                wrong.append(f"{name}: {policy}")
        wrong += [f"{name}: {each}" for each in said(answer)]
        if re.search(rb"<script(?![^>]*\bsrc=)|<style\b|\son\w+=\"|javascript:", answer.content) and not name:
            wrong.append(f"{name}: code within the page")
    assert not wrong, "\n".join(wrong)


def test_the_program_never_makes_markup_of_texts(office: Phones) -> None:
    """What people wrote becomes text by the DOM itself: there is no place where markup is made of a string."""
    found = [
        f"{name}: {each.decode()}"
        for name, file in files().items()
        if name.endswith(".js")
        for each in re.findall(
            rb"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)", file.content
        )
    ]
    assert found == []
    assert office.etpp.url


@pytest.mark.parametrize("key", WRITES)
def test_nothing_is_filed_by_another_page_or_for_another_person(office: Phones, budi: Caller, key: str) -> None:
    """CSRF: no token, another session's, one of nobody's; IDOR: somebody else's id in `by`, there or not there."""
    body, where = BODIES[key], path(key)
    other = Caller.of(office, office.sri)
    for token in ("", "wrong", other.csrf):
        assert budi.post(where, body, csrf=token).status_code == 403, token
    answers = set()
    for who in (office.scene.sri, "nobody-at-all"):
        if isinstance(body, bytes):
            answer = budi.post(f"{where}?by={who}", body)
        else:
            answer = budi.post(where, body | {"by": who})
        answers.add((answer.status_code, answer.text.replace(who, "WHO")))
    assert len(answers) == 1, "whether there is such a person is not told"
    assert answers.pop()[0] == 403


@pytest.mark.parametrize("key", READS)
def test_nobody_reads_or_finds_out_about_another_person(office: Phones, budi: Caller, key: str) -> None:
    answers = set()
    for who in (office.scene.sri, "kepala-bidang", "nobody-at-all", EVIL):
        answer = budi.get(path(key), params={"by": who})
        answers.add((answer.status_code, answer.text.replace(who, "WHO")))
    assert {status for status, _ in answers} == {403}
    assert len(answers) == 1, "whether there is such a person is not told"


def test_what_was_written_comes_back_as_it_was(budi: Caller) -> None:
    """Stored injection: the calls answer in JSON, and nothing of it is markup of ours."""
    assert budi.post("corrections", CORRECTION | {"reason": EVIL}).status_code in (200, 201)
    assert budi.post("objections", OBJECTION).status_code in (200, 201)
    for key in READS:
        answer = budi.get(path(key))
        assert answer.headers["Content-Type"].startswith("application/json"), key
        answer.json()
        assert RECKONED not in answer.text
