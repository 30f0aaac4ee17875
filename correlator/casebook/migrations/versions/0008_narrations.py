"""What a language model made of a story lies beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table; stories are told by their templates until somebody has them worded."""
    op.create_table(
        "narrations",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "story"),
    )
