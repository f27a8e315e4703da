"""`make env`: write .env for docker compose from .env.example, with fresh secrets; an existing one is kept."""

import secrets
import sys

from joserfc.jwk import OKPKey

from deploy.local.folder import CHECKOUT, write_private
from deploy.local.identity import jwk_text


def main() -> int:
    target = CHECKOUT / ".env"
    if target.exists():
        sys.stderr.write(f"{target} exists and is kept; remove it first to get new secrets.\n")
        return 1
    write_private(target, filled((CHECKOUT / ".env.example").read_text()))
    sys.stdout.write(
        f"Wrote {target}. Set GATEWAY_ISSUER and GATEWAY_JWKS_URL in it, then: docker compose up\n"
    )
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


if __name__ == "__main__":
    sys.exit(main())
