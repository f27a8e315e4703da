"""What the callers of an exercise need before they can pay: an account, a partner, and a token."""

from dataclasses import dataclass

import psycopg

from tests.e2e.desk import Desk, eventually
from tests.faults.processes import FragileSystem

PARTNER_HEADER = "code,name,city,zone,gstin,ifsc,bank_account"


@dataclass(frozen=True, slots=True)
class Stage:
    url: str
    token: str
    bank_account: str
    partner_code: str


def set_stage(system: FragileSystem, name: str) -> Stage:
    """An account and a partner of this name, known to every service that has to know; names part exercises."""
    # References begin with it, and those are known by their letters and digits alone.
    code = "FX" + "".join(filter(str.isalnum, name)).upper()
    stage = Stage(system.url("gateway"), system.token("coordinator"), code, code)
    with Desk.at(system, role="coordinator") as desk:
        row = f"{stage.partner_code},{name} Engine Works,Pune,West,,,"
        desk.register_partners(f"{PARTNER_HEADER}\n{row}\n".encode())
        desk.register_bank_account(stage.bank_account)
    eventually(lambda: _knows(system, stage.partner_code), bool)
    return stage


def _knows(system: FragileSystem, partner_code: str) -> bool:
    with psycopg.connect(system.database_url("payments")) as connection:
        query = "SELECT FROM partners WHERE code = %s"
        return connection.execute(query, (partner_code,)).fetchone() is not None
