"""Passkeys (WebAuthn level 2): what the browser is asked, and whether its answer holds."""

from __future__ import annotations

import datetime as dt
import json
import urllib.parse
from dataclasses import dataclass

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from etpp.accounts.model import Account, Passkey
from etpp.base.errors import Conflict

_VERIFY = {False: UserVerificationRequirement.PREFERRED, True: UserVerificationRequirement.REQUIRED}
"""Whether the phone has to ask for finger, face or its own code: where a passkey is all that is asked for."""


@dataclass(frozen=True, slots=True)
class Site:
    """Of which address a passkey is: it answers to no other."""

    origin: str

    @property
    def domain(self) -> str:
        return urllib.parse.urlsplit(self.origin).hostname or ""


def ask_new(site: Site, account: Account, known: list[Passkey], alone: bool = False) -> tuple[str, bytes]:
    """What the browser is asked to make, as JSON, and the challenge that is waited for."""
    options = _new(site, account, known, alone)
    return options_to_json(options), options.challenge


def _new(
    site: Site, account: Account, known: list[Passkey], alone: bool, challenge: bytes | None = None
) -> PublicKeyCredentialCreationOptions:
    return generate_registration_options(
        challenge=challenge,
        rp_id=site.domain,
        rp_name="e-TPP",
        user_id=account.account_id.encode(),
        user_name=account.login,
        user_display_name=account.login,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_VERIFY[alone]
        ),
        exclude_credentials=_named(known),
    )


def asked_new(site: Site, account: Account, challenge: bytes) -> str:
    """As `ask_new` of a passkey that is all that lets somebody in, with the challenge that is waited for."""
    return options_to_json(_new(site, account, [], True, challenge))


def take_new(
    site: Site, account: Account, answer: str, challenge: bytes, name: str, now: dt.datetime, alone: bool = False
) -> Passkey:
    """Raises Conflict."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Conflict("the passkey cannot be taken: try again", key="passkey_wrong") from error
    credential = bytes_to_base64url(made.credential_id)
    if len(credential) > 400:
        raise Conflict("the passkey cannot be taken: its id is too long", key="passkey_wrong")
    return Passkey(credential, account.account_id, made.credential_public_key, made.sign_count, name, now)


def ask(site: Site, known: list[Passkey], alone: bool = False) -> tuple[str, bytes]:
    options = generate_authentication_options(
        rp_id=site.domain, allow_credentials=_named(known), user_verification=_VERIFY[alone]
    )
    return options_to_json(options), options.challenge


def credential_of(answer: str) -> str:
    """Which passkey an answer claims to be of; empty for what is none."""
    try:
        said = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) and len(said) <= 400 else ""


def signs(site: Site, passkey: Passkey, answer: str, challenge: bytes, alone: bool = False) -> int | None:
    """The passkey's new count of signatures; None when it has not signed this."""
    try:
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return verified.new_sign_count


def _named(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in known]
