"""What research shares of an opportunity may be written back to Salesforce.

Reversible; what waits of it goes with its mapping. Rehearsed until somebody has looked at what would be sent.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        INSERT INTO salesforce_write_mappings (
            subject, object_name, external_id_field, fields, is_active, is_dry_run, revision
        ) VALUES (
            'research_brief', 'SalesOps_Research__c', 'SalesOps_Assignment__c', '{
                "opportunity_record_id": "Opportunity__c",
                "subject": "Subject__c",
                "summary": "Summary__c",
                "version": "Version__c",
                "brief_id": "Brief__c",
                "shared_at": "Shared_At__c"
            }', true, true, 1
        )
        """
    )


def downgrade() -> None:
    op.execute("DELETE FROM salesforce_writes WHERE subject = 'research_brief'")
    op.execute("DELETE FROM salesforce_write_mappings WHERE subject = 'research_brief'")
