"""The catalogues: both languages say everything, and a consent text in use is never changed."""

from __future__ import annotations

import hashlib
import re
import string
from pathlib import Path
from typing import get_args

import pytest

import enrollment
from enrollment.capture import Pose
from enrollment.catalogue import LANGUAGES, SPOKEN, Catalogue, Phrase, catalogue
from enrollment.consent import DEFAULT_TEXT_ID
from enrollment.consent import text as consent_text
from enrollment.quality import REASONS
from enrollment.refusal import Refusal
from enrollment.standing import State
from etpp.books.wire import EnrolmentPayload
from kiosk.model import Hint

SOURCES = [path.read_text(encoding="utf-8") for path in Path(enrollment.__file__).parent.glob("*.py")]

CONSENT_SHA256 = {
    ("consent-id-1", "id"): "641ca8bdfc323e0f8fef8ec0b0cb551ecf711bae7bd331cdb4847a5982012fe1",
    ("consent-id-1", "en"): "f06bec09f6f90bce68252b64c1ee23ebe23673a3735662ea350ec390c545769d",
}
"""People have signed these. A change needs a new id beside them, and a new line here."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def flat(texts: Catalogue) -> dict[str, str]:
    return {f"{table}.{key}": text for table, content in texts.tables.items() for key, text in content.items()}


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    indonesian, english = (flat(catalogue(language)) for language in LANGUAGES)
    assert indonesian.keys() == english.keys()
    for key, text in indonesian.items():
        assert placeholders(text) == placeholders(english[key]), key


def test_javanese_has_what_a_screen_says() -> None:
    indonesian, javanese = flat(catalogue("id")), flat(catalogue("jv"))
    tables = ("refusal.", "found.", "warning.", "prompt.picture")
    assert javanese.keys() == {key for key in indonesian if key.startswith(tables)}
    for key, text in javanese.items():
        assert placeholders(text) == placeholders(indonesian[key]), key


def test_a_screen_names_no_command() -> None:
    """Whoever reads it has a finger, and no shell."""
    for language in SPOKEN:
        texts = catalogue(language)
        for table in ("refusal", "warning"):
            for key in texts.tables[table]:
                fields = dict.fromkeys(placeholders(texts.tables[table][key]), "x")
                said = texts.screen(table, key, **fields)
                assert not re.search(r"--|`|kiosk ", said), (language, said)


def test_what_a_screen_says_otherwise_is_said_by_the_commands() -> None:
    for language in LANGUAGES:
        tables = catalogue(language).tables
        assert tables["refusal"].keys().isdisjoint(tables["warning"])
        assert tables["screen"].keys() <= tables["refusal"].keys() | tables["warning"].keys()


def test_every_refusal_in_the_code_has_a_sentence_and_every_sentence_a_use() -> None:
    used = {reason for source in SOURCES for reason in re.findall(r'Refusal\(\s*"(\w+)"', source)}
    used |= set(REASONS.values()) | {"no_face"}
    assert used == set(catalogue("id").tables["refusal"])


def test_every_warning_and_prompt_is_used() -> None:
    source = "".join(SOURCES)
    for table in ("warning", "prompt"):
        for key in set(catalogue("id").tables[table]) - {pose.value for pose in Pose}:
            assert f'"{key}"' in source, f"{table}.{key}"


def test_every_phrase_of_what_was_found_is_used_and_there() -> None:
    source = "".join(SOURCES)
    used = set(re.findall(r'(?:Phrase|_unreadable)\((?:[\w + ]+, )?"(\w+)"', source))
    assert used == set(catalogue("id").tables["found"])


def test_every_standing_of_an_enrolment_has_a_sentence() -> None:
    assert set(catalogue("id").tables["standing"]) == {*get_args(State), "refused_because"}


def test_a_problem_is_said_by_the_member_that_it_names() -> None:
    """By the members of the server's own model, so that none of them is without its words."""
    members = {f"enrolment.{name}" for name in EnrolmentPayload.model_fields} - {"enrolment.qualities"}
    assert members <= set(catalogue("id").tables["problem"])


def test_every_hint_of_the_terminal_becomes_a_refusal() -> None:
    assert set(REASONS) == set(Hint)


def test_every_refusal_says_what_to_do() -> None:
    for key, text in catalogue("en").tables["refusal"].items():
        assert text.count(".") >= 2 or ";" in text, key


@pytest.mark.parametrize(("text_id", "language"), CONSENT_SHA256)
def test_a_consent_text_in_use_is_never_changed(text_id: str, language: str) -> None:
    found = catalogue(language).consent(text_id)  # type: ignore[arg-type]
    assert found is not None
    assert hashlib.sha256(found.text.encode()).hexdigest() == CONSENT_SHA256[text_id, language]


def test_the_consent_text_names_all_that_article_21_asks_for() -> None:
    text = consent_text(DEFAULT_TEXT_ID, "id").text
    for word in ("Tujuan", "Penyimpanan", "Hak Anda", "menarik persetujuan", "biometrik", "Pasal 20", "dihapus"):
        assert word in text


def test_an_unknown_consent_text_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        consent_text("consent-id-0", "id")
    assert refused.value.reason == "consent_text_unknown"
    assert "consent-id-1" in str(refused.value)


def test_a_phrase_within_a_sentence_speaks_both_languages() -> None:
    refusal = Refusal("nip_format", found=Phrase("nip_length", {"length": 17}))
    assert "yang diterima 17 angka" in refusal.say("id")
    assert "this one has 17" in str(refusal)


def test_a_refusal_speaks_both_languages_and_names_the_picture() -> None:
    refusal = Refusal("several_faces", picture=3)
    assert refusal.say("id").startswith("Gambar 3: Ada lebih dari satu wajah")
    assert str(refusal).startswith("Picture 3: There is more than one face")
