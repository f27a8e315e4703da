from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.payments.domain.decision import Decision, LineKind, Outcome
from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.matching import ReceivedCheque, decide_batch, lookup_keys, read_batch
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerIndex
from tests.unit.payments.matching_factories import a_line, a_partner, an_invoice, decided

VAIGAI = "NEFT CR-HDFC0001111-VAIGAI TRACTORS AGENCIES-{}-HDFCN26274967055"
UNNAMED = "NEFT CR-HDFC0001111-VAIGAI TRACTORS AGENCIES-HDFCN26274967055"


def paid(decision: Decision) -> dict[str, int]:
    return {a.invoice_number[-3:]: a.amount_minor for a in decision.allocations}


def one(narration: str, amount_minor: int, invoices: list[OpenInvoice]) -> Decision:
    return decided([a_line(narration, amount_minor)], invoices)[0]


def test_the_named_invoice_is_paid() -> None:
    decision = one(
        VAIGAI.format("ENG/26-27/00412"), 1_234_567, [an_invoice(412, 1_234_567), an_invoice(413, 99_900)]
    )

    assert (decision.outcome, decision.partner_code, paid(decision)) == (
        Outcome.AUTO,
        "P1",
        {"412": 1_234_567},
    )
    assert {"payer_name", "payer_ifsc", "exact", "invoice_named"} == {
        reason.code for reason in decision.reasons
    }


def test_an_unnamed_amount_finds_the_one_invoice_it_fits() -> None:
    decision = one(UNNAMED, 1_234_567, [an_invoice(412, 1_234_567), an_invoice(413, 7_654_321)])

    assert (decision.outcome, paid(decision)) == (Outcome.AUTO, {"412": 1_234_567})


def test_a_run_of_invoices_is_found_by_its_sum() -> None:
    totals = {n: 1_000_003 * n + n**3 for n in range(401, 409)}
    invoices = [an_invoice(n, total, day=n - 400) for n, total in totals.items()]

    decision = one(UNNAMED, totals[403] + totals[404] + totals[405], invoices)

    assert (decision.outcome, list(paid(decision))) == (Outcome.AUTO, ["403", "404", "405"])


def test_tax_deducted_closes_the_invoice() -> None:
    decision = one(UNNAMED, 1_234_567 - 1046, [an_invoice(412, 1_234_567)])

    assert paid(decision) == {"412": 1_233_521}
    assert [(d.kind, d.amount_minor) for d in decision.deductions] == [("TDS194Q", 1046)]


def test_a_bank_charge_is_put_to_the_first_invoice() -> None:
    invoices = [an_invoice(412, 1_234_567), an_invoice(413, 7_654_321)]

    decision = one(VAIGAI.format("INV 412 413"), 1_234_567 + 7_654_321 - 1770, invoices)

    assert [(d.invoice_number[-3:], d.kind, d.amount_minor) for d in decision.deductions] == [
        ("412", "BANK_CHARGE", 1770)
    ]


def test_what_is_paid_too_much_is_on_account() -> None:
    decision = one(VAIGAI.format("INV 00412"), 1_234_567 + 100, [an_invoice(412, 1_234_567)])

    assert (paid(decision), decision.on_account_minor) == ({"412": 1_234_567}, 100)


def test_a_part_payment_needs_its_invoice_named() -> None:
    invoices = [an_invoice(412, 1_234_567)]

    named = one(VAIGAI.format("ENG/26-27/00412"), 500_000, invoices)
    unnamed = one(UNNAMED, 500_000, invoices)

    assert (named.outcome, paid(named)) == (Outcome.AUTO, {"412": 500_000})
    assert (unnamed.outcome, unnamed.allocations, unnamed.on_account_minor) == (Outcome.AUTO, (), 500_000)


def test_a_mistyped_number_does_not_hide_the_invoice_that_fits() -> None:
    decision = one(
        VAIGAI.format("INV 5894"), 1_234_567, [an_invoice(5854, 1_234_567), an_invoice(413, 500_123)]
    )

    assert paid(decision) == {"854": 1_234_567}


def test_of_equal_invoices_the_one_due_first_is_paid() -> None:
    decision = one(
        UNNAMED, 1_234_567, [an_invoice(413, 1_234_567, day=9), an_invoice(412, 1_234_567, day=20)]
    )

    assert paid(decision) == {"413": 1_234_567}


TWO_SETS = [
    an_invoice(n, amount) for n, amount in ((401, 300_000), (402, 500_000), (403, 200_000), (404, 600_000))
]


def test_two_sets_that_fit_go_on_account_with_both_named() -> None:
    decision = one(UNNAMED, 800_000, TWO_SETS)

    assert (decision.outcome, decision.allocations, decision.on_account_minor) == (Outcome.AUTO, (), 800_000)
    assert len([alternative for alternative in decision.alternatives if alternative.allocations]) >= 2


def test_two_sets_that_fit_are_left_to_a_person_when_the_policy_says_so() -> None:
    policy = replace(default_policy(), is_ambiguous_on_account=False)
    patterns = learn_number_patterns([])
    batch = read_batch(
        [a_line(UNNAMED, 800_000)], PartnerIndex([a_partner()]), patterns, aliases=(), policy=policy
    )

    decision = decide_batch(batch, TWO_SETS, {})[0]

    assert (decision.outcome, decision.partner_code) == (Outcome.SUGGESTED, "P1")


def test_lines_that_name_invoices_go_before_lines_that_do_not() -> None:
    lines = [a_line(UNNAMED, 295_000, number=1), a_line(VAIGAI.format("INV 00401"), 295_000, number=2)]
    invoices = [an_invoice(401, 295_000, day=1), an_invoice(402, 295_000, tax_minor=0, day=9)]

    first, second = decided(lines, invoices)

    assert (paid(first), paid(second)) == ({"402": 295_000}, {"401": 295_000})


def test_a_second_payment_of_a_named_invoice_does_not_pay_another_of_the_same_amount() -> None:
    invoices = [an_invoice(412, 5_900_000), an_invoice(431, 5_900_000, day=3)]
    lines = [a_line(VAIGAI.format("ENG/26-27/00412"), 5_900_000, number=n) for n in (1, 2)]

    first, second = decided(lines, invoices)

    assert paid(first) == {"412": 5_900_000}
    assert (second.allocations, second.on_account_minor) == ((), 5_900_000)


def test_an_invoice_is_paid_once_however_often_it_is_named() -> None:
    lines = [a_line(VAIGAI.format("INV 00412"), 1_234_567, number=number) for number in (1, 2)]

    first, second = decided(lines, [an_invoice(412, 1_234_567)])

    assert paid(first) == {"412": 1_234_567}
    assert (second.allocations, second.on_account_minor) == ((), 1_234_567)


def test_a_stranger_who_names_an_invoice_is_known_from_then_on() -> None:
    friend = "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-{}HDFCN2627496705{}"
    lines = [
        a_line(friend.format("", 1), 7_654_321, number=1),
        a_line(friend.format("ENG/26-27/00412-", 2), 1_234_567, number=2),
    ]

    first, second = decided(lines, [an_invoice(412, 1_234_567), an_invoice(413, 7_654_321)])

    assert (second.outcome, paid(second), bool(second.learned_aliases)) == (
        Outcome.AUTO,
        {"412": 1_234_567},
        True,
    )
    assert (first.outcome, first.partner_code, paid(first)) == (Outcome.AUTO, "P1", {"413": 7_654_321})


def test_two_sets_of_invoices_with_one_sum_are_a_question() -> None:
    invoices = [
        an_invoice(serial, total, day=day)
        for serial, total, day in ((401, 100_000, 1), (402, 230_000, 2), (403, 55_000, 3), (404, 275_000, 4))
    ]

    decision = one(UNNAMED, 330_000, invoices)

    assert (decision.allocations, decision.on_account_minor) == ((), 330_000)
    shown = [{a.invoice_number[-3:] for a in other.allocations} for other in decision.alternatives]
    assert {"401", "402"} in shown
    assert {"403", "404"} in shown


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1_000, 1_030), min_size=3, max_size=9, unique=True), st.data())
def test_an_unnamed_set_is_paid_by_itself_only_when_no_other_set_fits(
    totals: list[int], data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(totals) - 1), min_size=2, max_size=4))
    amount = sum(totals[position] for position in chosen)
    invoices = [an_invoice(401 + n, total, day=1 + n, tax_minor=0) for n, total in enumerate(totals)]

    decision = one(UNNAMED, amount, invoices)

    fitting = [
        subset
        for size in range(1, 6)
        for subset in combinations(range(len(totals)), size)
        if sum(totals[position] for position in subset) == amount
    ]
    if decision.outcome is Outcome.AUTO and decision.allocations:
        paid_now = tuple(sorted(int(a.invoice_number[-3:]) - 401 for a in decision.allocations))
        assert fitting == [paid_now]


def test_a_strangers_round_amount_proves_nothing() -> None:
    partners = [
        a_partner("P1"),
        a_partner("P2", "Kiran Pumps Mart", ifsc="UTIB0003333", bank_account="1234567"),
    ]
    invoices = [an_invoice(401, 2_950_000), an_invoice(402, 2_950_000, partner="P2")]

    decision = decided([a_line("NEFT CR-ICIC0777777-EVEREST TRUST-X", 2_950_000)], invoices, partners)[0]

    assert decision.outcome is not Outcome.AUTO


def test_a_strangers_round_amount_is_suggested_where_one_invoice_alone_asks_for_it() -> None:
    stranger = "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-HDFCN26274967055"
    invoices = [an_invoice(401, 2_956_700), an_invoice(402, 2_956_789)]

    rounded, uneven = (
        one(stranger, 2_950_000, [an_invoice(401, 2_950_000)]),
        one(stranger, 2_956_789, invoices),
    )

    assert (rounded.outcome, paid(rounded)) == (Outcome.SUGGESTED, {"401": 2_950_000})
    assert (uneven.outcome, paid(uneven)) == (Outcome.AUTO, {"402": 2_956_789})


def test_a_stranger_is_believed_when_bare_numbers_and_the_sum_agree() -> None:
    stranger = "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-4412+4418-HDFCN26274967055"
    invoices = [an_invoice(4412, 1_234_567), an_invoice(4418, 7_654_321)]

    decision = one(stranger, 8_888_888, invoices)

    assert (decision.outcome, paid(decision)) == (Outcome.AUTO, {"412": 1_234_567, "418": 7_654_321})


def test_a_strangers_part_payment_of_a_named_invoice_is_suggested_first() -> None:
    stranger = "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-INV 4412-HDFCN26274967055"

    decision = one(stranger, 777_777, [an_invoice(4412, 1_234_567)])

    assert (decision.outcome, paid(decision)) == (Outcome.SUGGESTED, {"412": 777_777})


def test_which_equal_invoice_bears_the_charge_is_no_question() -> None:
    invoices = [
        an_invoice(401, 5_900_000),
        an_invoice(402, 1_234_567, day=2),
        an_invoice(403, 5_900_000, day=3),
    ]

    decision = one(UNNAMED, 5_900_000 + 1_234_567 - 590, invoices)

    assert (decision.outcome, list(paid(decision))) == (Outcome.AUTO, ["401", "402"])


def test_a_number_cut_to_its_year_names_no_invoice() -> None:
    text = "NEFT CR-HDFC0001111-VAIGAI TRACTORS AGENCIES-HDFCN26274967055-ENG/26"

    decision = one(text, 1_234_567 + 109_845, [an_invoice(412, 1_234_567), an_invoice(413, 7_654_321)])

    assert (decision.allocations, decision.on_account_minor) == ((), 1_344_412)


def test_a_cut_number_without_separators_is_offered_first() -> None:
    invoices = [
        an_invoice(412, 1_234_567, number="3135/2026"),
        an_invoice(413, 7_654_321, number="3136/2026"),
    ]

    decision = one(VAIGAI.format("31352"), 777_777, invoices)

    first = decision.alternatives[0]
    assert [(a.invoice_number, a.amount_minor) for a in first.allocations] == [("3135/2026", 777_777)]


def test_neighbours_with_one_left_out_are_found_among_many() -> None:
    totals = {n: 1_000_003 * (n - 400) + n**3 for n in range(401, 419)}
    invoices = [an_invoice(n, total, day=n - 400) for n, total in totals.items()]
    meant = (402, 403, 405)

    decision = one(
        UNNAMED, sum(totals[n] - (totals[n] - totals[n] * 18 // 118 + 500) // 1000 for n in meant), invoices
    )

    assert sorted(int(number) for number in paid(decision)) == list(meant)


def test_money_of_nobody_known_is_an_exception() -> None:
    decision = one(
        "NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-HDFCN26274967055", 777_700, [an_invoice(412, 1_234_567)]
    )

    assert (decision.outcome, decision.partner_code) == (Outcome.EXCEPTION, None)
    assert [reason.code for reason in decision.reasons] == ["payer_unknown"]


def test_interest_is_no_receipt() -> None:
    decision = one("INT.PD 01-07-2026 TO 30-09-2026", 1_234_567, [an_invoice(412, 1_234_567)])

    assert (decision.kind, decision.outcome) == (LineKind.NOT_A_RECEIPT, Outcome.EXCEPTION)


def test_money_out_needs_nobody() -> None:
    decision = one("NEFT DR-HDFC0001111-RENT", -5_000, [])

    assert (decision.kind, decision.outcome, decision.on_account_minor) == (LineKind.DEBIT, Outcome.AUTO, 0)


def test_a_returned_cheque_is_tied_to_its_receipt_of_the_same_batch() -> None:
    deposit = a_line(
        "CHQ DEP-373618-CLG-HDFC MADURAI-VAIGAI TRACTORS AGENCIES", 1_234_567, reference="373618"
    )
    returned = a_line("CHQ RET-373618-FUNDS INSUFFICIENT", -1_234_567, number=2, reference="373618")

    _, bounce = decided([deposit, returned], [an_invoice(412, 1_234_567)])

    assert (bounce.kind, bounce.outcome, bounce.partner_code, bounce.reverses) == (
        LineKind.BOUNCE,
        Outcome.AUTO,
        "P1",
        "373618",
    )


@pytest.mark.parametrize(("amount_minor", "outcome"), [(1_234_567, Outcome.AUTO), (999, Outcome.EXCEPTION)])
def test_a_returned_cheque_of_an_earlier_batch_must_have_the_same_amount(
    amount_minor: int, outcome: Outcome
) -> None:
    line = a_line("CHQ RET-373618-FUNDS INSUFFICIENT", -1_234_567, reference="373618")
    batch = read_batch(
        [line], PartnerIndex([a_partner()]), learn_number_patterns([]), aliases=(), policy=default_policy()
    )

    bounce = decide_batch(batch, [], {"373618": [ReceivedCheque("373618", "P1", amount_minor)]})[0]

    assert (bounce.kind, bounce.outcome) == (LineKind.BOUNCE, outcome)


def test_one_look_up_asks_for_all_that_the_batch_needs() -> None:
    lines = [
        a_line(VAIGAI.format("ENG/26-27/00412"), 100, number=1),
        a_line("NEFT CR-ICIC0777777-EVEREST FAMILY TRUST-X", 777_700, number=2),
    ]
    patterns = learn_number_patterns(["ENG/26-27/00412"])
    batch = read_batch(lines, PartnerIndex([a_partner()]), patterns, aliases=(), policy=default_policy())

    keys = lookup_keys(batch)

    assert keys.partner_codes == {"P1"}
    assert keys.number_keys == {"ENG262700412"}
    assert keys.amounts_minor == {777_700}


amounts = st.one_of(st.integers(1, 3_000_000), st.sampled_from([29_500, 59_000, 295_000, 1_180_000]))
texts = st.sampled_from(
    [UNNAMED, VAIGAI.format("INV 401"), VAIGAI.format("401,402"), VAIGAI.format("ENG/26-27/00403 ENG/26-27/00404"),
     "CHQ DEP-373618-CLG-HDFC MADURAI", "UPI-SOMEBODY ELSE-x@upi-INV 402", "IMPS-612557523735-VAIGAI-HDFC-XX5678"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(amounts, min_size=1, max_size=12),
    st.lists(st.tuples(texts, amounts), min_size=1, max_size=10),
    st.data(),
)
def test_money_is_neither_made_nor_lost(
    totals: list[int], payments: list[tuple[str, int]], data: st.DataObject
) -> None:
    invoices = [an_invoice(401 + n, total, day=1 + n) for n, total in enumerate(totals)]
    sums = data.draw(st.lists(st.integers(0, len(totals) - 1), max_size=len(payments)))
    lines = [
        a_line(text, sum(totals[: sums[n] + 1]) if n < len(sums) else amount, number=n + 1)
        for n, (text, amount) in enumerate(payments)
    ]

    decisions = decided(lines, invoices)

    used: dict[str, int] = {}
    for line, decision in zip(lines, decisions, strict=True):
        allocated = sum(a.amount_minor for a in decision.allocations)
        assert allocated + decision.on_account_minor == line.amount_minor
        assert all(allocation.amount_minor > 0 for allocation in decision.allocations)
        assert all(deduction.amount_minor > 0 for deduction in decision.deductions)
        if decision.outcome is Outcome.AUTO:
            parts = [(a.invoice_number, a.amount_minor) for a in decision.allocations]
            parts += [(d.invoice_number, d.amount_minor) for d in decision.deductions]
            for number, amount_minor in parts:
                used[number] = used.get(number, 0) + amount_minor
    assert all(used.get(invoice.number, 0) <= invoice.open_minor for invoice in invoices)
    assert decisions == decided(lines, invoices)


def test_a_named_invoice_is_kept_for_its_line_though_a_payer_was_learned_in_between() -> None:
    """What one line teaches of the payers at a bank makes the others there be weighed again, named ones first."""
    lines = [
        a_line(UNNAMED, 1_234_567, number=1),
        a_line(
            "NEFT CR-HDFC0002222-SAGAR FINSERV PVT LTD-ENG/26-27/00501-HDFCN26274967056", 7_654_321, number=2
        ),
        a_line("NEFT CR-HDFC0003333-VAIGAI TRACTO-ENG/26-27/00412-HDFCN26274967057", 1_234_567, number=3),
    ]
    invoices = [an_invoice(412, 1_234_567), an_invoice(413, 1_234_567, day=2), an_invoice(501, 7_654_321)]

    decisions = decided(lines, invoices)

    assert [paid(decision) for decision in decisions] == [
        {"413": 1_234_567},
        {"501": 7_654_321},
        {"412": 1_234_567},
    ]
