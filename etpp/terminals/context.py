"""What the terminals' calls need beside the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from etpp.terminals.gallery import GalleryMaker
from etpp.terminals.keyring import KeyRing
from etpp.terminals.watch import GalleryWatch


@dataclass(frozen=True)
class Terminals:
    keys: KeyRing
    galleries: GalleryMaker
    watch: GalleryWatch


def _terminals(request: Request) -> Terminals:
    return cast(Terminals, request.app.state.terminals)


TerminalsOf = Annotated[Terminals, Depends(_terminals)]
