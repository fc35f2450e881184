"""Who may do what: every route of the administration and of the console, in one table. What is not in it is refused.

Roles of the whole regency (BKPP, the inspector) need nothing else. A role at an office holds for what is of that office
(`of`), and for lists that everybody may see or whose handler shows each their own (`listed`). A superior and an
employee have no office here: they act as themselves (`acts`), and see what is their own (`own`); a superior also what
is the own of whom they lead today.
"""

from __future__ import annotations

from etpp.accounts.rules import Place, Rule, Table
from etpp.serving.acting import ROLES, Role


def _path(name: str) -> Place:
    return Place("path", name)


def _query(name: str) -> Place:
    return Place("query", name)


def _body(name: str) -> Place:
    return Place("body", name)


def _form(name: str) -> Place:
    return Place("form", name)


def _rule(
    *roles: Role,
    of: Place | None = None,
    listed: bool = False,
    acts: Place | None = None,
    own: Place | None = None,
    forbidden: frozenset[str] = frozenset(),
    two: bool = False,
) -> Rule:
    return Rule("roles", frozenset(roles), of, listed, acts, own, forbidden, two)


BY = _body("by")
OFFICE = _path("office_id")
AT = _query("office_id")
OFFICE_SAID = _body("office_id")
ANYBODY, SECOND, CONNECT, MEMBER = Rule("anybody"), Rule("second"), Rule("connect"), Rule("member")
BKPP = _rule("bkpp")
BKPP_DECIDES = _rule("bkpp", two=True)
BKPP_ACTS_DECIDES = _rule("bkpp", acts=BY, two=True)
ALL = _rule("bkpp", "inspector")
EVERY_ROLE = _rule(*ROLES, listed=True)
AT_OFFICE: tuple[Role, ...] = ("bkpp", "inspector", "operator", "head")
OF_OFFICE = _rule(*AT_OFFICE, of=OFFICE)
OF_OFFICE_ASKED = _rule(*AT_OFFICE, of=AT)
PERSON, DEVICE, LETTER, JOB = _path("person_id"), _path("device_id"), _path("letter_id"), _path("job_id")
PAID, SERVING = Place("path", "person_id", "serving"), Place("form", "person", "serving")
"""Whose pay it is, who gets a PIN: of the office where they serve. One that merely knows the face has guests."""
OWN_STEP = _rule("bkpp", "superior", "employee", acts=BY, two=True)
VERIFYING = _rule("bkpp", "superior", acts=BY, two=True)

_ADMIN = {
    # roster
    "GET /offices": EVERY_ROLE,
    "POST /offices": BKPP,
    "PUT /offices/{office_id}": BKPP,
    "PUT /offices/{office_id}/place": _rule("bkpp", acts=BY),
    "GET /offices/{office_id}/people": OF_OFFICE,
    "POST /offices/{office_id}/people": _rule("bkpp", "operator", of=OFFICE),
    "PUT /offices/{office_id}/people/{person_id}": _rule("bkpp", "operator", of=OFFICE),
    "GET /employees": ALL,
    "GET /employees/{person_id}": _rule(*AT_OFFICE, "superior", "employee", of=PERSON, own=PERSON),
    "POST /roster/imports": _rule("bkpp", acts=_query("by")),
    "GET /roster.xlsx": ALL,
    "POST /deputies": BKPP_ACTS_DECIDES,
    # faces
    "DELETE /offices/{office_id}/people/{person_id}": BKPP,
    "GET /enrolments": OF_OFFICE_ASKED,
    "POST /offices/{office_id}/enrolments/{event_id}/approve": BKPP_DECIDES,
    "POST /offices/{office_id}/enrolments/{event_id}/reject": BKPP_DECIDES,
    "PUT /offices/{office_id}/renewal": _rule("bkpp", acts=BY),
    "POST /offices/{office_id}/renewal/consents": _rule("bkpp", acts=BY),
    "POST /offices/{office_id}/renewal/consents/withdraw": _rule("bkpp", acts=BY),
    "POST /offices/{office_id}/renewal/approve": BKPP_ACTS_DECIDES,
    "GET /recognisers": ALL,
    "PUT /recogniser": _rule("bkpp", acts=BY),
    "PUT /offices/{office_id}/recogniser": _rule("bkpp", acts=BY),
    # terminals
    "POST /offices/{office_id}/codes": _rule("bkpp", "technician", of=OFFICE),
    "GET /codes": _rule("bkpp", "inspector", "technician"),
    "DELETE /offices/{office_id}/codes": _rule("bkpp", "technician", of=OFFICE),
    "GET /devices": _rule("bkpp", "inspector", "technician", of=AT),
    "POST /devices/{device_id}/revoke": _rule("bkpp", "technician", of=DEVICE),
    "POST /devices/{device_id}/write-off": _rule("bkpp", "technician", of=DEVICE),
    # books
    "GET /events": ALL,
    "POST /offices/{office_id}/events/{event_id}/accept": BKPP_DECIDES,
    # presence
    "GET /presence": OF_OFFICE_ASKED,
    "GET /discipline": OF_OFFICE_ASKED,
    "GET /corrections": OF_OFFICE_ASKED,
    "POST /corrections": _rule("bkpp", "operator", "head", of=_body("person"), acts=_body("proposed_by"), two=True),
    "POST /corrections/{correction_id}/approve": _rule("bkpp", "head", of=_path("correction_id"), acts=BY, two=True),
    "POST /corrections/{correction_id}/refuse": _rule("bkpp", "head", of=_path("correction_id"), acts=BY, two=True),
    "GET /reviews": OF_OFFICE_ASKED,
    "POST /reviews": _rule("bkpp", "head", of=OFFICE_SAID, acts=BY, two=True),
    "GET /manual-entries": OF_OFFICE_ASKED,
    "GET /manual-entries/counts": OF_OFFICE_ASKED,
    "POST /manual-entries": _rule("bkpp", "operator", "head", of=OFFICE_SAID, acts=_body("entered_by"), two=True),
    "POST /manual-entries/{entry_id}/confirm": _rule("bkpp", "head", of=_path("entry_id"), acts=BY, two=True),
    "POST /manual-entries/{entry_id}/withdraw": _rule("bkpp", "head", of=_path("entry_id"), acts=BY, two=True),
    # absence
    "POST /documents": _rule("bkpp", "operator", "head", listed=True, acts=_query("by")),
    "GET /documents/{sha256}": ALL,
    "POST /letters": _rule("bkpp", "operator", "head", of=OFFICE_SAID, acts=_body("submitted_by"), two=True),
    "GET /letters": OF_OFFICE_ASKED,
    "GET /letters/{letter_id}": _rule(*AT_OFFICE, of=LETTER),
    "POST /letters/{letter_id}/document": _rule("bkpp", "operator", "head", of=LETTER, acts=BY, two=True),
    "POST /letters/{letter_id}/approve": BKPP_ACTS_DECIDES,
    "POST /letters/{letter_id}/refuse": BKPP_ACTS_DECIDES,
    "POST /letters/{letter_id}/revoke": BKPP_ACTS_DECIDES,
    "GET /kinds": EVERY_ROLE,
    "PUT /kinds": _rule("bkpp", acts=BY),
    # activities
    "GET /activities/catalogue": EVERY_ROLE,
    "GET /activities/catalogue.xlsx": EVERY_ROLE,
    "POST /activities/catalogue": _rule("bkpp", acts=_query("by")),
    "POST /activities/entries": OWN_STEP,
    "POST /activities/entries/submit": OWN_STEP,
    "POST /activities/entries/withdraw": OWN_STEP,
    "POST /activities/entries/verify": VERIFYING,
    "POST /activities/entries/return": VERIFYING,
    "POST /activities/entries/verify-all": VERIFYING,
    "GET /activities/entries": _rule(*AT_OFFICE, "superior", "employee", of=_query("person"), own=_query("person")),
    "GET /activities/waiting": _rule("bkpp", "superior", acts=_query("by")),
    # calendar
    "GET /calendar": EVERY_ROLE,
    "GET /calendar/days": EVERY_ROLE,
    "GET /calendar/proposals": EVERY_ROLE,
    "POST /calendar": _rule("bkpp", acts=BY),
    "GET /calendar/roster": _rule(*AT_OFFICE, "superior", "employee", of=_query("person"), own=_query("person")),
    "POST /calendar/roster": _rule("bkpp", acts=_query("by")),
    # allowance
    "GET /months/{month}": ALL,
    "GET /offices/{office_id}/months/{month}": OF_OFFICE,
    "POST /offices/{office_id}/months/{month}/check": _rule("bkpp", "head", of=OFFICE, acts=BY, two=True),
    # Passing over what is open takes two people, and one log-in is one of them: scripts and the command line name both.
    "POST /offices/{office_id}/months/{month}/close": _rule(
        "bkpp", acts=BY, forbidden=frozenset({"despite", "second"}), two=True
    ),
    "POST /offices/{office_id}/months/{month}/pay": BKPP_ACTS_DECIDES,
    "GET /offices/{office_id}/months/{month}/audit": _rule("bkpp", "inspector", "head", of=OFFICE),
    "GET /employees/{person_id}/statements/{month}": _rule(
        "bkpp", "inspector", "head", "superior", "employee", of=PAID, own=PERSON
    ),
    "POST /scores": BKPP_ACTS_DECIDES,
    "GET /sanctions": ALL,
    "POST /sanctions": BKPP_ACTS_DECIDES,
    "POST /sanctions/{sanction_id}/withdraw": BKPP_ACTS_DECIDES,
    "GET /policies": EVERY_ROLE,
    "POST /policies": _rule("bkpp", acts=BY),
    # objections
    "GET /objections": ALL,
    "POST /objections": OWN_STEP,
    "POST /objections/{objection_id}/answer": BKPP_ACTS_DECIDES,
    # reports: making one changes nothing that is kept, so that an inspector may
    "POST /reports": _rule(*AT_OFFICE, of=OFFICE_SAID),
    "GET /reports/{job_id}": _rule(*AT_OFFICE, of=JOB),
    "GET /reports/{job_id}/file": _rule(*AT_OFFICE, of=JOB),
    "DELETE /reports/{job_id}": _rule(*AT_OFFICE, of=JOB),
}
_PERSON_PAGE = _rule("bkpp", "operator", of=OFFICE)
_TERMINAL = _rule("bkpp", "technician", of=DEVICE)
_CONSOLE = {
    "GET /style.css": ANYBODY,
    "GET /passkeys.js": ANYBODY,
    "GET /live.js": ANYBODY,
    "GET /language": ANYBODY,
    "GET /login": ANYBODY,
    "POST /login": ANYBODY,
    "GET /login/second": SECOND,
    "POST /login/second": SECOND,
    "POST /login/passkey": SECOND,
    "POST /logout": MEMBER,
    "GET /account": MEMBER,
    "POST /account/password": MEMBER,
    "GET /account/totp": MEMBER,
    "POST /account/totp": MEMBER,
    "POST /account/recovery": MEMBER,
    "GET /account/passkey": MEMBER,
    "POST /account/passkey": MEMBER,
    "POST /account/passkeys/remove": MEMBER,
    "POST /account/sessions/{session_id}/end": MEMBER,
    # pairing
    "GET /phone.js": ANYBODY,
    "GET /m": ANYBODY,
    "POST /m/code": ANYBODY,
    "POST /m/login/pin": ANYBODY,
    "POST /m/login/passkey": ANYBODY,
    "GET /m/connect": CONNECT,
    "POST /m/connect/pin": CONNECT,
    "POST /m/connect/passkey": CONNECT,
    "GET /phones": MEMBER,
    "POST /phones/{phone_id}/end": MEMBER,
    "GET /people/{person_id}/phones": ALL,
    "POST /people/{person_id}/phones/code": BKPP_DECIDES,
    "POST /people/{person_id}/phones/{phone_id}/end": BKPP,
    "GET /": _rule(*AT_OFFICE, listed=True),
    "GET /offices/{office_id}": OF_OFFICE,
    "GET /live": _rule(*AT_OFFICE, "technician", listed=True),
    "GET /people": _rule(*AT_OFFICE, listed=True),
    "GET /people/{person_id}": _rule(*AT_OFFICE, of=PERSON),
    "GET /offices/{office_id}/charts": OF_OFFICE,
    "GET /offices/{office_id}/people": OF_OFFICE,
    "GET /offices/{office_id}/people/{person_id}/rename": _PERSON_PAGE,
    "POST /offices/{office_id}/people/{person_id}/rename": _PERSON_PAGE,
    "GET /offices/{office_id}/people/{person_id}/erase": BKPP,
    "POST /offices/{office_id}/people/{person_id}/erase": BKPP,
    "GET /erasures": ALL,
    "GET /erasures/{office_id}/{person_id}": ALL,
    "GET /erasures/{office_id}/{person_id}/file": ALL,
    # consents: what of somebody's face is kept, and the answer
    "GET /consents": ALL,
    "GET /consents/{office_id}/{event_id}": ALL,
    "POST /consents/{office_id}/{event_id}/erase": BKPP_DECIDES,
    "POST /consents/{office_id}/{event_id}/otherwise": BKPP_DECIDES,
    "GET /terminals": _rule("bkpp", "inspector", "technician", listed=True),
    "GET /terminals/{device_id}/revoke": _TERMINAL,
    "POST /terminals/{device_id}/revoke": _TERMINAL,
    "GET /terminals/{device_id}/write-off": _TERMINAL,
    "POST /terminals/{device_id}/write-off": _TERMINAL,
    "GET /offices/{office_id}/codes/withdraw": _rule("bkpp", "technician", of=OFFICE),
    "POST /offices/{office_id}/codes/withdraw": _rule("bkpp", "technician", of=OFFICE),
    "POST /codes": _rule("bkpp", "technician", of=_form("office_id")),
    # letters
    "GET /letters": _rule(*AT_OFFICE, listed=True),
    "GET /letters/new": _rule("bkpp", "operator", "head", listed=True, two=True),
    "POST /letters": _rule("bkpp", "operator", "head", of=_form("office_id"), two=True),
    "GET /letters/{letter_id}": _rule(*AT_OFFICE, of=LETTER),
    "GET /letters/{letter_id}/document": _rule(*AT_OFFICE, of=LETTER),
    "POST /letters/{letter_id}/document": _rule("bkpp", "operator", "head", of=LETTER, two=True),
    "POST /letters/{letter_id}/approve": BKPP_DECIDES,
    "POST /letters/{letter_id}/refuse": BKPP_DECIDES,
    "GET /letters/{letter_id}/revoke": BKPP_DECIDES,
    "POST /letters/{letter_id}/revoke": BKPP_DECIDES,
    # corrections, uncertain times, manual entries, discipline
    "GET /corrections": _rule(*AT_OFFICE, listed=True),
    "GET /corrections/new": _rule("bkpp", "operator", "head", listed=True, two=True),
    "POST /corrections": _rule("bkpp", "operator", "head", of=_form("person"), two=True),
    "POST /corrections/{correction_id}/approve": _rule("bkpp", "head", of=_path("correction_id"), two=True),
    "POST /corrections/{correction_id}/refuse": _rule("bkpp", "head", of=_path("correction_id"), two=True),
    "GET /reviews": _rule(*AT_OFFICE, listed=True),
    "GET /reviews/{office_id}/{event_id}": _rule("bkpp", "head", of=OFFICE, two=True),
    "POST /reviews/{office_id}/{event_id}": _rule("bkpp", "head", of=OFFICE, two=True),
    "GET /manual-entries": _rule(*AT_OFFICE, listed=True),
    "GET /manual-entries/new": _rule("bkpp", "operator", "head", listed=True, two=True),
    "POST /manual-entries": _rule("bkpp", "operator", "head", of=_form("office_id"), two=True),
    "POST /manual-entries/{entry_id}/confirm": _rule("bkpp", "head", of=_path("entry_id"), two=True),
    "POST /manual-entries/{entry_id}/withdraw": _rule("bkpp", "head", of=_path("entry_id"), two=True),
    "GET /discipline": _rule(*AT_OFFICE, listed=True),
    # calendar: nothing of one person, so that whoever sees the console sees every office's
    "GET /calendar": _rule(*AT_OFFICE, listed=True),
    "GET /calendar/preview": BKPP,
    "POST /calendar": BKPP,
    "GET /imports": BKPP,
    "POST /imports": BKPP,
    "GET /imports/templates/{kind}": BKPP,
    "GET /imports/{import_id}": BKPP,
    "POST /imports/{import_id}": BKPP,
    "POST /imports/{import_id}/discard": BKPP,
    # months, scores, sanctions, policies, reports
    "GET /months": _rule(*AT_OFFICE, listed=True),
    "GET /offices/{office_id}/months/{month}": OF_OFFICE,
    "POST /offices/{office_id}/months/{month}/check": _rule("bkpp", "head", of=OFFICE, two=True),
    "GET /offices/{office_id}/months/{month}/close": BKPP_DECIDES,
    "POST /offices/{office_id}/months/{month}/close": BKPP_DECIDES,
    "GET /offices/{office_id}/months/{month}/pay": BKPP_DECIDES,
    "POST /offices/{office_id}/months/{month}/pay": BKPP_DECIDES,
    "GET /scores": ALL,
    "POST /scores": BKPP_DECIDES,
    "GET /sanctions": ALL,
    "POST /sanctions": BKPP_DECIDES,
    "GET /sanctions/{sanction_id}/withdraw": BKPP_DECIDES,
    "POST /sanctions/{sanction_id}/withdraw": BKPP_DECIDES,
    "GET /policies": ALL,
    "POST /policies": BKPP,
    "POST /policies/trial": BKPP,
    "POST /policies/trials": BKPP,
    "GET /policies/trials/{trial_id}": ALL,
    "POST /policies/trials/{trial_id}/end": BKPP,
    "GET /reports": _rule(*AT_OFFICE, listed=True),
    "POST /reports": _rule(*AT_OFFICE, of=_form("office_id")),
    "GET /reports/{job_id}": _rule(*AT_OFFICE, of=JOB),
    "GET /reports/{job_id}/file": _rule(*AT_OFFICE, of=JOB),
    "POST /reports/{job_id}/end": _rule(*AT_OFFICE, of=JOB),
    "GET /enrolments": ALL,
    "GET /enrolments/{office_id}/{event_id}/approve": BKPP_DECIDES,
    "POST /enrolments/{office_id}/{event_id}/approve": BKPP_DECIDES,
    "GET /enrolments/{office_id}/{event_id}/reject": BKPP_DECIDES,
    "POST /enrolments/{office_id}/{event_id}/reject": BKPP_DECIDES,
    "GET /events": ALL,
    "POST /events/{office_id}/{event_id}/accept": BKPP_DECIDES,
    # What somebody forced, or a terminal that was opened, says: not even an inspector's page has it.
    "GET /events/resting": ALL,
    "GET /signals": BKPP,
    "GET /fading": _rule(*AT_OFFICE, listed=True),
    "GET /accounts": ALL,
    "GET /accounts/new": BKPP,
    "POST /accounts": BKPP,
    "GET /accounts/{account_id}": ALL,
    "POST /accounts/{account_id}/roles": BKPP,
    "POST /accounts/{account_id}/disable": BKPP,
    "POST /accounts/{account_id}/enable": BKPP,
    "POST /accounts/{account_id}/reset": BKPP,
    "GET /phone": _rule("superior", "employee", listed=True),
    "GET /objections": ALL,
    "POST /objections/{objection_id}/answer": BKPP_DECIDES,
    # bulletin: officers of terminals, notices, NIP and PIN
    "GET /officers": _rule(*AT_OFFICE, listed=True),
    "POST /officers": _rule("bkpp", "operator", of=_form("office_id")),
    "POST /offices/{office_id}/officers/{officer_id}/revoke": _PERSON_PAGE,
    "GET /notices": _rule(*AT_OFFICE, listed=True),
    "POST /notices": _rule("bkpp", "operator", of=_form("office_id")),
    "POST /offices/{office_id}/notices/{notice_id}/withdraw": _PERSON_PAGE,
    "GET /nip-pin": _rule(*AT_OFFICE, listed=True),
    "POST /nip-pin": BKPP,
    "POST /local-use": BKPP,
    "POST /nip-pin/give": _rule("bkpp", "operator", of=SERVING, two=True),
    # Whoever may see everything may take a closed month out, in a file that is checked elsewhere; that is recorded.
    "GET /inspection": ALL,
    "GET /inspection/months/{office_id}/{month}": ALL,
    "GET /inspection/statements/{person_id}/{month}": ALL,
    "GET /inspection/events/{event_id}": ALL,
    "GET /inspection/facts/{kind}/{fact_id}": ALL,
    "GET /inspection/policies/{sha256}": ALL,
    "GET /inspection/lists/{key}": ALL,
    "POST /inspection/bundles": ALL,
    "GET /inspection/bundles/{bundle_id}": ALL,
    "GET /inspection/bundles/{bundle_id}/file": ALL,
    "GET /audit": ALL,
    "GET /audit/export": ALL,
}
_ASKED_BY = _query("by")
_OWN = _rule("superior", "employee", acts=_ASKED_BY)
_PHONE = {
    "GET /today": _OWN,
    "GET /catalogue": _OWN,
    "GET /months/{month}": _OWN,
    "GET /waiting": _OWN,
    "POST /corrections": _rule("superior", "employee", acts=BY),
    "POST /letters": _rule("superior", "employee", acts=BY),
    "POST /objections": _rule("superior", "employee", acts=BY),
    "POST /documents": _OWN,
}
"""The phone's own calls: each shows, or files, what is of whoever asks."""


def _under(prefix: str, rules: dict[str, Rule]) -> dict[str, Rule]:
    return {f"{key.split(' ')[0]} {prefix}{key.split(' ')[1]}": rule for key, rule in rules.items()}


TABLE = Table(_under("/v1/admin", _ADMIN) | _under("/console", _CONSOLE) | _under("/phone/api", _PHONE))
