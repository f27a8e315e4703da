from services.payments.domain.invoice_number import learn_number_patterns
from services.payments.domain.matching_policy import PayerWeights
from services.payments.domain.narration import parse_narration
from services.payments.domain.payer import PartnerIndex, PartnerProfile, PayerView, Relation, payer_candidates
from services.payments.domain.payer_alias import AliasBook, PayerAlias, alias_keys
from tests.unit.payments.matching_factories import a_line, a_partner

NO_NUMBERS = learn_number_patterns([])


def view_of(text: str, partners: list[PartnerProfile], aliases: tuple[PayerAlias, ...] = ()) -> PayerView:
    narration = parse_narration(a_line(text), NO_NUMBERS)
    return payer_candidates(narration, PartnerIndex(partners), AliasBook(aliases), PayerWeights())


KONKAN = [
    a_partner("P1", "Konkan Motors Sales Pvt Ltd", ifsc="IDIB0231358"),
    a_partner("P2", "Konkan Motors Works", ifsc="HDFC0002222", bank_account="60200099993585"),
    a_partner("P3", "Konkan Motors Agencies", ifsc="IDIB0999999", city="Surat"),
]


def test_the_branch_tells_namesakes_apart() -> None:
    view = view_of("NEFT CR-IDIB0231358-KONKAN MOTORS-IDIBN52026100144302901", KONKAN)

    assert view.candidates[0].partner_code == "P1"
    assert view.candidates[0].evidence == ("name", "ifsc")
    assert view.candidates[1].weight > view.candidates[0].weight + 5


def test_the_end_of_the_account_tells_namesakes_apart() -> None:
    view = view_of("IMPS-612557523735-KONKAN MOTORS-HDFC-XXXXXX3585-PAYMENT", KONKAN)

    assert (view.candidates[0].partner_code, "account" in view.candidates[0].evidence) == ("P2", True)


def test_a_cheque_without_name_is_known_by_bank_and_city() -> None:
    view = view_of("CHQ DEP-683912-CLG-IDIB SURAT", KONKAN)

    assert view.candidates[0].partner_code == "P3"
    assert not view.is_named


def test_namesakes_without_more_evidence_stay_equal() -> None:
    view = view_of("CLG TO KONKAN MOTORS CHQ NO 755755", KONKAN)

    assert {round(candidate.weight, 6) for candidate in view.candidates} == {view.candidates[0].weight}
    assert len(view.candidates) == 3


def test_a_payment_address_without_name_bears_the_partners_name() -> None:
    view = view_of("UPI/612557523735/NA/konkanmotorssales@oksbi/STATE BANK OF INDIA", KONKAN)

    assert view.candidates[0].partner_code == "P1"


def test_a_name_of_nobody_has_no_candidate() -> None:
    assert view_of("NEFT CR-HDFC0262986-KRISHNA HOLDINGS LLP-HDFCN26274313992", KONKAN).candidates == ()


def test_a_payer_proved_before_is_known_again_when_its_name_is_cut() -> None:
    proof = parse_narration(a_line("NEFT CR-HDFC0262986-KRISHNA HOLDINGS LLP-HDFCN26274313992"), NO_NUMBERS)
    aliases = tuple(PayerAlias(key, "P2", "HDFCN26274313992") for key in alias_keys(proof))

    view = view_of("NEFT CR-HDFC0262986-KRISHNA HOLD-HDFCN26274313993", KONKAN, aliases)

    assert [(c.partner_code, c.relation) for c in view.candidates] == [("P2", Relation.KNOWN_PAYER)]


def test_a_payer_known_for_two_partners_is_certain_for_neither() -> None:
    key = "ifsc:HDFC0262986:KRISHNAHOLDINGS"
    aliases = (PayerAlias(key, "P1", "first"), PayerAlias(key, "P2", "second"))

    view = view_of("NEFT CR-HDFC0262986-KRISHNA HOLDINGS LLP-HDFCN26274313993", KONKAN, aliases)

    assert len({candidate.weight for candidate in view.candidates}) == 1
    assert {candidate.partner_code for candidate in view.candidates} == {"P1", "P2"}


def test_a_known_name_at_another_branch_is_not_the_known_payer() -> None:
    aliases = (PayerAlias("ifsc:HDFC0262986:KRISHNAHOLDINGS", "P1", "first"),)

    assert (
        view_of("NEFT CR-HDFC0777777-KRISHNA HOLDINGS LLP-HDFCN26274313993", KONKAN, aliases).candidates == ()
    )


def test_ten_thousand_partners_are_looked_up_not_scanned() -> None:
    words = ["Alpha", "Bravo", "Cargo", "Delta", "Ember", "Forge", "Gamma", "Hotel", "India", "Jumbo"]
    partners = [
        a_partner(
            f"P{n}",
            f"{words[n % 10]} {words[n // 10 % 10]} {words[n // 100 % 10]} {n}",
            ifsc=f"HDFC0{n:06d}",
            city="",
        )
        for n in range(10_000)
    ]
    view = view_of("NEFT CR-HDFC0004321-BRAVO CARGO DELTA 4321-HDFCN26274313993", partners)

    assert view.candidates[0].partner_code == "P4321"
    assert len(view.candidates) <= PayerWeights().candidates_max


def test_an_address_with_another_partners_name_outweighs_a_bank_that_paid_for_one_before() -> None:
    known = (PayerAlias("ifsc:UTIB0000009:SAGARFINSERV", "P1", "NEFT 1"),)
    partners = [a_partner(ifsc="HDFC0001111"), a_partner("P2", "Pragati Marine", ifsc="UTIB0000001")]

    view = view_of("UPI/940301782136/OLD DUES/pragatimarine28@okhdfcbank/AXIS BANK", partners, known)

    assert view.candidates[0].partner_code == "P2"


def test_private_or_not_tells_two_firms_of_one_name_apart() -> None:
    partners = [
        a_partner("P1", "Narayana Farm Mart Ltd"),
        a_partner("P2", "Narayana Farm Mart Private Limited"),
    ]

    view = view_of("BY CLG NARAYANA FARM MART PVT. LTD. 631599", partners)

    assert [candidate.partner_code for candidate in view.candidates] == ["P2", "P1"]
