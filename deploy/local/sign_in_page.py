"""The page on which a developer chooses whom to be."""

from collections.abc import Mapping
from html import escape
from typing import Final

from deploy.local.identity import ROLES

# No form-action: it would also bind the redirect to the front end's own address.
PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_ROW_FIELDS: Final = {
    "zonal_sales": '<input name="zones" value="West" aria-label="Zones, comma-separated">',
    "partner": '<input name="partner_code" value="CP1001" aria-label="Partner code">',
}


def sign_in_page(request: Mapping[str, str]) -> str:
    """Return one button per role; each sends the front end's request back with whom it chose."""
    carried = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in request.items()
    )
    forms = "".join(
        f'<form method="post">{carried}{_ROW_FIELDS.get(role, "")}<button name="role" value="{role}">{role}</button></form>'
        for role in ROLES
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Development sign-in</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 34rem; margin: 3rem auto; }}
form {{ display: flex; gap: .5rem; margin: .5rem 0; }}
button {{ font: inherit; padding: .4rem 1rem; min-width: 10rem; text-align: left; }}
</style>
<h1>Whom do you want to be?</h1>
<p>This is the development issuer of the local stack. It asks for no password, and nothing outside this machine
believes what it says.</p>
{forms}
</html>
"""
