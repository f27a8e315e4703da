"""The mapping profiles that come with the service: one file each, read once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.research.domain.errors import ProfileUnknown
from services.research.domain.mapping import ColumnType, MappingProfile, TargetColumn

FOLDER: Final = Path(__file__).parent


@cache
def mapping_profiles() -> Mapping[str, MappingProfile]:
    """By their names."""
    read = [
        _profile(tomllib.loads(file.read_text(encoding="utf-8"))) for file in sorted(FOLDER.glob("*.toml"))
    ]
    return {profile.name: profile for profile in read}


def profile_named(name: str) -> MappingProfile:
    """ProfileUnknown with the names there are."""
    try:
        return mapping_profiles()[name]
    except KeyError:
        names = ", ".join(mapping_profiles())
        raise ProfileUnknown(f"There is no mapping profile {name}; there are {names}") from None


def _profile(content: Mapping[str, Any]) -> MappingProfile:
    return MappingProfile(
        name=content["name"],
        title=content["title"],
        description=content["description"],
        version=content["version"],
        key=tuple(content["key"]),
        newest_by=content.get("newest_by"),
        day_first=content["day_first"],
        columns=tuple(_column(name, told) for name, told in content["columns"].items()),
    )


def _column(name: str, told: Mapping[str, Any]) -> TargetColumn:
    return TargetColumn(
        name=name,
        type=ColumnType(told.get("type", "text")),
        aliases=tuple(told.get("aliases", ())),
        is_required=told.get("required", False),
        description=told.get("description", ""),
        nothing=tuple(told.get("nothing", ())),
        part=told.get("part"),
        separator=told.get("separator", ";"),
    )
