"""Accounts, opportunities and orders as people type them into two systems: clean, and with faults that are known."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.reporting.domain.data_checks.rule import (
    Check,
    CheckKind,
    Combination,
    Comparator,
    Condition,
    ConditionOperator,
    FieldPair,
    OutlierMethod,
    Scale,
    Target,
    TargetKind,
    TypedKind,
    ValidationRule,
)
from services.reporting.domain.data_checks.table import ReviewedTable
from shared.gstin import gstin_check_character

TODAY: Final = date(2026, 10, 31)
STAGES: Final = ("Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
OPEN_STAGES: Final = STAGES[:3]
ZONES: Final = ("North", "South", "East", "West")
SIZES: Final = {
    "GEN-25": 210_000,
    "GEN-62": 412_500,
    "GEN-125": 815_000,
    "GEN-250": 1_640_000,
    "GEN-500": 3_350_000,
}
SURNAMES: Final = (
    "Sharma Verma Mehta Mehra Iyer Iyengar Patel Patil Kulkarni Kapoor Kumar Gupta Agarwal Reddy Rao Nair Menon Pillai Das"
    " Dutta Ghosh Banerjee Chatterjee Singh Gill Sethi Malhotra Bansal Jain Shah Desai Joshi Deshpande Naidu Chowdhury Khan"
    " Ansari Fernandes Thomas Mathew Goyal Mittal Saxena Tiwari Mishra Pandey Yadav Chauhan Rathore Bhatt"
).split()
TRADES: Final = (
    "Traders;Power Systems;Engineering Works;Industries;Enterprises;Motors;Electricals;Infra Projects;Agro Foods;Textiles;"
    "Steel Tubes;Cold Storage;Hospitals;Hotels;Logistics;Constructions;Polymers;Ceramics;Pharma;Auto Components"
).split(";")
STREETS: Final = (
    "MG Road;Station Road;Industrial Area Phase 2;Nehru Nagar;Gandhi Chowk;Ring Road;Sector 18;Park Street;Anna Salai;"
    "Lake View Colony;Market Yard;Bypass Junction;Old Mill Compound;Residency Road;Temple Street;Airport Road;Canal Bank"
).split(";")
CITIES: Final = (
    ("Delhi", "North", "07", "110001"),
    ("Ludhiana", "North", "03", "141001"),
    ("Chennai", "South", "33", "600001"),
    ("Hyderabad", "South", "36", "500001"),
    ("Kolkata", "East", "19", "700001"),
    ("Patna", "East", "10", "800001"),
    ("Pune", "West", "27", "411001"),
    ("Surat", "West", "24", "395003"),
)
Row = dict[str, str]


@dataclass
class TypedWorld:
    """Rows by object, and which faults were sown: the rule that should find each, and the key of its row."""

    accounts: list[Row] = field(default_factory=list)
    opportunities: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    book_orders: list[Row] = field(default_factory=list)
    faults: set[tuple[str, str]] = field(default_factory=set)

    def tables(self) -> Mapping[str, ReviewedTable]:
        return {
            "accounts": a_table(self.accounts, "code"),
            "opportunities": a_table(self.opportunities, "id"),
            "orders": a_table(self.orders, "number"),
            "book_orders": a_table(self.book_orders, "number"),
        }


def a_table(rows: list[Row], key: str) -> ReviewedTable:
    names = list(rows[0])
    return ReviewedTable(
        keys=[row[key] for row in rows],
        columns={name: [row[name] for row in rows] for name in names},
        zones=[row.get("zone", "") for row in rows],
        owners=[row.get("owner", "") for row in rows],
    )


def a_clean_world(chance: random.Random) -> TypedWorld:
    """5,000 rows in Salesforce, and the orders once more in the order book; nothing in them is wrong."""
    world = TypedWorld()
    world.accounts = [_account(chance, number) for number in range(1, 1_201)]
    codes = [(row["code"], row["zone"]) for row in world.accounts]
    world.opportunities = [_opportunity(chance, number, *chance.choice(codes)) for number in range(1, 2_601)]
    world.orders = [_order(chance, number, *chance.choice(codes)) for number in range(1, 1_201)]
    world.book_orders = [dict(row) for row in world.orders]
    return world


def _account(chance: random.Random, number: int) -> Row:
    city, zone, state, pin = chance.choice(CITIES)
    surname, trade = chance.choice(SURNAMES), chance.choice(TRADES)
    suffix = chance.choice(("Pvt Ltd", "Private Limited", "LLP", "& Co", ""))
    return {
        "code": f"CP-{number:05}",
        "name": f"{surname} {trade} {suffix}".strip(),
        "street": f"{chance.randint(1, 480)}, {chance.choice(STREETS)}",
        "city": city,
        "zone": zone,
        "pin_code": pin,
        "gstin": a_gstin(chance, state),
        "phone": f"{chance.choice('6789')}{chance.randrange(10**9):09}",
        "email": f"accounts{number}@{surname.lower()}{trade.split()[0].lower()}.example.in",
        "owner": f"seller.{zone.lower()}",
    }


def a_gstin(chance: random.Random, state: str) -> str:
    letters = "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3))
    holder, initial, serial = chance.choice("CFP"), chance.choice("ABKMRS"), chance.randrange(10**4)
    first = f"{state}{letters}{holder}{initial}{serial:04}{chance.choice('ABCDEFGH')}1Z"
    return first + gstin_check_character(first)


def _opportunity(chance: random.Random, number: int, code: str, zone: str) -> Row:
    created = TODAY - timedelta(days=chance.randint(5, 300))
    stage = chance.choice(STAGES)
    touched = max(created, TODAY - timedelta(days=chance.randint(0, 40)))
    product, price = chance.choice(list(SIZES.items()))
    return {
        "id": f"006{number:012}",
        "name": f"{product} for {code}",
        "account_code": code,
        "zone": zone,
        "stage": stage,
        "product": product,
        "amount": str(round(price * chance.randint(1, 6) * chance.uniform(0.88, 1.08))),
        "probability": str({"Closed Won": 100, "Closed Lost": 0}.get(stage, chance.choice((20, 40, 60, 80)))),
        "created_on": created.isoformat(),
        "close_on": (created + timedelta(days=chance.randint(20, 240))).isoformat(),
        "modified_on": touched.isoformat(),
        "lost_reason": chance.choice(("Price", "Delivery", "Competitor")) if stage == "Closed Lost" else "",
        "owner": f"seller.{zone.lower()}",
    }


def _order(chance: random.Random, number: int, code: str, zone: str) -> Row:
    product, price = chance.choice(list(SIZES.items()))
    quantity, unit = chance.randint(1, 8), round(price * chance.uniform(0.9, 1.05))
    ordered = TODAY - timedelta(days=chance.randint(1, 200))
    return {
        "number": f"SO/26/{number:05}",
        "customer_reference": f"PO-{chance.randrange(10**6):06}-{number}",
        "account_code": code,
        "zone": zone,
        "product": product,
        "quantity": str(quantity),
        "unit_value": str(unit),
        "total": str(quantity * unit),
        "ordered_on": ordered.isoformat(),
        "promised_on": (ordered + timedelta(days=chance.randint(10, 90))).isoformat(),
        "owner": "order.desk",
    }


def sow(world: TypedWorld, chance: random.Random, count: int) -> None:
    """Faults of all kinds in turn, each in a row of its own; world.faults says what should be found."""
    rows = {name: list(range(len(getattr(world, name)))) for name in ("accounts", "opportunities", "orders")}
    for places in rows.values():
        chance.shuffle(places)
    for turn in range(count):
        name, key, rule, spoil = FAULTS[turn % len(FAULTS)]
        while True:
            row = getattr(world, name)[rows[name].pop()]
            # Only rows that the rule is about can break it.
            if rule in OF_OPEN_ONES and row["stage"] not in OPEN_STAGES:
                continue
            break
        spoiled = spoil(row, chance, world)
        world.faults.add((rule, spoiled[key]))


def _slip(text: str, chance: random.Random) -> str:
    """Two neighbouring letters in the wrong order, as hands make it."""
    places = [
        i
        for i in range(1, len(text) - 2)
        if text[i].isalpha() and text[i + 1].isalpha() and text[i] != text[i + 1]
    ]
    place = chance.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


Spoil = Callable[[Row, random.Random, TypedWorld], Row]


def _put(name: str, value: Callable[[Row, random.Random], str]) -> Spoil:
    def spoil(row: Row, chance: random.Random, _world: TypedWorld) -> Row:
        row[name] = value(row, chance)
        return row

    return spoil


def _again(row: Row, chance: random.Random, world: TypedWorld) -> Row:
    """The same customer once more, typed by another hand."""
    other = {
        **row,
        "code": f"CP-9{len(world.accounts):04}",
        "name": _slip(row["name"].removesuffix(" Pvt Ltd"), chance),
        "gstin": a_gstin(chance, row["gstin"][:2]),
        "email": f"again{len(world.accounts)}@example.in",
    }
    world.accounts.append(other)
    return other


def _same_reference(row: Row, chance: random.Random, world: TypedWorld) -> Row:
    """An order with the reference of one that stands before it."""
    position = world.orders.index(row)
    if position == 0:
        world.orders[1]["customer_reference"] = row["customer_reference"]
        return world.orders[1]
    row["customer_reference"] = world.orders[chance.randrange(position)]["customer_reference"]
    return row


def _books_differ(row: Row, chance: random.Random, world: TypedWorld) -> Row:
    (told,) = (one for one in world.book_orders if one["number"] == row["number"])
    told["quantity"] = str(int(row["quantity"]) + chance.randint(1, 5))
    return row


FAULTS: Final[tuple[tuple[str, str, str, Spoil], ...]] = (
    ("accounts", "code", "account-needs-phone", _put("phone", lambda row, chance: chance.choice(("", "  ")))),
    (
        "accounts",
        "code",
        "account-email",
        _put("email", lambda row, chance: row["email"].replace("@", chance.choice((" at ", "@@", "")), 1)),
    ),
    (
        "accounts",
        "code",
        "account-gstin",
        _put("gstin", lambda row, chance: row["gstin"][:14] + ("A" if row["gstin"][14] != "A" else "B")),
    ),
    (
        "accounts",
        "code",
        "account-phone",
        _put("phone", lambda row, chance: row["phone"][: chance.randint(6, 9)]),
    ),
    ("accounts", "code", "account-pin", _put("pin_code", lambda row, chance: "0" + row["pin_code"][1:])),
    ("accounts", "code", "account-twice", _again),
    (
        "opportunities",
        "id",
        "opportunity-stage",
        _put("stage", lambda row, chance: chance.choice(("Negotation", "proposal ", "In Discussion"))),
    ),
    (
        "opportunities",
        "id",
        "opportunity-probability",
        _put("probability", lambda row, chance: chance.choice(("140", "-10", "250"))),
    ),
    (
        "opportunities",
        "id",
        "opportunity-account",
        _put("account_code", lambda row, chance: "CP-7" + row["account_code"][4:]),
    ),
    (
        "opportunities",
        "id",
        "opportunity-dates",
        _put(
            "close_on",
            lambda row, chance: (
                date.fromisoformat(row["created_on"]) - timedelta(days=chance.randint(1, 90))
            ).isoformat(),
        ),
    ),
    (
        "opportunities",
        "id",
        "opportunity-amount",
        _put(
            "amount",
            lambda row, chance: str(
                int(row["amount"]) * chance.choice((1_000, 10_000))
                if chance.random() < 0.5
                else int(row["amount"]) // 1_000
            ),
        ),
    ),
    (
        "opportunities",
        "id",
        "opportunity-untouched",
        _put(
            "modified_on", lambda row, chance: (TODAY - timedelta(days=chance.randint(91, 250))).isoformat()
        ),
    ),
    ("opportunities", "id", "lost-needs-reason", lambda row, chance, world: _lost(row)),
    ("orders", "number", "order-reference-once", _same_reference),
    (
        "orders",
        "number",
        "order-total",
        _put("total", lambda row, chance: str(int(row["total"]) + chance.choice((-900, 1_000, 45_000)))),
    ),
    (
        "orders",
        "number",
        "order-number",
        _put("product", lambda row, chance: row["product"].replace("-", chance.choice(("", " ", "_")))),
    ),
    ("orders", "number", "order-book", _books_differ),
)
OF_OPEN_ONES: Final = frozenset({"opportunity-untouched", "opportunity-probability", "opportunity-stage"})


def _lost(row: Row) -> Row:
    row["stage"], row["probability"], row["lost_reason"] = "Closed Lost", "0", ""
    return row


def _rule(name: str, table: str, check: Check, *when: Condition) -> ValidationRule:
    return ValidationRule(name=name, title=name, system="crm", object=table, check=check, when=when)


def rules() -> list[ValidationRule]:
    """What a sales operations desk would ask of these rows."""
    codes = Target(TargetKind.OBJECT, "crm", "accounts", "code")
    books = Target(TargetKind.OBJECT, "bms", "orders", "number")
    lost = Condition("stage", ConditionOperator.IN, ("Closed Lost",))
    is_open = Condition("stage", ConditionOperator.IN, OPEN_STAGES)
    checks = CheckKind
    return [
        _rule(
            "account-needs-phone", "accounts", Check(kind=checks.REQUIRED, fields=("phone", "name", "city"))
        ),
        _rule("account-email", "accounts", Check(kind=checks.TYPE, fields=("email",), typed=TypedKind.EMAIL)),
        _rule("account-gstin", "accounts", Check(kind=checks.TYPE, fields=("gstin",), typed=TypedKind.GSTIN)),
        _rule("account-phone", "accounts", Check(kind=checks.TYPE, fields=("phone",), typed=TypedKind.PHONE)),
        _rule(
            "account-pin", "accounts", Check(kind=checks.TYPE, fields=("pin_code",), typed=TypedKind.PIN_CODE)
        ),
        _rule(
            "account-twice",
            "accounts",
            Check(
                kind=checks.NEAR_DUPLICATE,
                fields=("name", "street"),
                similarity_min=88,
                same_fields=("city",),
            ),
        ),
        _rule(
            "opportunity-stage", "opportunities", Check(kind=checks.LISTED, fields=("stage",), values=STAGES)
        ),
        _rule(
            "opportunity-probability",
            "opportunities",
            Check(kind=checks.RANGE, fields=("probability",), minimum="0", maximum="100"),
        ),
        _rule(
            "opportunity-account",
            "opportunities",
            Check(kind=checks.REFERENCE, fields=("account_code",), target=codes),
        ),
        _rule(
            "opportunity-dates",
            "opportunities",
            Check(kind=checks.DATE_ORDER, fields=("created_on",), later_field="close_on"),
        ),
        _rule(
            "opportunity-amount",
            "opportunities",
            Check(
                kind=checks.OUTLIER,
                fields=("amount",),
                method=OutlierMethod.MAD,
                scale=Scale.LOGARITHMIC,
                distance_max=Decimal(5),
                group_by=("product",),
            ),
        ),
        _rule(
            "opportunity-untouched",
            "opportunities",
            Check(kind=checks.FRESH, fields=("modified_on",), days_max=90),
            is_open,
        ),
        _rule(
            "lost-needs-reason", "opportunities", Check(kind=checks.REQUIRED, fields=("lost_reason",)), lost
        ),
        _rule("order-reference-once", "orders", Check(kind=checks.UNIQUE, fields=("customer_reference",))),
        _rule(
            "order-total",
            "orders",
            Check(
                kind=checks.COMPARISON,
                fields=("total",),
                comparator=Comparator.EQUAL,
                other_fields=("quantity", "unit_value"),
                combination=Combination.PRODUCT,
                tolerance=Decimal(1),
            ),
        ),
        _rule(
            "order-number",
            "orders",
            Check(kind=checks.PATTERN, fields=("product",), pattern="GEN-[0-9]{2,3}"),
        ),
        _rule(
            "order-book",
            "orders",
            Check(
                kind=checks.DRIFT,
                fields=("number",),
                target=books,
                pairs=(FieldPair("quantity", "quantity"), FieldPair("account_code", "account_code")),
            ),
        ),
    ]
