"""Erasures: the list, one person's proof, and the signed file."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib import metadata
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from etpp.console.visit import HEADERS, MemberVisit
from etpp.db import Transaction
from etpp.erasures import reading, views
from etpp.erasures.sealing import sealed
from etpp.faces.model import Erasure
from etpp.faces.store import Erasures
from etpp.roster import register
from etpp.roster.hours import REGENCY_ZONE, zone
from etpp.roster.store import Offices, People
from etpp.terminals.context import TerminalsOf
from etpp.terminals.store import Devices

router = APIRouter()


@router.get("/erasures")
async def erasures(visit: MemberVisit) -> Response:
    def look(tx: Transaction) -> list[views.ErasureLine]:
        last: dict[tuple[str, str], Erasure] = {}
        for each in Erasures(tx).all():  # of one whose name went later the wish is the later one
            last[each.office_id, each.person_id] = each
        offices = {each.office_id: each.name for each in Offices(tx).all()}
        names = People(tx).names(last.keys())
        through: dict[str, list[int]] = defaultdict(list)
        for device in Devices(tx).all():
            if device.revoked_utc is None:
                through[device.office_id].append(device.erased_through)
        regency = ZoneInfo(REGENCY_ZONE)
        return [
            views.ErasureLine(
                *key,
                names.get(key, visit.texts.forgotten),
                offices[each.office_id],
                each.erased_utc.astimezone(regency),
                each.asked_by,
                each.done_by,
                sum(1 for version in through[each.office_id] if version >= each.version),
                len(through[each.office_id]),
            )
            for key, each in last.items()
        ]

    asked = views.ERASURES.asked(visit)
    return await views.ERASURES.answer(visit, asked, await visit.server.read(look), "erasures/erasures.html")


@router.get("/erasures/{office_id}/{person_id}")
async def erasure(visit: MemberVisit, office_id: str, person_id: str) -> Response:
    def look(tx: Transaction) -> dict[str, object]:
        found = reading.proof(tx, office_id, person_id)
        return views.proof(found, zone(register.office(tx, office_id)), visit.texts)

    return visit.page("erasures/erasure.html", {"proof": await visit.server.read(look)})


@router.get("/erasures/{office_id}/{person_id}/file")
async def erasure_file(visit: MemberVisit, terminals: TerminalsOf, office_id: str, person_id: str) -> Response:
    found = await visit.server.read(lambda tx: reading.proof(tx, office_id, person_id))
    software = f"presensi {metadata.version('presensi-kiosk')}"
    document = sealed(found, terminals.keys.now(), visit.server.now(), visit.user, software)
    name = f"penghapusan-{office_id}-{person_id[:8]}.json"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(json.dumps(document, ensure_ascii=False, indent=1), media_type="application/json", headers=headers)
