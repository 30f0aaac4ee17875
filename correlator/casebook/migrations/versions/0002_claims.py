"""Sessions are claimed by those who judge them, and given up after many tries; what each has read and teaches is known to all."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


_HOSTILE = {
    "sessions": ("tenant", "key", "workload", "source"), "stories": ("tenant",), "aliases": ("tenant",),
    "lessons": ("tenant", "session"), "campaigns": ("tenant",), "verdicts": ("tenant",),
    "handovers": ("tenant", "to_session", "from_session"), "kept": ("tenant", "session", "tool", "server", "text", "principal"),
    "hooks": ("tenant", "mark", "session"), "alerts": ("tenant", "session"), "marks": ("tenant", "mark"),
}  # fmt: skip


def upgrade() -> None:
    """Add what a claim is, what tells that a lesson changed, and the tables of what was read and of what was given up."""
    if "casebook" in sa.inspect(op.get_bind()).get_table_names():
        # What a clew of before migrations looks at: it says then that this is of a newer one.
        op.execute("UPDATE casebook SET value = '2' WHERE name = 'schema'")
    # Texts that somebody else wrote are kept as `graph.sql.Hostile` has them from now on.
    for table, columns in _HOSTILE.items():
        for column in columns:
            doubled = sa.text(f"UPDATE {table} SET {column} = replace({column}, :one, :two)")  # noqa: S608 - our own names
            op.get_bind().execute(doubled, {"one": "\\", "two": "\\\\"})
    op.add_column("lessons", sa.Column("mark", sa.Text(), server_default="", nullable=False))
    op.drop_index("ix_sessions_workload", "sessions")
    op.create_index("ix_sessions_workload", "sessions", ["tenant", "workload", "first_ns"])
    for name in ("claim", "claimed_until_ns", "tries"):
        op.add_column("sessions", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "reads",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", "session"),
    )
    op.create_index("ix_reads_session", "reads", ["session"])
    op.create_table(
        "dead",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "task", "key"),
    )
