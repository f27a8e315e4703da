"""Costing is told apart: bills of materials, landed cost, margin waterfalls.

Reversible while no analysis of those kinds was made.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('variance', 'costing', 'projection', 'bundling')"
AFTER = (
    "kind IN ('variance', 'bill_of_materials', 'landed_cost', 'margin_waterfall', 'projection', 'bundling')"
)


def upgrade() -> None:
    _check(AFTER)


def downgrade() -> None:
    _check(BEFORE)


def _check(kinds: str) -> None:
    op.execute("ALTER TABLE analyses DROP CONSTRAINT ck_analyses_kind")
    op.execute(f"ALTER TABLE analyses ADD CONSTRAINT ck_analyses_kind CHECK ({kinds})")
