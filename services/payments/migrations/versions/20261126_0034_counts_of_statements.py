"""Keep the counts of a statement's lines with its import instead of counting its lines at every read.

Reversible: the counts follow from the lines. The partial index finds what was decided again since, which is little.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# As the import counts: lines by what became of them, new ones by their first decision.
BACKFILL = """
UPDATE bank_statements s SET counts = counted.counts FROM (
    SELECT l.statement_id, jsonb_build_object(
        'lines', count(*),
        'new', count(*) FILTER (WHERE l.outcome = 'new'),
        'duplicate', count(*) FILTER (WHERE l.outcome = 'duplicate'),
        'rejected', count(*) FILTER (WHERE l.outcome = 'rejected'),
        'information', count(*) FILTER (WHERE l.outcome = 'information'),
        'booked', count(*) FILTER (WHERE l.outcome = 'new' AND d.decision = 'auto' AND d.kind = 'receipt'),
        'other', count(*) FILTER (WHERE l.outcome = 'new' AND d.decision = 'auto' AND d.kind <> 'receipt'),
        'suggested', count(*) FILTER (WHERE l.outcome = 'new' AND d.decision = 'suggested'),
        'exceptions', count(*) FILTER (WHERE l.outcome = 'new' AND d.decision = 'exception')) AS counts
    FROM statement_lines l LEFT JOIN line_decisions d ON d.bank_line_id = l.bank_line_id AND d.revision = 1
    GROUP BY l.statement_id
) AS counted WHERE counted.statement_id = s.id
"""


def upgrade() -> None:
    op.execute("ALTER TABLE bank_statements ADD COLUMN counts jsonb NOT NULL DEFAULT '{}'")
    op.execute(BACKFILL)
    op.execute("CREATE INDEX ix_line_decisions_later ON line_decisions (bank_line_id) WHERE revision > 1")


def downgrade() -> None:
    op.execute("DROP INDEX ix_line_decisions_later")
    op.execute("ALTER TABLE bank_statements DROP COLUMN counts")
