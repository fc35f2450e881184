"""How handlers reach the secrets that let people in."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from etpp.accounts.secrets import Secrets


def secrets_of(request: Request) -> Secrets:
    return cast(Secrets, request.app.state.secrets)


SecretsOf = Annotated[Secrets, Depends(secrets_of)]
