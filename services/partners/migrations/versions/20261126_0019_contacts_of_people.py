"""Contacts by letter in a role that people have become people's: those that are known by name and address, or new ones.

Downwards nothing is taken away: the people stay, and their contacts with them.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# One person per partner, name, address, channel and language; who was added as a person before is left as told.
MARKED = """
    CREATE TEMPORARY TABLE people_of_contacts ON COMMIT DROP AS
    SELECT gen_random_uuid() AS person_id, p.id AS partner_id, c.partner_code, min(c.name) AS name,
        lower(c.name) AS spoken, c.address, c.channel, c.language, array_agg(DISTINCT c.role ORDER BY c.role) AS roles,
        min(c.added_at) AS added_at, min(c.added_by) AS added_by, bool_and(c.takes_optional) AS takes_optional
    FROM partner_contacts c JOIN partners p ON p.code = c.partner_code
    WHERE c.person_id IS NULL AND c.retired_at IS NULL AND c.channel IN ('email', 'portal')
        AND c.role IN ('owner', 'accounts', 'orders', 'service', 'dispatch', 'sales')
    GROUP BY p.id, c.partner_code, lower(c.name), c.address, c.channel, c.language
"""
ADDED = """
    INSERT INTO person_versions (person_id, version, partner_id, name, roles, email, phone, language, channel,
        takes_optional, is_active, changed_at, changed_by)
    SELECT person_id, 1, partner_id, name, roles, address, NULL, language, channel, takes_optional, true, added_at, added_by
    FROM people_of_contacts
"""
TOLD = """
    UPDATE partner_contacts c SET person_id = m.person_id FROM people_of_contacts m
    WHERE c.person_id IS NULL AND c.retired_at IS NULL AND c.partner_code = m.partner_code AND lower(c.name) = m.spoken
        AND c.address = m.address AND c.channel = m.channel AND c.language = m.language
        AND c.role IN ('owner', 'accounts', 'orders', 'service', 'dispatch', 'sales')
"""


def upgrade() -> None:
    for statement in (MARKED, ADDED, TOLD):
        op.execute(statement)


def downgrade() -> None:
    """Contacts that are people's are what the version before makes of people too."""
