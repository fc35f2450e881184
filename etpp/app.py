"""The composition root of the web application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etpp import problems
from etpp.api import devices, events, gallery, heartbeat, offices, people, presence, provision
from etpp.context import Server, Settings
from etpp.gallery import GalleryMaker
from etpp.openapi import document
from etpp.ports import Store
from etpp.state import State
from etpp.throttle import Throttle
from etpp.watch import GalleryWatch
from etpp.web import console

CODE_FAILURES_PER_MINUTE = 20


def create_app(store: Store, state: State, settings: Settings | None = None) -> FastAPI:
    """The server on a store whose tables are there already (`Store.migrate`). The caller closes the store."""
    settings = settings or Settings()
    server = Server(
        store=store,
        state=state,
        settings=settings,
        galleries=GalleryMaker(lambda: state.keys.now().signer),
        watch=GalleryWatch(store, settings.poll_s),
        guesses=Throttle(CODE_FAILURES_PER_MINUTE, 60.0, settings.monotonic_s),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001
        watching = asyncio.create_task(server.watch.run())
        yield
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

    app = FastAPI(title="e-TPP", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.server = server
    app.add_middleware(_ProtocolHeader)
    problems.install(app)
    for resource in (provision, events, gallery, heartbeat, offices, people, devices, presence):
        app.include_router(resource.router)
    console.install(app)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


class _ProtocolHeader:
    """Every answer under /v1 carries the protocol's version: a terminal trusts no answer without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                name = problems.HEADER.lower().encode()
                headers = [pair for pair in message["headers"] if pair[0].lower() != name]
                message = {**message, "headers": [*headers, (name, str(problems.PROTOCOL).encode())]}
            await send(message)

        wrap = scope["type"] == "http" and scope["path"].startswith("/v1/")
        await self._app(scope, receive, send_with_header if wrap else send)
