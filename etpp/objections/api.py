"""Administrator: objections of employees, and BKPP's answers."""

from __future__ import annotations

from fastapi import APIRouter

from etpp.accounts.gate import ADMIN
from etpp.base import asked
from etpp.objections import service, store
from etpp.objections.asked import NewAnswer, NewObjection
from etpp.objections.documents import ObjectionShown, ObjectionsShown, objection_shown
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["objections"])


@router.get("/objections", summary="Objections that wait, or that are answered, by id")
async def list_objections(
    server: ServerOf, answered: bool = False, after: asked.After = "", limit: asked.Limit = 100
) -> ObjectionsShown:
    found = await server.read(lambda tx: store.page(tx, waiting=not answered, after=after, limit=limit))
    last = found[-1].objection.objection_id if len(found) == limit else None
    return ObjectionsShown(objections=[objection_shown(each) for each in found], after=last)


@router.post("/objections", status_code=201, summary="Object to a day or an amount of the own month")
async def file_objection(new: NewObjection, server: ServerOf) -> ObjectionShown:
    now = server.now()
    return objection_shown(await server.write(lambda tx: service.file(tx, new, now)))


@router.post("/objections/{objection_id}/answer", summary="Answer an objection, once and for all")
async def answer_objection(objection_id: str, said: NewAnswer, server: ServerOf) -> ObjectionShown:
    now = server.now()
    return objection_shown(await server.write(lambda tx: service.answer(tx, objection_id, said, now)))
