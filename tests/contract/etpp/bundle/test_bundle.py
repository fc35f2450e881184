"""A closed month in one file: what a real server made holds without it, and nothing in it can be changed unnoticed."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etpp.allowance.seal import document_hash
from etpp.books.chain import event_hash
from etpp.bundle.check import check
from etpp.terminals.signing import head_text, key_id_of
from tests.contract.etpp.allowance.scene import DECEMBER, Scene, november
from tests.contract.etpp.allowance.test_audit import correct, write_down
from tests.contract.etpp.allowance.test_month import check as check_list
from tests.contract.etpp.allowance.test_month import close, forget, later
from tests.contract.etpp.bundle.kit import Parts, Rows, checked, made
from tests.contract.etpp.running import Running, running


@pytest.fixture
def scene(etpp: Running) -> Scene:
    return november(etpp, signs=True)


def test_a_closed_month_holds_without_the_server(scene: Scene, tmp_path: Path) -> None:
    correct(scene)
    write_down(scene)
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.sri, "2026-11-10 00:00", "2026-11-11 00:00")
    check_list(scene)
    close(scene)
    path = made(scene, tmp_path / "b.zip")
    found = check(path)
    assert found.faults == ()
    assert found.audited is not None
    assert (found.audited.events, found.audited.signed, found.audited.statements) == (20, 20, 2)
    assert found.audited.manual == ((scene.budi, "m1"),)
    assert found.audited.corrections == ((scene.budi, "c1"),)
    assert found.statements.keys() == {scene.sri, scene.budi}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_month_with_adjustments_of_earlier_ones_is_reckoned_again(scene: Scene, tmp_path: Path) -> None:
    with scene.etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):
            forget(tx, f"{scene.budi}-{day}")
    check_list(scene)
    close(scene)
    scene.etpp.clock.now += dt.timedelta(days=1)
    correct(scene)
    later(scene)
    check_list(scene, DECEMBER)
    assert close(scene, DECEMBER).sealed.adjustments
    assert checked(made(scene, tmp_path / "b.zip", DECEMBER)) == ""
    # What the adjustment rests on is in it: without the correction the month comes out otherwise.
    parts = Parts.of(made(scene, tmp_path / "b.zip", DECEMBER))
    parts.change("correction_decisions", lambda rows: [])
    parts.sealed_anew(scene.etpp.state.keys.now())
    assert "other adjustments" in checked(parts.write(tmp_path / "c.zip"))


# ---------------------------------------------------------------- somebody changed something

Change = Callable[[Parts, Scene], None]


LATE = "2026-11-26T02:00:00.000000+00:00"


def each(table: str, **values: Any) -> Change:
    """Give the table's first row other values."""
    return lambda parts, scene: parts.change(table, lambda rows: rows[0].update(values))


def without(table: str, number: int) -> Change:
    def take(rows: Rows) -> Rows:
        return rows[:number] + rows[number + 1 :]

    return lambda parts, scene: parts.change(table, take)


def late_arrival(parts: Parts, scene: Scene) -> None:
    """Budi's arrival of the 26th becomes a late one, in the books' columns alone."""

    def change(rows: Rows) -> None:
        (found,) = [row for row in rows if row["utc"] == "2026-11-26T00:25:00.000000+00:00"]
        found.update(dict.fromkeys(("utc", "earliest_utc", "latest_utc"), LATE))

    parts.change("events", change)


def late_arrival_hashed(parts: Parts, scene: Scene) -> None:
    """The same, with a content and hash that fit, and all that follows chained anew."""
    late_arrival(parts, scene)

    def change(rows: Rows) -> None:
        rows.sort(key=lambda row: row["seq"])
        before = rows[0]["prev_hash"]
        for row in rows:
            if row["utc"] == LATE:
                row["body"]["wall_utc"] = "2026-11-26T02:00:00.000Z"
            row["body"]["prev_hash"] = row["prev_hash"] = before
            row["body"]["hash"] = row["hash"] = before = event_hash(row["body"])

    parts.change("events", change)


def forged_terminal(parts: Parts, scene: Scene) -> None:
    """A key of the forger's own in place of the terminal's."""
    key = Ed25519PrivateKey.from_private_bytes(b"\5" * 32)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    encoded = base64.b64encode(public).decode()

    def sign(rows: Rows) -> None:
        for row in rows:
            text = head_text(row["device_id"], row["chain_id"], row["seq"], row["hash"])
            row.update(key_id=key_id_of(public), signature=base64.b64encode(key.sign(text)).decode())

    parts.change("signed_heads", sign)
    each("vouched_keys", key_id=key_id_of(public), public_key=encoded)(parts, scene)


def more_money(parts: Parts, scene: Scene) -> None:
    """A statement with a rupiah more, hashed anew, but the month's own hash is the old one."""

    def change(rows: Rows) -> None:
        row = rows[0]
        row["document"]["net"] = row["net"] = str(int(row["net"]) + 1)
        row["hash"] = document_hash(row["document"])

    parts.change("closed_statements", change)


def other_policy(parts: Parts, scene: Scene) -> None:
    parts.change("policy_texts", lambda rows: rows[0].update(text=rows[0]["text"].replace("late", "early", 1)))


def other_class(rows: Rows) -> None:
    for row in rows:
        row["job_class"] = 9


def without_table(parts: Parts, scene: Scene) -> None:
    del parts.files["facts/letters.jsonl"]


def without_column(parts: Parts, scene: Scene) -> None:
    parts.change("entries", lambda rows: [{k: v for k, v in row.items() if k != "note"} for row in rows])


def twice(parts: Parts, scene: Scene) -> None:
    parts.change("entries", lambda rows: [*rows, rows[0]])


UNSIGNED = base64.b64encode(bytes(64)).decode()

INSIDE: list[tuple[str, Change, str]] = [
    ("a presence moved", late_arrival, "gives another statement|give another statement"),
    ("a presence rewritten with its chain", late_arrival_hashed, "its terminal has signed another event"),
    ("a presence left out", without("events", 3), "is not in the books"),
    ("another terminal's key", forged_terminal, "never had|the signature over number"),
    ("a terminal's signature left out", without("signed_heads", 19), "no signature of its terminal|and not this"),
    ("a statement's amount", more_money, "the month does not follow|does not follow from the ones before"),
    ("a statement left out", without("closed_statements", 0), "does not follow from the ones before"),
    ("a total", each("closings", total="1"), "does not follow from the ones before"),
    (
        "the server's signature of the month",
        each("closings", signature=base64.b64encode(bytes(64)).decode()),
        "not the server's",
    ),
    ("activities left out", without("entries", 0), "give another statement"),
    ("a verification left out", without("entry_steps", 1), "give another statement"),
    ("an office's score", each("office_scores", percent="50"), "give another statement"),
    ("a post", lambda parts, scene: parts.change("assignments", other_class), "give another statement"),
    ("a correction's decision left out", without("correction_decisions", 0), "give another statement"),
    ("a policy's text", other_policy, "the text of the policy"),
    ("working hours", without("work_periods", 0), "give another statement|cannot be"),
    ("a table left out", lambda parts, scene: parts.files.pop("facts/letters.jsonl") and None, "letters"),
    (
        "a column left out",
        lambda parts, scene: parts.change("entries", lambda rows: rows[0].pop("note") and None),
        "other columns",
    ),
    ("a row twice", lambda parts, scene: parts.change("entries", lambda rows: [*rows, rows[0]]), "stands twice"),
    ("an amount of a thousand million digits", each("closings", total="1e999999999"), "total cannot be read"),
    ("a text for a number", each("events", seq="1"), "seq cannot be read"),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, Path]]:
    """One closed month of a server on SQLite: what is done to a file hangs on no database."""
    folder = tmp_path_factory.mktemp("kept")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        scene = november(etpp, signs=True)
        with etpp.database.begin() as tx:
            for day in ("2026-11-02", "2026-11-03"):  # so that one per cent of the points counts
                forget(tx, f"{scene.budi}-{day}")
            scene.letter(tx, scene.sri, "2026-11-10 00:00", "2026-11-11 00:00")
        correct(scene)
        check_list(scene)
        close(scene)
        yield scene, made(scene, folder / "b.zip")


@pytest.mark.parametrize(("what", "change", "named"), INSIDE, ids=[what for what, _, _ in INSIDE])
def test_what_was_changed_is_named_even_if_the_servers_key_signed_it_again(
    kept: tuple[Scene, Path], tmp_path: Path, what: str, change: Change, named: str
) -> None:
    scene, path = kept
    parts = Parts.of(path)
    change(parts, scene)
    as_changed = checked(parts.write(tmp_path / "changed.zip"))
    assert "is not the file that was signed" in as_changed or "is missing" in as_changed, what
    parts.sealed_anew(scene.etpp.state.keys.now())
    found = checked(parts.write(tmp_path / "again.zip"))
    assert re.search(named, found), found
    assert "signature: the bundle" not in found
