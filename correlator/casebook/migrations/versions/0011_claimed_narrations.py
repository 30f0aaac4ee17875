"""Who has a story worded claims it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; nobody has any."""
    op.add_column("narrations", sa.Column("claimed_ns", sa.BigInteger(), nullable=False, server_default="0"))
