"""Files of letters that are missing, or not what they were."""

from __future__ import annotations

from etpp.absence.cabinet import Cabinet
from etpp.absence.store import Documents
from etpp.base.errors import StoreUnavailable
from etpp.db import Transaction
from etpp.roster.check import Fault

_PAGE = 500


def document_faults(tx: Transaction, cabinet: Cabinet) -> list[Fault]:
    """Each file is read whole and compared with its hash."""
    found: list[Fault] = []
    after = ""
    while page := Documents(tx).page(after, _PAGE):
        for document in page:
            try:
                cabinet.read(document.sha256)
            except StoreUnavailable as error:
                path = f"documents/{document.sha256[:2]}/{document.sha256}"
                found.append(Fault("-", None, "document", str(error), f"put {path} back from the backup"))
        after = page[-1].sha256
    return found
