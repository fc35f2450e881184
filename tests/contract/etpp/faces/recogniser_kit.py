"""Faces by two recognisers, and the calls about them, as the tests of this folder use them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import sqlalchemy as sa

from etpp.db import tables
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.running import OFFICE, Running
from tests.unit.enrollment.kit import descriptor

FP = "fp-112"
Json = dict[str, Any]


def encoded(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def dlib(person: int, sitting: int = 0, count: int = 3) -> list[str]:
    """So many templates of person number `person` by dlib's."""
    return [encoded(descriptor(person, 3 * sitting + n)) for n in range(count)]


def other(person: int, sitting: int = 0, count: int = 3, model_id: str = FP, length: int = 512) -> Json:
    """The same by another recogniser: angles of 18 degrees within a person, a right one between people."""
    views = np.random.default_rng([person, 7]).normal(size=length)
    views = views / np.linalg.norm(views)
    found = []
    for n in range(count):
        noise = np.random.default_rng([person, sitting, n]).normal(size=length)
        view = views + 0.32 * noise / np.linalg.norm(noise)
        found.append(encoded(view / np.linalg.norm(view)))
    return {"model_id": model_id, "templates": found}


def strangers(count: int) -> np.ndarray:
    """(count, 128) of so many people by dlib's, none like another."""
    made = np.random.default_rng(count).normal(size=(count, 128)).astype("<f4")
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def regency(etpp: Running, people: int) -> np.ndarray:
    """Another office with so many people, as if it had been enrolled before; the template of each."""
    etpp.admin("POST", "offices", {"office_id": "lain", "name": "Dinas Lain"})
    faces = {f"p{number:04d}": vector for number, vector in enumerate(strangers(people))}
    who = [{"person_id": each, "employee_id": each, "nip": each, "name": f"Pegawai {each}"} for each in faces]
    face = [{"person_id": each, "template_id": each, "descriptor": faces[each].tobytes()} for each in faces]
    with etpp.database.begin() as tx:
        tx.execute(sa.insert(tables.people).values(office_id="lain", changed_version=1), who)
        tx.execute(sa.insert(tables.templates).values(office_id="lain", model_id=MODEL_ID), face)
    return np.stack(list(faces.values()))


def send(terminal: Terminal, nip: str, templates: list[str], *more: Json, name: str = "Sri Lestari") -> str:
    """An enrolment that the server takes; its event id."""
    event = terminal.enrolment(nip, name, templates=templates, more_templates=list(more))
    (result,) = terminal.send_events([event]).json()["results"]
    if result["status"] != "accepted":
        raise AssertionError(result)
    return str(event["event_id"])


def approve(etpp: Running, event_id: str, office_id: str = OFFICE, answer: bool = False) -> str:
    """The person's id. `answer`: knowing of every mark."""
    keys = [mark["key"] for mark in marks(etpp, event_id)] if answer else []
    query = "?" + "&".join(f"accept={key}" for key in keys)
    return str(etpp.admin("POST", f"offices/{office_id}/enrolments/{event_id}/approve{query}")["person_id"])


def marks(etpp: Running, event_id: str) -> list[Json]:
    (found,) = [each for each in etpp.admin("GET", "enrolments")["enrolments"] if each["event_id"] == event_id]
    return list(found["marks"])


def models(person: Json) -> dict[str, int]:
    """How many templates of each model a gallery's person has."""
    found: dict[str, int] = {}
    for each in [*person["templates"], *person.get("more_templates", [])]:
        found[each["model_id"]] = found.get(each["model_id"], 0) + 1
    return found
