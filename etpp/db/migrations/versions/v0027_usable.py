"""Templates that no terminal can use, which earlier releases took: of next to no length, or no numbers. They stay where
they are, marked, until the person is enrolled anew or erased; no gallery has them, and nothing is compared with them.
And enrolments by when they came: a page has the newest of those that were decided.
"""

import datetime as dt
import math
import struct

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

LENGTHS = {"dlib-resnet-v1": 128, "fp-112": 512, "w600k-112": 512}
_PAGE = 1000


def upgrade() -> None:
    op.add_column("templates", sa.Column("usable", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index("ix_enrolments_received_utc", "enrolments", ["received_utc", "event_id"])
    found = _unusable()
    for office_id in sorted({office_id for office_id, _, _ in found}):
        _mark(office_id, [(template, person) for office, template, person in found if office == office_id])


def downgrade() -> None:
    op.drop_index("ix_enrolments_received_utc", "enrolments")
    op.drop_column("templates", "usable")  # SQLite would else make the table anew, and drop what others refer to


def _unusable() -> list[tuple[str, str, str]]:
    """Office, template, person; so many templates at a time."""
    names = ("office_id", "template_id", "person_id", "model_id", "descriptor")
    table = sa.table("templates", *(sa.column(name) for name in names))
    found: list[tuple[str, str, str]] = []
    key, after = sa.tuple_(table.c.office_id, table.c.template_id), ("", "")
    while True:
        page = sa.select(table).where(key > sa.tuple_(*after)).order_by(table.c.office_id, table.c.template_id)
        rows = op.get_bind().execute(page.limit(_PAGE)).all()
        if not rows:
            return found
        found += [(row[0], row[1], row[2]) for row in rows if not _is_usable(row.model_id, bytes(row.descriptor))]
        after = rows[-1].office_id, rows[-1].template_id


def _mark(office_id: str, of: list[tuple[str, str]]) -> None:
    """With a version of the gallery: the same version is the same bytes, and had them in it."""
    now = dt.datetime.now(dt.UTC)
    said = {"office": office_id, "now": now.replace(microsecond=now.microsecond // 1000 * 1000)}
    run = op.get_bind().execute
    run(sa.text("UPDATE offices SET gallery_version = gallery_version + 1 WHERE office_id = :office"), said)
    issued = sa.text(
        "INSERT INTO gallery_versions (office_id, version, issued_utc) "
        "SELECT office_id, gallery_version, :now FROM offices WHERE office_id = :office"
    ).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
    run(issued, said)
    for template_id, person_id in of:
        here = said | {"template": template_id, "person": person_id, "no": False}
        mark = sa.text("UPDATE templates SET usable = :no WHERE office_id = :office AND template_id = :template")
        run(mark, here)
        run(
            sa.text(
                "UPDATE people SET changed_version = (SELECT gallery_version FROM offices WHERE office_id = :office) "
                "WHERE office_id = :office AND person_id = :person"
            ),
            here,
        )


def _is_usable(model_id: str, data: bytes) -> bool:
    """As `etpp.faces.recognisers.is_usable` said when this was written."""
    length = LENGTHS.get(model_id, 0)
    if not length or len(data) != 4 * length:
        return False
    return 0.1 <= math.hypot(*struct.unpack(f"<{length}f", data)) <= 100.0  # what is no number is not between them
