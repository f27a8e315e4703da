"""`make env`: write .env for docker compose from .env.example, with fresh secrets; an existing one is kept.

With DEMO=1 it is one to try the system with: the containers of the profile `demo` stand in for what a company has.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from typing import Final

from joserfc.jwk import OKPKey

from deploy.local.folder import CHECKOUT, write_private
from deploy.local.identity import jwk_text

# The issuer has one name for browsers, and the gateway asks for its keys inside.
DEMO_VALUES: Final = {
    "COMPOSE_PROFILES": "demo",
    "ENVIRONMENT": "local",
    "GATEWAY_ISSUER": "http://127.0.0.1:8090",
    "GATEWAY_JWKS_URL": "http://development-issuer:8090/jwks",
    "GATEWAY_CORS_ORIGINS": "http://localhost:3000,http://localhost:5173",
    "PARTNERS_DOCUMENT_STORE": "s3+http://object-store:8333/salesops-documents",
    "PARTNERS_PORTAL_URL": "http://127.0.0.1:8000",
    "PARTNERS_MAIL_HOST": "mail-catcher",
    "PARTNERS_MAIL_PORT": "1025",
    "PARTNERS_MAIL_SECURITY": "none",
    "REPORTING_MAIL_HOST": "mail-catcher",
    "REPORTING_MAIL_PORT": "1025",
    "REPORTING_MAIL_SECURITY": "none",
}
DEMO_SECRETS: Final = (
    "ISSUER_CLIENT_SECRET",
    "PARTNERS_DOCUMENT_STORE_ACCESS_KEY",
    "PARTNERS_DOCUMENT_STORE_SECRET_KEY",
)


def main() -> int:
    target = CHECKOUT / ".env"
    if target.exists():
        sys.stderr.write(f"{target} exists and is kept; remove it first to get new secrets.\n")
        return 1
    is_demo = bool(os.environ.get("DEMO"))
    text = filled((CHECKOUT / ".env.example").read_text())
    write_private(target, with_values(text, demo_values()) if is_demo else text)
    todo = "" if is_demo else "Set GATEWAY_ISSUER and GATEWAY_JWKS_URL in it, then: "
    sys.stdout.write(f"Wrote {target}. {todo}docker compose up --build\n")
    return 0


def filled(example: str) -> str:
    """Return the text with a random value after every `NAME=` that has none; keys are one matching pair."""
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    keys = {
        "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY": jwk_text(key, private=True),
        "INTERNAL_TOKEN_PUBLIC_KEY": jwk_text(key, private=False),
    }
    lines = []
    for line in example.splitlines():
        name = line.removesuffix("=")
        is_empty = line.endswith("=") and not line.startswith("#")
        # Single quotes keep compose from looking for variables inside.
        value = f"'{keys[name]}'" if name in keys else secrets.token_urlsafe(24)
        lines.append(f"{line}{value}" if is_empty else line)
    return "\n".join(lines) + "\n"


def demo_values() -> dict[str, str]:
    return DEMO_VALUES | {name: secrets.token_hex(16) for name in DEMO_SECRETS}


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the text with these values in place of what it says of them, as a comment or not."""
    left, lines = dict(values), []
    for line in text.splitlines():
        name = line.removeprefix("# ").partition("=")[0]
        lines.append(f"{name}={left.pop(name)}" if name in left else line)
    return "\n".join([*lines, *(f"{name}={value}" for name, value in left.items())]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
