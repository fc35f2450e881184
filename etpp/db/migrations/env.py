"""Alembic's entry: runs on the connection that `Database.migrate` hands over, inside its transaction."""

from alembic import context

# Their tables are part of the metadata.
from etpp.db import account_tables, bulletin_tables, face_tables, objection_tables, pay_tables, phone_tables  # noqa: F401
from etpp.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
