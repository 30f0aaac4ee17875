"""Sessions are numbered as they were named, for a graph beside to follow; sensors have tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the number, which sessions that are there get by their keys, and the table of tokens."""
    op.add_column("sessions", sa.Column("named", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE sessions SET named = (SELECT count(*) FROM sessions AS other"
        " WHERE other.tenant = sessions.tenant AND other.key <= sessions.key)"
    )
    op.create_index("ix_sessions_named", "sessions", ["tenant", "named"])
    op.create_table(
        "tokens",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("added_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sensor"),
        sa.UniqueConstraint("digest"),
    )
