"""A letter's way over real HTTP, and that whatever is taken is counted by the rules, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from etpp.absence import letters, views
from etpp.absence.asked import NewLetter
from etpp.absence.catalogue import delivered_text
from etpp.absence.content import MAX_BYTES
from etpp.absence.rules import in_force
from etpp.absence.store import kinds, letters_of, said_of
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict
from etpp.roster import moving
from etpp.roster.store import ASSIGNMENTS, People, Roster
from tests.contract.etpp.client import problem_of
from tests.contract.etpp.running import OFFICE, Running, wib
from tests.unit.etpp.absence.files import archive, pdf, picture

SRI, BUDI, ANI = "198503152010012007", "199001012015031001", "199203042019032003"
OTHER = "dinas-kesehatan"
ZONE = ZoneInfo("Asia/Jakarta")


@dataclass
class Scene:
    """Sri and Budi of one office, Ani of another, since the beginning of the year."""

    etpp: Running
    sri: str
    budi: str
    ani: str

    def file(self, said: bytes = b"surat") -> str:
        return str(self.etpp.send_file(pdf(said)).json()["sha256"])

    def asked(self, **changed: Any) -> dict[str, Any]:
        return {
            "kind_id": "dinas-luar",
            "number": "094/1",
            "date": "2026-11-20",
            "issuer": "Kepala Dinas",
            "people": [SRI],
            "first_utc": at("2026-11-25 07:30"),
            "until_utc": at("2026-11-25 16:00"),
            "submitted_by": "tu",
            "office_id": OFFICE,
            "document_sha256": self.file(),
            **changed,
        }

    def submit(self, **changed: Any) -> dict[str, Any]:
        return dict(self.etpp.admin("POST", "letters", self.asked(**changed)))

    def step(self, letter: dict[str, Any], step: str, expect: int = 200, **said: Any) -> dict[str, Any]:
        said = {"by": "kepala", **said}
        return dict(self.etpp.admin("POST", f"letters/{letter['letter_id']}/{step}", said, expect))

    def counted(self, person: str) -> list[str]:
        """The letters that the rule of pay counts for a person."""
        with self.etpp.database.read() as tx:
            mine = letters_of(tx, person)
            said = said_of(tx, [each.letter_id for each in mine])
            return [each.letter_id for each in in_force(person, mine, *said, kinds(tx), ZONE)]


def at(local: str) -> str:
    return format_time(wib(local))


@pytest.fixture
def scene(etpp: Running) -> Scene:
    etpp.admin("POST", "offices", {"office_id": OTHER, "name": "Dinas Kesehatan"})
    found = []
    for nip, name, office in ((SRI, "Sri", OFFICE), (BUDI, "Budi", OFFICE), (ANI, "Ani", OTHER)):
        face = etpp.person(nip, name, office)
        with etpp.database.begin() as tx:
            person = People(tx).get(office, face)
            assert person is not None
            (stay,) = Roster(tx).career(person.employee_id).all
            ASSIGNMENTS.add(tx, [replace(stay, first=dt.date(2026, 1, 1))], "bkpp", etpp.clock.now)
            found.append(person.employee_id)
    return Scene(etpp, *found)


def test_a_letter_is_submitted_with_its_file_approved_and_taken_back(scene: Scene) -> None:
    made = scene.submit(people=[SRI, scene.budi])
    assert (made["state"], made["person_ids"], made["marks"]) == ("submitted", [scene.sri, scene.budi], [])
    assert scene.counted(scene.sri) == []
    approved = scene.step(made, "approve", reason="sesuai")
    assert (approved["state"], approved["decided_by"], approved["reason"]) == ("approved", "kepala", "sesuai")
    assert scene.counted(scene.sri) == scene.counted(scene.budi) == [made["letter_id"]]
    back = scene.step(made, "revoke", reason="batal")
    assert (back["state"], back["revoked_because"], back["decided_by"]) == ("revoked", "batal", "kepala")
    assert scene.counted(scene.sri) == []
    shown = scene.etpp.admin("GET", f"letters/{made['letter_id']}")
    assert shown == {**back, "marks": []}


def test_a_file_comes_back_as_it_was_and_as_nothing_else(scene: Scene) -> None:
    content = picture("JPEG")
    kept = scene.etpp.send_file(content, **{"Content-Type": "text/html", "X-Filename": "../../etc/passwd"})
    assert kept.status_code == 201
    assert kept.json() == {**kept.json(), "media_type": "image/jpeg", "bytes": len(content)}
    sha256 = kept.json()["sha256"]
    assert scene.etpp.send_file(content).json() == kept.json()  # twice is one
    lying = [path for path in (scene.etpp.state.folder / "documents").rglob("*") if path.is_file()]
    assert [path.name for path in lying] == [sha256]
    token = scene.etpp.state.secrets.admin_token
    url = f"{scene.etpp.url}/v1/admin/documents/{sha256}"
    got = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert got.content == content
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"] == f'attachment; filename="{sha256}.jpeg"'
    assert requests.get(url, timeout=60).status_code == 401


def test_a_documents_name_is_a_hash_and_nothing_else(scene: Scene) -> None:
    for name in ("..%2f..%2fadmin-token", "%2e%2e", "admin-token", "0" * 63, "A" * 64, "0" * 64):
        scene.etpp.admin("GET", f"documents/{name}", expect=(400, 404))


NO_FILES: list[tuple[bytes, int, str]] = [
    (b"<!doctype html><script>1</script>", 409, "conflict"),  # named .pdf or not
    (archive(), 409, "conflict"),
    (b"", 409, "conflict"),
    (b"\0" * (MAX_BYTES + 1), 413, "too-large"),  # refused by its length, before it is read
]


def test_what_is_no_letters_file_is_refused(scene: Scene) -> None:
    for content, status, problem in NO_FILES:
        answer = scene.etpp.send_file(content, **{"Content-Type": "application/pdf"})
        assert (answer.status_code, problem_of(answer)) == (status, problem)
    assert not list((scene.etpp.state.folder / "documents").rglob("*/*"))


def test_two_hundred_megabytes_are_refused_by_their_length_and_by_their_flow(scene: Scene) -> None:
    assert scene.etpp.send_file(b"", **{"Content-Length": str(200 * 1024 * 1024)}).status_code == 413
    flow = (b"%PDF-1.7" + b"\0" * (1024 * 1024 - 8) for _ in range(200))  # sent in chunks, without a length
    try:
        status = scene.etpp.send_file(flow).status_code
    except requests.ConnectionError:
        status = 413  # the server has ended the connection while it was still being told
    assert status == 413
    assert not list((scene.etpp.state.folder / "documents").rglob("*/*"))


def test_a_usual_call_may_not_be_as_large_as_a_file(scene: Scene) -> None:
    scene.etpp.admin("POST", "letters", {"number": "x" * 300_000}, expect=413)


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"people": []}, 409),  # for nobody
    ({"people": [SRI, SRI]}, 409),  # twice by number
    ({"people": ["199912312025011001"]}, 404),  # somebody whom the roster does not know
    ({"people": [ANI]}, 409),  # somebody of another office
    ({"people": [SRI, ANI]}, 409),  # one of them
    ({"office_id": "dinas-tiada"}, 404),
    ({"until_utc": at("2026-11-25 07:30")}, 409),  # no time at all
    ({"until_utc": at("2026-11-24 16:00")}, 409),  # backwards
    ({"first_utc": "2026-11-25T00:30:01.000Z"}, 409),  # no whole minute
    ({"first_utc": "2026-11-25 07:30"}, 400),  # no UTC
    ({"until_utc": at("2062-11-25 16:00")}, 409),  # a wrong year
    ({"kind_id": "liburan"}, 409),  # no such kind
    ({"kind_id": "../kinds"}, 400),
    ({"first_utc": at("2019-04-30 23:59")}, 409),  # the kind did not hold yet on that day
    ({"document_sha256": None}, 409),  # the kind needs one
    ({"document_sha256": "0" * 64}, 404),  # one that nobody has sent
    ({"document_sha256": "../../../etc/passwd"}, 400),
    ({"number": ""}, 400),
    ({"number": "094/1\u202e"}, 400),  # a mark that turns the direction
    ({"date": "2026-02-30"}, 400),
    ({"date": 20261120}, 400),
    ({"approved": True}, 400),  # a member that is none
    ({"submitted_by": ""}, 400),
]


def test_a_letter_that_would_not_count_is_refused_and_leaves_nothing(scene: Scene) -> None:
    for changed, status in REFUSED:
        scene.etpp.admin("POST", "letters", scene.asked(**changed), expect=status)
    assert scene.etpp.admin("GET", "letters")["letters"] == []


@pytest.mark.long_on_postgresql
def test_whatever_is_taken_and_approved_is_counted_to_the_minute(scene: Scene) -> None:
    """Every kind, about the first and the last local midnight on which it holds."""
    asked = scene.asked(people=[BUDI], office_id=None)
    ends = delivered_text().replace('id = "cuti-besar"\n', 'id = "cuti-besar"\nlast = 2026-11-30\n')
    scene.etpp.admin("PUT", "kinds", {"by": "bkpp", "text": ends})
    minute, taken = dt.timedelta(minutes=1), 0
    with scene.etpp.database.begin() as tx:
        for kind in sorted(kinds(tx).ids()):
            for midnight in ("2019-05-01 00:00", "2026-11-25 00:00", "2026-12-01 00:00"):
                for first in (wib(midnight) - minute, wib(midnight)):
                    for until in (first + minute, first + 400 * 24 * 60 * minute):
                        new = NewLetter(**{**asked, "kind_id": kind, "first_utc": first, "until_utc": until})
                        try:
                            made = letters.submit(tx, new, scene.etpp.clock.now)
                        except Conflict:
                            continue
                        taken += 1
                        letters.decide(tx, made.letter_id, True, "kepala", "", scene.etpp.clock.now)
                        mine = letters_of(tx, scene.budi)
                        counted = in_force(scene.budi, mine, *said_of(tx, [made.letter_id]), kinds(tx), ZONE)
                        assert [(e.letter_id, e.first_utc, e.until_utc) for e in counted] == [
                            (made.letter_id, first, until)
                        ]
    # Twelve kinds, none of them in 2019, when he did not serve yet; the great leave had ended on the last midnight.
    assert taken == 12 * 8 - 2


def test_bkpp_writes_letters_for_people_of_any_office(scene: Scene) -> None:
    made = scene.submit(people=[SRI, ANI], office_id=None)
    scene.step(made, "approve")
    assert scene.counted(scene.ani) == [made["letter_id"]]


def test_nobody_who_is_in_a_letter_decides_on_it_by_whatever_name(scene: Scene) -> None:
    made = scene.submit()
    for name in (SRI, scene.sri):  # the NIP is the same person as the id
        for step in ("approve", "refuse"):
            scene.step(made, step, 409, by=name)
    assert scene.step(made, "approve", by=BUDI)["decided_by"] == scene.budi


ORDERS: list[tuple[list[str], str, int]] = [
    (["approve"], "approve", 409),  # decided once
    (["approve"], "refuse", 409),  # an approved one is taken back by revoking it
    (["refuse"], "approve", 409),  # a refused one is submitted anew
    (["refuse"], "revoke", 200),
    (["revoke"], "approve", 409),  # for good
    (["revoke"], "revoke", 409),
    ([], "revoke", 200),  # by whoever sees that it is a mistake
]


def test_a_letters_steps_have_their_order(scene: Scene) -> None:
    for steps, last, status in ORDERS:
        made = scene.submit()
        for step in steps:
            scene.step(made, step, reason="x")
        scene.step(made, last, status, reason="x")


def test_a_letter_that_does_not_exist_is_named_so(scene: Scene) -> None:
    for step in ("approve", "refuse", "revoke"):
        scene.step({"letter_id": "x"}, step, 404, reason="x")
    scene.etpp.admin("GET", "letters/x", expect=404)


def test_of_two_decisions_at_once_one_is_told_that_it_came_too_late(scene: Scene) -> None:
    made = scene.submit()
    ready, outcome = threading.Barrier(2), []

    def decide(step: str) -> None:
        ready.wait()
        url = f"{scene.etpp.url}/v1/admin/letters/{made['letter_id']}/{step}"
        token = scene.etpp.state.secrets.admin_token
        answer = requests.post(url, json={"by": step}, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        outcome.append(answer.status_code)

    threads = [threading.Thread(target=decide, args=(step,)) for step in ("approve", "refuse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == [200, 409]


def test_a_file_is_attached_until_somebody_has_decided(scene: Scene) -> None:
    made = scene.submit(kind_id="izin-terlambat", document_sha256=None)
    sha256 = scene.file(b"keterangan")
    scene.step(made, "document", 404, document_sha256="0" * 64)
    assert scene.step(made, "document", document_sha256=sha256)["document_sha256"] == sha256
    scene.step(made, "document", 409, document_sha256=scene.file(b"lain"))  # it has one
    scene.step(made, "approve")
    assert scene.counted(scene.sri) == [made["letter_id"]]
    bare = scene.submit(kind_id="izin-terlambat", document_sha256=None, number="2")
    scene.step(bare, "approve")
    scene.step(bare, "document", 409, document_sha256=sha256)  # what was approved is what was read


def test_what_whoever_decides_should_know_is_marked(scene: Scene) -> None:
    first = scene.submit()
    assert first["marks"] == []
    over_noon = {"first_utc": at("2026-11-25 12:00"), "until_utc": at("2026-11-26 12:00")}
    assert scene.submit(number="2", people=[BUDI], **over_noon)["marks"] == []
    assert scene.submit(number="3", **over_noon)["marks"] == ["overlap"]
    long = {"kind_id": "cuti-tahunan", "first_utc": at("2026-12-01 00:00"), "until_utc": at("2026-12-26 00:00")}
    assert scene.submit(number="4", **long)["marks"] == ["maximum"]  # 25 days of 24
    late = {"first_utc": at("2026-11-23 07:30"), "until_utc": at("2026-11-23 16:00")}
    made = scene.submit(number="5", **late)
    assert made["marks"] == ["after_the_fact"]
    found = scene.etpp.admin("GET", "letters?after_the_fact=true")["letters"]
    assert [each["letter_id"] for each in found] == [made["letter_id"]]
    scene.step(first, "refuse")
    (third,) = [each for each in scene.etpp.admin("GET", "letters")["letters"] if each["number"] == "3"]
    assert scene.etpp.admin("GET", f"letters/{third['letter_id']}")["marks"] == []  # refused ones cover nothing


def test_letters_are_listed_by_page_office_person_state_and_month(scene: Scene) -> None:
    made = [scene.submit(number=str(n)) for n in range(5)]
    scene.step(made[0], "approve")
    scene.submit(number="ani", people=[ANI], office_id=OTHER)
    december = {"first_utc": at("2026-11-30 16:00"), "until_utc": at("2026-12-01 00:00")}
    scene.submit(number="edge", people=[BUDI], **december)  # ends with November

    def numbers(query: str) -> list[str]:
        return sorted(each["number"] for each in scene.etpp.admin("GET", f"letters?{query}")["letters"])

    assert numbers("") == ["0", "1", "2", "3", "4", "ani", "edge"]
    assert numbers(f"office_id={OTHER}") == ["ani"]
    assert numbers(f"person={BUDI}") == ["edge"]
    assert numbers("state=approved") == ["0"]
    assert numbers("month=2026-12") == []
    assert len(numbers("month=2026-11")) == 7
    seen, after = [], ""
    while True:
        page = scene.etpp.admin("GET", f"letters?state=submitted&limit=2&after={after}")
        seen += [each["number"] for each in page["letters"]]
        if page["after"] is None:
            break
        after = page["after"]
    assert sorted(seen) == ["1", "2", "3", "4", "ani", "edge"]
    for wrong in ("month=2026-13", "limit=501", "limit=0", "state=lost"):
        scene.etpp.admin("GET", f"letters?{wrong}", expect=400)
    scene.etpp.admin("GET", "letters?person=nobody", expect=404)


def test_an_office_is_not_told_of_letters_for_who_has_left_it(scene: Scene) -> None:
    with scene.etpp.database.begin() as tx:
        moving.move(tx, scene.sri, OTHER, dt.date(2026, 12, 1), "bkpp", scene.etpp.clock.now)
    for number, first, until in (
        ("before", "2026-11-30 00:00", "2026-12-01 00:00"),
        ("across", "2026-11-30 00:00", "2026-12-02 00:00"),
        ("after", "2026-12-01 00:00", "2026-12-02 00:00"),
    ):
        scene.submit(number=number, office_id=None, first_utc=at(first), until_utc=at(until))

    def numbers(query: str) -> list[str]:
        return sorted(each["number"] for each in scene.etpp.admin("GET", f"letters?{query}")["letters"])

    assert numbers(f"office_id={OFFICE}") == ["across", "before"]
    assert numbers(f"office_id={OTHER}") == ["across", "after"]
    assert numbers("month=2026-12") == ["across", "after"]
    with scene.etpp.database.read() as tx:
        shown = {each.number for month in ("2026-11", "2026-12") for each in views.lines(tx, {OFFICE}, month)}
    assert shown == {"across", "before"}


def test_a_catalogue_keeps_the_kinds_of_the_letters_that_there_are(scene: Scene) -> None:
    assert scene.etpp.admin("GET", "kinds")["text"] == delivered_text()
    made = scene.submit()
    scene.step(made, "approve")
    without = delivered_text().replace('id = "dinas-luar"', 'id = "tugas"')
    later = delivered_text().replace("first = 2019-05-01", "first = 2026-11-26")
    for text in (without, later, "kind = 1", "nonsense", delivered_text() + delivered_text()):
        scene.etpp.admin("PUT", "kinds", {"by": "bkpp", "text": text}, expect=409)
    assert scene.counted(scene.sri) == [made["letter_id"]]
    more = delivered_text().replace('id = "cuti-besar"', 'id = "cuti-agung"')
    scene.etpp.admin("PUT", "kinds", {"by": "bkpp", "text": more})
    assert scene.etpp.admin("GET", "kinds")["text"] == more
    assert scene.submit(number="2", kind_id="cuti-agung")["state"] == "submitted"
    scene.etpp.admin("POST", "letters", scene.asked(kind_id="cuti-besar"), expect=409)
    assert scene.counted(scene.sri) == [made["letter_id"]]


def test_a_taken_back_letters_kind_need_not_be_kept(scene: Scene) -> None:
    made = scene.submit(kind_id="cuti-besar")
    scene.step(made, "revoke", reason="x")
    scene.etpp.admin(
        "PUT", "kinds", {"by": "bkpp", "text": delivered_text().replace('id = "cuti-besar"', 'id = "lain"')}
    )


def test_a_folder_that_cannot_be_used_is_said_and_nothing_is_recorded(scene: Scene, tmp_path: Path) -> None:
    (scene.etpp.state.folder / "documents").symlink_to(tmp_path)
    answer = scene.etpp.send_file(pdf())
    assert (answer.status_code, problem_of(answer)) == (503, "unavailable")
    assert list(tmp_path.glob("*/" + "?" * 64)) == []


def test_a_service_refuses_as_the_call_does(scene: Scene) -> None:
    made = scene.submit()
    with pytest.raises(Conflict, match="for himself"), scene.etpp.database.begin() as tx:
        letters.decide(tx, made["letter_id"], True, SRI, "", scene.etpp.clock.now)
