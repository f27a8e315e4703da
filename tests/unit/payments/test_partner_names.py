import pytest

from services.payments.domain.partner_names import firm_name, name_misfit

FITS = 8.0


def misfit(shown: str, partner: str) -> float:
    return name_misfit(firm_name(shown), firm_name(partner))


@pytest.mark.parametrize(
    ("shown", "partner"),
    [
        ("COROMA INDU SYST", "Coromandel Industrial Systems"),
        ("NEW INDIA MARINE SYST P LTD", "New India Marine Systems Private Limited"),
        ("MALWAA GRO SYSTEMS LTD", "Malwa Agro Systems Ltd"),
        ("AUTOENTERPRISES PVT LTD", "Auto Enterprises Private Limited"),
        ("JAIB HARAT GENSETS", "Jai Bharat Gensets"),
        ("SATPUAR MOTORS SALES AND CO", "Satpura Motors Sales & Co"),
        ("BAHMAPUTRA GENSETS", "Brahmaputra Gensets Services LLP"),
        ("SUPREME MARINE AGENC", "Supreme Marine Agencies Ltd"),
        ("MAHANADI POWER ASSOCIATES PRIVAT", "Mahanadi Power Associates Pvt Ltd"),
        ("ADARSH PUMPS CENTRE PRIVTE LIMITED", "Adarsh Pumps Centre Private Limited"),
        ("SATPU AUTO WORKSPVT LTD", "Satpura Auto Works Pvt Ltd"),
        ("M/S KIRAN MART", "Kiran Mart"),
    ],
)
def test_cut_misspelt_and_shortened_names_fit(shown: str, partner: str) -> None:
    assert misfit(shown, partner) < FITS


@pytest.mark.parametrize(
    ("shown", "partner"),
    [
        ("KRISHNA HOLDINGS LLP", "Krishna Infra Agencies"),
        ("RELIABLE MOTORS SYSTEMS", "Reliable Gensets Agencies LLP"),
        ("SHARMA TRADERS", "Gupta Traders"),
        ("OM", "Om Sai Gensets"),
        ("", "Om Sai Gensets"),
    ],
)
def test_one_shared_word_is_no_fit(shown: str, partner: str) -> None:
    assert misfit(shown, partner) >= FITS


def test_firms_that_differ_in_their_legal_form_only_are_told_apart() -> None:
    shown = "MAHANADI EARTHMOVERS SALES PVT LTD"

    assert (
        misfit(shown, "Mahanadi Earthmovers Sales Pvt Ltd")
        < misfit(shown, "Mahanadi Earthmovers Sales LLP") - 3
    )


def test_the_same_name_fits_better_than_any_likeness() -> None:
    assert misfit("KIRAN MART LTD", "Kiran Mart Limited") == 0.0
    assert misfit("KIRAN MAR", "Kiran Mart Limited") > 0.0
