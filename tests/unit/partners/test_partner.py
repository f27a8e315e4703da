"""What a partner's details must be, and when a telling is a change."""

import pytest
from uuid_utils.compat import uuid7

from services.partners.domain.errors import PartnerInvalid
from services.partners.domain.partner import (
    PartnerDetails,
    PartnerStatus,
    Registration,
    changed_partner,
    doubts,
    new_partner,
)


def details(**facts: str | None) -> PartnerDetails:
    return PartnerDetails(**({"code": "CP1", "name": "Om Sai", "zone": "West"} | facts))  # type: ignore[arg-type]


def test_blanks_are_tidied_and_empty_texts_are_nothing() -> None:
    partner = details(name="  Om \t Sai ", city=" ", gstin=" 29ajufg4984a1ze ", bank_account="7491 6530")

    assert (partner.name, partner.city, partner.gstin, partner.bank_account) == (
        "Om Sai",
        None,
        "29AJUFG4984A1ZE",
        "74916530",
    )


@pytest.mark.parametrize(
    ("facts", "pointers"),
    [
        ({"code": ""}, ["/code"]),
        ({"code": "a/b"}, ["/code"]),
        ({"code": "-1"}, ["/code"]),
        ({"code": "C" * 33}, ["/code"]),
        ({"name": " ", "zone": ""}, ["/name", "/zone"]),
        ({"code": "é", "name": ""}, ["/code", "/name"]),
    ],
)
def test_partner_without_code_name_or_zone_is_refused_by_field(
    facts: dict[str, str], pointers: list[str]
) -> None:
    with pytest.raises(PartnerInvalid) as refusal:
        details(**facts)

    assert [problem.pointer for problem in refusal.value.problems] == pointers


def test_wrong_checksums_are_doubts_and_missing_numbers_are_not() -> None:
    assert [doubt.pointer for doubt in doubts(details(gstin="29AJUFG4984A1ZX", ifsc="ICIC1419849"))] == [
        "/gstin",
        "/ifsc",
    ]
    assert doubts(details()) == ()


def test_telling_the_same_again_is_no_change() -> None:
    registration = Registration(details=details(), status=PartnerStatus.ON_HOLD)
    partner = new_partner(registration, uuid7())

    assert changed_partner(partner, registration) is partner
    assert changed_partner(partner, Registration(details=details(name=" Om  Sai "))) is partner


def test_other_details_or_status_make_the_next_version() -> None:
    partner = new_partner(Registration(details=details()), uuid7())

    moved = changed_partner(partner, Registration(details=details(zone="East")))
    held = changed_partner(moved, Registration(details=moved.details, status=PartnerStatus.ON_HOLD))

    assert (moved.version, moved.details.zone, moved.status) == (2, "East", PartnerStatus.ACTIVE)
    assert (held.version, held.status) == (3, PartnerStatus.ON_HOLD)
    assert {partner.id, moved.id, held.id} == {partner.id}
