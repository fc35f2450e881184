"""The way into the administrator's calls: the bearer token of the state folder."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Header

from etpp.accounts.context import SecretsOf
from etpp.base.errors import Problem
from etpp.serving.private import require_private


def _admin(secrets: SecretsOf, authorization: Annotated[str, Header(max_length=200)] = "") -> None:
    scheme, _, token = authorization.partition(" ")
    right = hmac.compare_digest(token.strip().encode(), secrets.admin_token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Problem("unauthorized", "send `Authorization: Bearer` with the token of the file admin-token")


ADMIN = [Depends(require_private), Depends(_admin)]
