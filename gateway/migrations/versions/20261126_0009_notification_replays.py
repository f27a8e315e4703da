"""Keep each reading again of a notification: by whom, when, and what became of it.

Reversible, but the reversal drops who read what again: copy it first.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE salesforce_notification_replays (
            id UUID NOT NULL,
            notification_id UUID NOT NULL,
            state_before TEXT NOT NULL,
            state TEXT NOT NULL,
            problems JSONB NOT NULL,
            replayed_by TEXT NOT NULL,
            replayed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_salesforce_notification_replays PRIMARY KEY (id),
            CONSTRAINT fk_salesforce_notification_replays_notification
                FOREIGN KEY(notification_id) REFERENCES salesforce_notifications (id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX ix_salesforce_notification_replays_notification_id
            ON salesforce_notification_replays (notification_id, id)
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE salesforce_notification_replays")
