"""What terminals said of consents is found among the events, of earlier ones too; and BKPP's answers."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
SAID = ("consent-withdrawn", "consent-refused")
MEMBER = {"postgresql": "body #>> '{{occurrence,{}}}'", "sqlite": "json_extract(body, '$.occurrence.{}')"}


def upgrade() -> None:
    member = MEMBER[op.get_bind().dialect.name]
    op.execute(
        sa.text(
            f"UPDATE events SET flag = {member.format('detail')} WHERE kind = 'occurrence' "
            f"AND {member.format('what')} = 'officer-did' AND {member.format('detail')} IN ('{SAID[0]}', '{SAID[1]}')"
        )
    )
    op.create_table(
        "consent_answers",
        sa.Column("fact_no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("wish_id", sa.String(129), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("answered_utc", UTC, nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_utc", UTC, nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("fact_no", name="pk_consent_answers"),
    )
    op.create_index("ix_consent_answers_wish_id", "consent_answers", ["wish_id"], unique=True)
    op.create_index("ix_consent_answers_recorded_utc", "consent_answers", ["recorded_utc"])


def downgrade() -> None:
    op.drop_table("consent_answers")
    op.execute(sa.text(f"UPDATE events SET flag = NULL WHERE flag IN ('{SAID[0]}', '{SAID[1]}')"))
