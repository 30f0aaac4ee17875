"""Sessions say when they are due and when something of them last arrived; what is too old expires."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the times; what is there has arrived now: nobody knows when it did."""
    for name in ("arrived_ns", "due_ns", "expired", "expires_ns"):
        op.add_column("sessions", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.get_bind().execute(sa.text("UPDATE sessions SET arrived_ns = :now"), {"now": time.time_ns()})
    stays = sa.text("expired < 3")
    arrived = ["tenant", "arrived_ns", "key"]
    op.create_index("ix_sessions_arrived", "sessions", arrived, sqlite_where=stays, postgresql_where=stays)
    op.drop_index("ix_sessions_waiting", "sessions")
    waits = sa.text("revision > judged")
    columns = ["tenant", "due_ns", "key"]
    op.create_index("ix_sessions_waiting", "sessions", columns, sqlite_where=waits, postgresql_where=waits)
    op.add_column("sessions", sa.Column("evidence", sa.Text(), server_default="", nullable=False))
    op.add_column("stories", sa.Column("evidence", sa.Text(), server_default="", nullable=False))
