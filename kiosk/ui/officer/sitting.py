"""The pages of an enrolment: the consent, the signature, the capture. Pure."""

from __future__ import annotations

import textwrap

from kiosk.model import Hint
from kiosk.ports import Pictured, Told
from kiosk.terminal.officer import Act, Page
from kiosk.ui.instant import mirrored
from kiosk.ui.officer.scene import At, back, person_name
from kiosk.ui.officer.sheet import Choice, Form, Sheet
from kiosk.ui.viewstate import Guide, Icon, Ring, Tone

CONSENT_LINES, CONSENT_COLUMNS = 13, 76
"""Of the consent's text on the screen at once, at the size that a text has which somebody reads at arm's length."""


def consent_pages(told: Told, language: str) -> tuple[str, ...]:
    """The text that is agreed to, which is the Indonesian one, and a translation behind it where the screen has one. A
    page has whole lines of a wide sheet; where they are broken is the screen's, which may be a narrow one."""
    texts = [told.get("id", "")]
    if language != "id" and told.get(language):
        texts.append(told[language])
    pages: list[str] = []
    for text in texts:
        lines: list[str] = []
        for paragraph in text.splitlines():
            broken = textwrap.wrap(paragraph, CONSENT_COLUMNS) or [""]
            lines += [*(f"{line} " for line in broken[:-1]), f"{broken[-1]}\n"]
        pages += ["".join(lines[at : at + CONSENT_LINES]).strip() for at in range(0, len(lines), CONSENT_LINES)]
    return tuple(page for page in pages if page)


def consent(at: At) -> Sheet:
    pages = consent_pages(at.scene.consent, at.catalogue.language)
    number = min(at.area.first, len(pages) - 1)
    last = number == len(pages) - 1
    return Sheet(
        Page.CONSENT,
        Form.CONSENT,
        at.text("consent.title", name=person_name(at)),
        text=pages[number],
        count=at.text("consent.page", page=number + 1, pages=len(pages)),
        choices=(
            Choice(Act.TURN, "", "-1", Icon.UP, enabled=number > 0),
            Choice(Act.TURN, at.text("consent.more"), "1", Icon.DOWN, enabled=not last, strong=not last),
            # Who has not come to the end has not been shown what it says.
            Choice(Act.AGREE, at.text("consent.agree"), strong=last, enabled=last),
            Choice(Act.REFUSE, at.text("consent.refuse")),
            back(at),
        ),
    )


def sign(at: At) -> Sheet:
    return Sheet(
        Page.SIGN,
        Form.SIGN,
        at.text("sign.title", name=person_name(at)),
        (at.text("sign.line") if at.area.admitted else at.text("sign.preparing"),),
        choices=(
            Choice(Act.SIGNED, at.text("sign.done"), strong=True, enabled=at.area.admitted),
            Choice(Act.ERASE, at.text("sign.erase")),
            back(at),
        ),
    )


# ---------------------------------------------------------------- capture


_ASKED = {"front": Icon.LOOK, "left": Icon.LEFT, "right": Icon.RIGHT, "verify": Icon.FACE}


def capture(at: At) -> Sheet:
    look = at.area.look
    if look.pictures is not None:
        return pictures(at, look.pose, look.pictures)
    asked = at.text(f"capture.{look.pose}")
    wrong = look.hint is not None or look.nobody
    hint = asked
    if look.hint is not None and not (look.hint is Hint.NOT_FACING and look.pose in ("left", "right")):
        hint = at.catalogue.text(f"hint.{look.hint.value}")
    elif look.nobody:
        hint = at.text("capture.nobody")
    ring = Ring.SEARCH if look.nobody else Ring.ADJUST if wrong else Ring.GOOD
    return Sheet(
        Page.CAPTURE,
        Form.LIVE,
        at.text("capture.title", name=person_name(at)),
        (asked,) if hint != asked else (),
        Tone.WARN if wrong else Tone.OK,
        hint=hint,
        guide=Guide(ring, mirrored(look.box), look.done),
        arrow=_ASKED.get(look.pose, Icon.FACE),
        choices=(back(at),),
    )


def pictures(at: At, pose: str, stands: Pictured) -> Sheet:
    """An enrolment from pictures: what the next one should show, and what was wrong with the last."""
    enough = (at.text("pictures.nothing"),) if stands.enough and pose != "nothing" else ()
    lines = [*enough, at.text(f"pictures.{pose}")]
    if stands.wrong:
        lines.append(at.text("pictures.wrong", number=stands.number, why=at.said(stands.wrong)))
    elif stands.number:
        lines.append(at.text("pictures.good", number=stands.number))
    if not stands.camera:
        lines.append(at.text("pictures.no_camera"))
    return Sheet(
        Page.CAPTURE,
        Form.TELL,
        at.text("pictures.title", name=person_name(at), good=stands.good, needed=stands.needed),
        tuple(lines),
        Tone.WARN if stands.wrong else Tone.OK if stands.enough else Tone.NEUTRAL,
        Icon.WARNING if stands.wrong else Icon.CHECK if stands.enough else Icon.FACE,
        choices=(
            Choice(Act.STORE, at.text("pictures.store"), strong=stands.enough, enabled=stands.enough),
            back(at),
        ),
    )
