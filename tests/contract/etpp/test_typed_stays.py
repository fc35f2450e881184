"""What somebody typed into a form stays when it is refused: those forms that no room's own test asks.

Letters, corrections, times, manual entries, scores, sanctions, policies, imports and reports are asked in their rooms.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from etpp.serving.acting import Grant
from tests.contract.etpp.pairing.scene import PIN, Handset, Scene, scene_of
from tests.contract.etpp.running import OFFICE, Running, running

ANSWER = "Antrean <b>tercatat</b> & akan dikoreksi."
SHOWN = "Antrean &lt;b&gt;tercatat&lt;/b&gt; &amp; akan dikoreksi."


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("typed")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        yield scene_of(etpp)


@pytest.fixture(scope="module")
def clerk(scene: Scene) -> Handset:
    return Handset(scene.etpp, scene.etpp.log_in(scene.etpp.bkpp))


def objection(etpp: Running, person_id: str, about: str) -> str:
    asked = {"by": person_id, "month": f"{etpp.clock.now:%Y-%m}", "about": about, "reason": "keliru"}
    return str(etpp.admin("POST", "objections", asked)["objection_id"])


def test_an_answer_to_an_objection(scene: Scene, clerk: Handset) -> None:
    etpp = scene.etpp
    first = objection(etpp, scene.person_id, "line:individual")
    page = clerk.page("/objections")
    long = "x" * 501
    for answer, shown in ((long, long), ("", "")):
        refused = clerk.sends(f"/objections/{first}/answer", page.text, answer=answer, upheld="yes")
        assert refused.status_code == 409
        assert f'value="{shown}"' in refused.text
        assert 'role="alert"' in refused.text
    etpp.admin("POST", f"objections/{first}/answer", {"by": "bkpp", "upheld": False, "answer": "Sudah dijawab."})
    second = objection(etpp, scene.person_id, "line:common")
    late = clerk.sends(f"/objections/{first}/answer", page.text, answer=ANSWER, upheld="yes")
    assert late.status_code == 409
    assert "Keberatan itu sudah dijawab." in late.text
    assert SHOWN in late.text  # beside what another one answered meanwhile
    assert "Sudah dijawab." in late.text
    assert f"/objections/{second}/answer" in late.text
    assert clerk.sends(f"/objections/{second}/answer", late.text, answer=ANSWER, upheld="yes").status_code == 200


def test_a_new_account(scene: Scene, clerk: Handset) -> None:
    page = clerk.page("/accounts/new")
    given = {"name": "Tuti & Co", "login": "tuti", "role": "operator", "office_id": OFFICE}
    for wrong in ({"person": "199999999999999999"}, {"login": "BKPP 1"}):
        refused = clerk.sends("/accounts", page.text, **(given | wrong))
        assert refused.status_code == 409
        for said in ("Tuti &amp; Co", f'value="{(given | wrong)["login"]}"', wrong.get("person", "")):
            assert said in refused.text
        assert '<option value="operator" selected>' in refused.text
        assert f'<option value="{OFFICE}" selected>' in refused.text


def test_an_accounts_roles(scene: Scene, clerk: Handset) -> None:
    etpp = scene.etpp
    member = etpp.member("tata", Grant("operator", OFFICE), Grant("head", OFFICE))
    path = f"/accounts/{member.account_id}"
    kept = {f"keep:operator:{OFFICE}": "yes", "role": "technician", "office_id": "nowhere"}
    refused = clerk.sends(f"{path}/roles", clerk.page(path).text, **kept)
    assert refused.status_code == 409
    assert f'name="keep:operator:{OFFICE}" value="yes" checked' in refused.text
    assert f'name="keep:head:{OFFICE}" value="yes">' in refused.text
    assert '<option value="technician" selected>' in refused.text


def test_who_wants_a_face_erased(scene: Scene, clerk: Handset) -> None:
    path = f"/offices/{OFFICE}/people/{scene.face}/erase"
    refused = clerk.sends(path, clerk.page(path).text, asked_by="x" * 201, forget="yes")
    assert refused.status_code == 409
    assert f'value="{"x" * 201}"' in refused.text
    assert 'name="forget" value="yes" checked' in refused.text


def test_a_log_in_name(scene: Scene) -> None:
    for login in ("nobody", scene.etpp.bkpp.login):
        form = {"user": login, "password": "wrong"}
        refused = requests.post(f"{scene.etpp.url}/console/login", data=form, timeout=60)
        assert refused.status_code == 403
        assert f'value="{login}"' in refused.text
        assert "wrong" not in refused.text


def test_bkpps_code_on_a_phone_and_whether_the_others_stay(scene: Scene) -> None:
    mistyped = scene.handset().opens("ABCD-EFGH-IJ", way="bkpp")
    assert mistyped.status_code == 403
    assert 'value="ABCD-EFGH-IJ"' in mistyped.text
    terminals = scene.handset().opens("not-a-code")
    assert 'value="not-a-code"' not in terminals.text
    first, second = scene.handset(), scene.handset()
    first.connects(scene.code())
    page = second.opens(scene.code())
    refused = second.sends("/m/connect/pin", page.text, pin=PIN, repeated="111222", keep="yes")
    assert refused.status_code == 409
    assert refused.text.count('name="keep" value="yes" checked') == 2
    assert PIN not in refused.text
    again = second.sends("/m/connect/pin", refused.text, pin=PIN, repeated=PIN, keep="yes")
    assert again.status_code == 200
    assert first.is_in
