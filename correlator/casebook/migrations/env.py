"""What Alembic executes: the migrations, on the connection that it was given."""

from alembic import context

from correlator.casebook.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
