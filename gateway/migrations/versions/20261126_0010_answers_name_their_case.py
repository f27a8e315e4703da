"""Write to which case an answer belongs, unless somebody changed the mapping: then it is theirs to add.

Reversible.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE salesforce_write_mappings SET fields = fields || '{"case_record_id": "Case__c"}'
        WHERE subject = 'query_answer' AND revision = 1
        """
    )


def downgrade() -> None:
    op.execute(
        """
        UPDATE salesforce_write_mappings SET fields = fields - 'case_record_id'
        WHERE subject = 'query_answer' AND revision = 1
        """
    )
