"""What a session has stored says which call brought it there."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the id of the call's observation; what is there has none until it is judged again."""
    op.add_column("kept", sa.Column("brought_by", sa.Text(), server_default="", nullable=False))
