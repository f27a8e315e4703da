"""A rule over the rows of a source system's object, as data: what is checked, on which rows, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

FIELDS_MAX: Final = 20
VALUES_MAX: Final = 500
CONDITIONS_MAX: Final = 5


class CheckKind(StrEnum):
    """What a rule looks for."""

    REQUIRED = "required"
    TYPE = "type"
    PATTERN = "pattern"
    LISTED = "listed"
    RANGE = "range"
    REFERENCE = "reference"
    DATE_ORDER = "date_order"
    UNIQUE = "unique"
    COMPARISON = "comparison"
    DRIFT = "drift"
    FRESH = "fresh"
    NEAR_DUPLICATE = "near_duplicate"
    OUTLIER = "outlier"


class TypedKind(StrEnum):
    """How a value has to be written."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TRUTH = "truth"
    EMAIL = "email"
    PHONE = "phone"
    GSTIN = "gstin"
    PAN = "pan"
    IFSC = "ifsc"
    PIN_CODE = "pin_code"


class Comparator(StrEnum):
    """How two figures have to stand to each other."""

    EQUAL = "equal"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Combination(StrEnum):
    """What is made of several fields before they are compared."""

    SUM = "sum"
    PRODUCT = "product"


class OutlierMethod(StrEnum):
    """Which robust measure says how far away is too far."""

    MAD = "mad"
    TUKEY = "tukey"


class Scale(StrEnum):
    """Whether distances are differences, or ratios of positive figures."""

    LINEAR = "linear"
    LOGARITHMIC = "logarithmic"


class TargetKind(StrEnum):
    """Where values have to be known."""

    PARTNERS = "partners"
    PRODUCTS = "products"
    OBJECT = "object"


class ConditionOperator(StrEnum):
    """Which rows a rule is about."""

    IN = "in"
    NOT_IN = "not_in"
    EMPTY = "empty"
    FILLED = "filled"


class Severity(StrEnum):
    """How bad it is."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose field says this; all conditions of a rule have to hold."""

    field: str
    operator: ConditionOperator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Codes of partners or products as other services told them, or a field of a system's newest snapshot."""

    kind: TargetKind
    system: str = ""
    object: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field here and the one there that should say the same."""

    field: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check; which parts it has is said by its kind (`PARTS`)."""

    kind: CheckKind
    fields: tuple[str, ...]
    typed: TypedKind | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    target: Target | None = None
    later_field: str | None = None
    comparator: Comparator | None = None
    other_fields: tuple[str, ...] = ()
    combination: Combination | None = None
    pairs: tuple[FieldPair, ...] = ()
    tolerance: Decimal | None = None
    tolerance_percent: Decimal | None = None
    days_max: int | None = None
    similarity_min: int | None = None
    same_fields: tuple[str, ...] = ()
    method: OutlierMethod | None = None
    scale: Scale | None = None
    distance_max: Decimal | None = None
    group_by: tuple[str, ...] = ()
    group_rows_min: int | None = None
    ignores_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """A rule as people wrote it. Whose a finding is: the zone's owner, else the rule's, the row's, the system's."""

    name: str
    title: str
    system: str
    object: str
    check: Check
    when: tuple[Condition, ...] = ()
    severity: Severity = Severity.ERROR
    owner: str | None = None
    zone_owners: Mapping[str, str] = field(default_factory=dict)
    due_days: int = 7

    @property
    def fields(self) -> set[str]:
        """Every field of its own object that it reads."""
        check = self.check
        named = {*check.fields, *check.other_fields, *check.same_fields, *check.group_by}
        named |= {pair.field for pair in check.pairs} | {one.field for one in self.when}
        return named | ({check.later_field} if check.later_field else set())


# Of each kind: the parts it needs, and those it may have.
PARTS: Final[Mapping[CheckKind, tuple[frozenset[str], frozenset[str]]]] = {
    CheckKind.REQUIRED: (frozenset(), frozenset()),
    CheckKind.TYPE: (frozenset({"typed"}), frozenset()),
    CheckKind.PATTERN: (frozenset({"pattern"}), frozenset()),
    CheckKind.LISTED: (frozenset({"values"}), frozenset({"ignores_case"})),
    CheckKind.RANGE: (frozenset(), frozenset({"minimum", "maximum"})),
    CheckKind.REFERENCE: (frozenset({"target"}), frozenset({"ignores_case"})),
    CheckKind.DATE_ORDER: (frozenset({"later_field"}), frozenset({"days_max"})),
    CheckKind.UNIQUE: (frozenset(), frozenset({"ignores_case"})),
    CheckKind.COMPARISON: (
        frozenset({"comparator", "other_fields"}),
        frozenset({"combination", "tolerance", "tolerance_percent"}),
    ),
    CheckKind.DRIFT: (
        frozenset({"target", "pairs"}),
        frozenset({"tolerance", "tolerance_percent", "ignores_case"}),
    ),
    CheckKind.FRESH: (frozenset({"days_max"}), frozenset()),
    CheckKind.NEAR_DUPLICATE: (frozenset({"similarity_min"}), frozenset({"same_fields"})),
    CheckKind.OUTLIER: (
        frozenset({"method", "distance_max"}),
        frozenset({"scale", "group_by", "group_rows_min"}),
    ),
}
