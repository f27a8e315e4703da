"""Runs the dated migrations of one service against its own database."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from shared.errors import Fault

OWNERS: Final = {
    "payments": "services.payments",
    "partners": "services.partners",
    "reporting": "services.reporting",
    "research": "services.research",
    "gateway": "gateway",
}


class MigrationOwnerUnknown(Fault):
    """The name is none of ours."""

    code = "migration_owner_unknown"


def alembic_config(owner: str, url: str) -> Config:
    """Configuration of one owner; its versions live in its own folder, the environment is shared."""
    package = _package(owner)
    root = Path(__file__).resolve().parents[2]
    config = Config()
    config.set_main_option("script_location", str(root / "shared" / "migrations"))
    config.set_main_option(
        "version_locations", str(root / package.replace(".", "/") / "migrations" / "versions")
    )
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    config.attributes["owner"] = owner
    return config


def owner_metadata(owner: str) -> MetaData:
    """The tables the owner's code believes in; compared with the database to find drift."""
    module = importlib.import_module(f"{_package(owner)}.adapters.orm")
    metadata = module.metadata
    if not isinstance(metadata, MetaData):
        raise MigrationOwnerUnknown(f"{module.__name__}.metadata is no MetaData")
    return metadata


def upgrade(owner: str, url: str) -> None:
    """Bring the database to the newest version; safe to call from many processes at once."""
    command.upgrade(alembic_config(owner, url), "head")


@dataclass(frozen=True, slots=True)
class SchemaVersions:
    """What this code knows of its schema; readiness compares it with the version found."""

    newest: str | None
    known: frozenset[str]

    def suit(self, found: str | None) -> bool:
        """A version nobody here knows is a later release's, whose migrations run before its processes come.

        What these processes still need is taken away one release later, so they go on serving meanwhile.
        """
        return found == self.newest or (found is not None and found not in self.known)


def schema_versions(owner: str) -> SchemaVersions:
    scripts = ScriptDirectory.from_config(alembic_config(owner, ""))
    known = frozenset(revision.revision for revision in scripts.walk_revisions())
    return SchemaVersions(scripts.get_current_head(), known)


def _package(owner: str) -> str:
    if owner not in OWNERS:
        raise MigrationOwnerUnknown(f"'{owner}' has no database; expected one of {', '.join(OWNERS)}")
    return OWNERS[owner]
