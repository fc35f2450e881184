"""What the calls of letters need besides a server: where their files lie."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from etpp.absence.cabinet import Cabinet


def _cabinet(request: Request) -> Cabinet:
    return cast(Cabinet, request.app.state.cabinet)


CabinetOf = Annotated[Cabinet, Depends(_cabinet)]
