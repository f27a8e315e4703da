"""What a release rests on: one version, a changelog in its form, licences that may be given on, a true bill of materials."""

import json
import re
from datetime import date

import pytest

from deploy.local.folder import CHECKOUT
from deploy.release.__main__ import versions
from deploy.release.audit import NOT_REACHED, NOTHING_KNOWN, WEAK, verdict
from deploy.release.bill_of_materials import bill_of_materials
from deploy.release.image_packages import packages
from deploy.release.licences import is_allowed, licences
from shared.version import VERSION

CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text()


def test_one_version_stands_everywhere() -> None:
    assert {found for _, found in versions()} == {VERSION}
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_changelog_has_one_section_for_each_version_the_newest_first() -> None:
    heads = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    form = r"\[(?:Unreleased\] – )?(?P<version>\d+\.\d+\.\d+)\]?(?: – (?P<day>\d{4}-\d{2}-\d{2}))?"
    read = [re.fullmatch(form, head) for head in heads]

    assert all(read), heads
    numbers = [tuple(map(int, one["version"].split("."))) for one in read if one]
    assert numbers == sorted(set(numbers), reverse=True)
    assert all(date.fromisoformat(one["day"]) for one in read[1:] if one), "what was released has its day"


def test_changelog_says_what_kind_of_change_each_is() -> None:
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for section in CHANGELOG.split("\n## ")[1:]:
        found = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert set(found) <= kinds
        assert len(found) == len(set(found)), "one heading for each kind"
        loose = section.split("\n### ")[0].splitlines()[1:]
        assert not [line for line in loose if line.startswith("- ")], "each line stands under its kind"


def test_every_package_of_the_image_may_be_given_on() -> None:
    found = licences()

    assert len(found) > 50
    assert {name: one for name, one in found.items() if one is None or not is_allowed(one)} == {}


@pytest.mark.parametrize(
    ("expression", "verdict_of_it"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("EPL-2.0 OR GPL-2.0-or-later", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT AND PSF-2.0", True),
    ],
)
def test_of_alternatives_one_has_to_be_allowed_and_of_parts_all(
    expression: str, *, verdict_of_it: bool
) -> None:
    assert is_allowed(expression) is verdict_of_it


def test_bill_of_materials_names_every_package_with_hashes_and_licence() -> None:
    bill = json.loads(json.dumps(bill_of_materials()))

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    components = {one["name"]: one for one in bill["components"]}
    assert set(components) == {package.name for package in packages()}
    for package in packages():
        component = components[package.name]
        assert component["purl"] == f"pkg:pypi/{package.name}@{package.version}"
        assert component["licenses"]
        assert {one["content"] for one in component["externalReferences"][0]["hashes"]} == set(package.hashes)
        assert package.hashes
    assert set(bill["dependencies"][0]["dependsOn"]) == {one["bom-ref"] for one in bill["components"]}
    assert bill_of_materials() == bill_of_materials(), "the same lock gives the same bill"


def test_audit_that_reached_nobody_is_no_clean_audit() -> None:
    unknown = {"name": "aiohttp", "skip_reason": "not found"}
    weak = {"name": "aiohttp", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    sound = {"name": "aiohttp", "version": "1", "vulns": []}

    assert verdict("", "connection refused") == (NOT_REACHED, ["connection refused"])
    assert verdict(json.dumps({"dependencies": [unknown, sound]}), "")[0] == NOT_REACHED
    assert verdict(json.dumps({"dependencies": [unknown, weak]}), "") == (
        WEAK,
        ["aiohttp 1: CVE-1, mended in 2"],
    )
    assert verdict(json.dumps({"dependencies": [sound]}), "") == (NOTHING_KNOWN, ["1 packages"])
