"""Templates of several recognisers: what enrolments bring of further ones, which one counts where, and renewals.

Until now an enrolment of any model was let in as long as it had 128 numbers. No terminal takes a gallery with such
templates, and this server knows of no model that has them but dlib's: they go.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DLIB = "dlib-resnet-v1"


def _facts(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("fact_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *columns,
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("fact_no", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_{columns[0].name}", name, [columns[0].name, "fact_no"])
    op.create_index(f"ix_{name}_recorded_utc", name, ["recorded_utc"])


def _text(name: str, length: int = 64) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def upgrade() -> None:
    op.add_column("enrolments", sa.Column("more", sa.JSON(), nullable=True))
    op.add_column("enrolments", sa.Column("renewal", sa.JSON(), nullable=True))
    foreign = {"dlib": DLIB, "nothing": b""}
    op.get_bind().execute(sa.text("DELETE FROM templates WHERE model_id <> :dlib"), {"dlib": DLIB})
    op.get_bind().execute(
        sa.text(
            "UPDATE enrolments SET state = 'rejected', decided_by = 'upgrade', descriptors = :nothing "
            "WHERE model_id <> :dlib AND state = 'pending'"
        ),
        foreign,
    )
    _facts("recogniser_choices", _text("office_id"), _text("model_id"))
    _facts("renewals", _text("office_id"), _text("model_id"))
    _facts(
        "renewal_offers",
        _text("employee_id"),
        _text("model_id"),
        sa.Column("offered_utc", sa.DateTime(timezone=True), nullable=False),
    )
    _facts(
        "renewal_consents",
        _text("employee_id"),
        _text("model_id"),
        sa.Column("given_utc", sa.DateTime(timezone=True), nullable=False),
        _text("text_id", 100),
        _text("officer", 100),
    )


def downgrade() -> None:
    for name in ("renewal_consents", "renewal_offers", "renewals", "recogniser_choices"):
        op.drop_table(name)
    # What an earlier release cannot use, it must not hand out either.
    op.get_bind().execute(sa.text("DELETE FROM templates WHERE model_id <> :dlib"), {"dlib": DLIB})
    op.drop_column("enrolments", "renewal")
    op.drop_column("enrolments", "more")
