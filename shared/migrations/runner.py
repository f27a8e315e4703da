"""Runs the dated migrations of one service against its own database."""

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData

from shared.migrations.owners import MigrationOwnerUnknown, package_of
from shared.migrations.versions import versions_folder


def alembic_config(owner: str, url: str) -> Config:
    """Configuration of one owner; its versions live in its own folder, the environment is shared."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent))
    config.set_main_option("version_locations", str(versions_folder(owner)))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    config.attributes["owner"] = owner
    return config


def owner_metadata(owner: str) -> MetaData:
    """The tables the owner's code believes in; compared with the database to find drift."""
    module = importlib.import_module(f"{package_of(owner)}.adapters.orm")
    metadata = module.metadata
    if not isinstance(metadata, MetaData):
        raise MigrationOwnerUnknown(f"{module.__name__}.metadata is no MetaData")
    return metadata


def upgrade(owner: str, url: str) -> None:
    """Bring the database to the newest version; safe to call from many processes at once."""
    command.upgrade(alembic_config(owner, url), "head")
