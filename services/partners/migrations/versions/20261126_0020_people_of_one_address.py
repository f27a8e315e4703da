"""Two people of a partner may share an address in one role: each has a contact of its own, and none is lost by the other.

Who had none, because somebody else was there first, gets it. Downwards the later ones of one address are retired.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

EACH_OWN = (
    """
    CREATE UNIQUE INDEX uq_partner_contacts_systems ON partner_contacts (partner_code, role, channel, address)
        WHERE retired_at IS NULL AND person_id IS NULL
    """,
    """
    CREATE UNIQUE INDEX uq_partner_contacts_people ON partner_contacts (person_id, role, channel, address)
        WHERE retired_at IS NULL AND person_id IS NOT NULL
    """,
    "DROP INDEX uq_partner_contacts_active",
)
LACKING = """
    INSERT INTO partner_contacts (id, partner_code, role, name, channel, address, language, takes_optional, person_id,
        added_at, added_by)
    SELECT gen_random_uuid(), p.code, r.role, v.name, v.channel, v.email, v.language, v.takes_optional, v.person_id,
        v.changed_at, v.changed_by
    FROM (SELECT DISTINCT ON (person_id) * FROM person_versions ORDER BY person_id, version DESC) AS v
    JOIN partners p ON p.id = v.partner_id CROSS JOIN LATERAL unnest(v.roles) AS r (role)
    WHERE v.is_active AND v.channel IN ('email', 'portal') AND v.email IS NOT NULL AND NOT EXISTS (
        SELECT FROM partner_contacts c
        WHERE c.person_id = v.person_id AND c.role = r.role AND c.retired_at IS NULL)
"""
ONE_EACH = (
    """
    UPDATE partner_contacts c SET retired_at = now(), retired_by = 'migration'
    WHERE c.retired_at IS NULL AND EXISTS (
        SELECT FROM partner_contacts o
        WHERE (o.partner_code, o.role, o.channel, o.address) = (c.partner_code, c.role, c.channel, c.address)
            AND o.retired_at IS NULL AND o.id < c.id)
    """,
    """
    CREATE UNIQUE INDEX uq_partner_contacts_active ON partner_contacts (partner_code, role, channel, address)
        WHERE retired_at IS NULL
    """,
    "DROP INDEX uq_partner_contacts_systems",
    "DROP INDEX uq_partner_contacts_people",
)


def upgrade() -> None:
    for statement in (*EACH_OWN, LACKING):
        op.execute(statement)


def downgrade() -> None:
    for statement in ONE_EACH:
        op.execute(statement)
