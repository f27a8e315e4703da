"""Keep API keys as digests, what was revoked, and one number that grows with every change of a credential.

Reversible, but the reversal drops every key: their owners would have to make new ones.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE api_keys (
            id uuid NOT NULL,
            name text NOT NULL,
            owner text NOT NULL,
            roles text[] NOT NULL,
            scopes text[],
            zones text[] NOT NULL,
            partner_code text,
            digest bytea NOT NULL,
            previous_digest bytea,
            previous_ends_at timestamptz,
            created_at timestamptz NOT NULL,
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            last_used_at timestamptz,
            revision integer NOT NULL,
            CONSTRAINT pk_api_keys PRIMARY KEY (id),
            CONSTRAINT ck_api_keys_roles_of_machines
                CHECK (cardinality(roles) > 0 AND NOT roles && ARRAY['admin', 'approver', 'coordinator']),
            CONSTRAINT ck_api_keys_digest_is_one CHECK (octet_length(digest) = 32),
            CONSTRAINT ck_api_keys_previous_ends CHECK ((previous_digest IS NULL) = (previous_ends_at IS NULL)),
            CONSTRAINT ck_api_keys_expires_within_a_year
                CHECK (expires_at > issued_at AND expires_at <= issued_at + interval '366 days')
        )
        """
    )
    op.execute("CREATE INDEX ix_api_keys_owner_id ON api_keys (owner, id)")
    op.execute(
        """
        CREATE TABLE api_key_events (
            id bigint GENERATED ALWAYS AS IDENTITY,
            api_key_id uuid NOT NULL,
            kind text NOT NULL,
            by text NOT NULL,
            at timestamptz NOT NULL,
            detail text NOT NULL,
            CONSTRAINT pk_api_key_events PRIMARY KEY (id),
            CONSTRAINT fk_api_key_events_api_key_id_api_keys FOREIGN KEY (api_key_id) REFERENCES api_keys (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_api_key_events_api_key_id ON api_key_events (api_key_id, id)")
    op.execute(
        """
        CREATE TABLE token_revocations (
            id uuid NOT NULL,
            token_id text,
            subject text,
            issued_until timestamptz NOT NULL,
            reason text NOT NULL,
            by text NOT NULL,
            at timestamptz NOT NULL,
            forgotten_at timestamptz NOT NULL,
            CONSTRAINT pk_token_revocations PRIMARY KEY (id),
            CONSTRAINT ck_token_revocations_names_one CHECK ((token_id IS NULL) <> (subject IS NULL))
        )
        """
    )
    op.execute("CREATE TABLE credential_generation (generation bigint NOT NULL)")
    op.execute("CREATE UNIQUE INDEX uq_credential_generation_one ON credential_generation ((true))")
    op.execute("INSERT INTO credential_generation VALUES (0)")
    op.execute("ALTER TABLE request_audit ADD COLUMN owner text")
    for statement in append_only(["api_key_events", "token_revocations"]):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE request_audit DROP COLUMN owner")
    for table in ("credential_generation", "token_revocations", "api_key_events", "api_keys"):
        op.execute(f"DROP TABLE {table}")
