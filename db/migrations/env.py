"""Alembic's entry: runs the migrations on the connection that it is handed, never on its own."""

from alembic import context

from labcim.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
# The caller holds the transaction: all of an upgrade happens, or nothing.
context.run_migrations()
