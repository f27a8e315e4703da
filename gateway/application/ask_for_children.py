"""The lists below swept records, such as the lines of orders: asked for many records at once, and put into their rows.

A query inside the query would give the first ones only, and deleted ones among them when the deleted are asked for.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from gateway.domain.salesforce_ids import record_id_18
from gateway.domain.salesforce_mapping import ObjectMapping
from gateway.domain.salesforce_replies import ObjectDescription, SalesforceRefused

# The names of so many records still fit into an address.
PARENTS_AT_ONCE: Final = 200

log = structlog.get_logger()
Row = dict[str, Any]


class Asked(Protocol):
    """What of Salesforce is needed here."""

    async def described(self, object_name: str) -> ObjectDescription: ...

    def pages(self, query: str, *, with_deleted: bool = False) -> AsyncIterator[Sequence[Row]]: ...


@dataclass(frozen=True, slots=True)
class ChildrenAsked:
    """A list that the mapping reads at `relation`: of which object, by which field it names its parent, and what of it."""

    relation: str
    object_name: str
    parent_field: str
    paths: tuple[str, ...]


async def children_asked(
    salesforce: Asked, parent: ObjectDescription, mapping: ObjectMapping | None
) -> list[ChildrenAsked]:
    """The lists of a mapping that this organization has, with the fields that we may see of them."""
    found = []
    for rule in mapping.rules.values() if mapping is not None else ():
        for relation in (path for path in rule.paths if rule.each is not None and path in parent.children):
            child = parent.children[relation]
            wanted = {path for part in (rule.each or {}).values() for path in part.paths}
            try:
                paths = await _visible(salesforce, child.object_name, wanted)
            except SalesforceRefused as refused:
                # Without the right to see it, describing it says that it is not there.
                log.info("salesforce_list_absent", object_name=child.object_name, reason=refused.detail)
                continue
            found.append(ChildrenAsked(relation, child.object_name, child.field_name, paths))
    return found


async def add_children(salesforce: Asked, asked: Sequence[ChildrenAsked], rows: Sequence[Row]) -> None:
    """Put each list into the rows it belongs to, as a query inside the query would have given it."""
    parents = {record_id_18(row["Id"]): row for row in rows if row.get("IsDeleted") is not True}
    for one in asked:
        lists: Mapping[str, list[Row]] = defaultdict(list)
        ids = sorted(parents)
        for start in range(0, len(ids), PARENTS_AT_ONCE):
            async for page in salesforce.pages(_query(one, ids[start : start + PARENTS_AT_ONCE])):
                for child in page:
                    lists[record_id_18(child[one.parent_field])].append(_plain(child))
        for parent_id, row in parents.items():
            children = lists.get(parent_id, [])
            row[one.relation] = {"totalSize": len(children), "done": True, "records": children}


async def _visible(salesforce: Asked, object_name: str, wanted: set[str]) -> tuple[str, ...]:
    """Those of the paths that lead somewhere: fields of the object, and fields of what its lookups name."""
    own = await salesforce.described(object_name)
    visible = {path for path in wanted if path in own.fields}
    by_lookup: dict[str, set[str]] = defaultdict(set)
    for head, _, rest in (path.partition(".") for path in wanted if "." in path):
        if head in own.lookups and "." not in rest:
            by_lookup[head].add(rest)
    for head, names in by_lookup.items():
        try:
            other = await salesforce.described(own.lookups[head])
        except SalesforceRefused:
            continue
        visible |= {f"{head}.{name}" for name in names & other.fields}
    return tuple(sorted(visible))


def _query(asked: ChildrenAsked, ids: Sequence[str]) -> str:
    names = ", ".join(f"'{record_id}'" for record_id in ids)  # letters and digits, checked
    fields = ", ".join(dict.fromkeys(("Id", asked.parent_field, *asked.paths)))
    return (
        f"SELECT {fields} FROM {asked.object_name} WHERE {asked.parent_field} IN ({names})"  # noqa: S608 - as above
        f" ORDER BY {asked.parent_field}, Id"
    )


def _plain(row: Row) -> Row:
    """Without what Salesforce says about the row itself, also inside of what its lookups name."""
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if name != "attributes"
    }
