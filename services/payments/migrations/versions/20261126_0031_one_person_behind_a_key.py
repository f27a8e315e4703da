"""Compare people, not texts, where two have to agree: what a key asked for, its owner asked for.

Reversible; what was decided meanwhile holds in the older form too.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Table, constraint, who decides, who asked.
TWO_PEOPLE = (
    ("credit_notes", "two_people", "decided_by", "requested_by"),
    ("refunds", "two_people", "decided_by", "requested_by"),
    ("matching_policies", "maker_does_not_activate", "activated_by", "made_by"),
    ("reconciliation_rules", "two_people", "approved_by", "proposed_by"),
    ("reconciliation_tolerances", "two_people", "signed_by", "set_by"),
)
WAIVED = "waived_minor IS NULL OR (accepted_by IS NOT NULL AND {accepted_by} NOT IN ({owner}, {raised_by}))"
WAIVERS = ("accepted_by", "owner", "raised_by")
# As person_behind() of shared/actors.py: `key:<id>/<owner>` of a key, the subject of a person.
PERSON_BEHIND = """
CREATE FUNCTION person_behind(actor text) RETURNS text IMMUTABLE STRICT LANGUAGE sql
RETURN CASE WHEN actor LIKE 'key:%/_%' THEN substr(actor, strpos(actor, '/') + 1) ELSE actor END
"""


def upgrade() -> None:
    op.execute(PERSON_BEHIND)
    for table, name, decider, asker in TWO_PEOPLE:
        _replace(table, name, f"person_behind({decider}) <> person_behind({asker})")
    people = {column: f"person_behind({column})" for column in WAIVERS}
    _replace("payment_exceptions", "waived_by_another", WAIVED.format(**people))


def downgrade() -> None:
    for table, name, decider, asker in TWO_PEOPLE:
        _replace(table, name, f"{decider} <> {asker}")
    _replace("payment_exceptions", "waived_by_another", WAIVED.format(**{name: name for name in WAIVERS}))
    op.execute("DROP FUNCTION person_behind(text)")


def _replace(table: str, name: str, condition: str) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}, ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})"
    )
