"""Runs the stand-in for a Salesforce organisation until Ctrl-C: `make salesforce-simulator PORT=8098`."""

import asyncio
import os

from tests.salesforce.invented import fill
from tests.salesforce.simulator import Salesforce, running

TEXT = """\
A Salesforce organisation with invented data answers at {address}

  Start the system with
    GATEWAY_SALESFORCE_INSTANCE_URL={address} GATEWAY_SALESFORCE_CLIENT_ID={key} \\
    GATEWAY_SALESFORCE_CLIENT_SECRET={secret} \\
    GATEWAY_SALESFORCE_ORGANIZATIONS='[{{"id": "{organization}", "message_secrets": ["messages-of-the-simulator"],
      "event_secrets": ["events-from-the-simulator"]}}]' make run

  Sign in and ask
    TOKEN=$(curl -s {address}/services/oauth2/token -d grant_type=client_credentials \\
      -d client_id={key} -d client_secret={secret} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
    curl -s -H "Authorization: Bearer $TOKEN" -G {address}/services/data/v60.0/query \\
      --data-urlencode "q=SELECT Id, Name, SystemModstamp FROM Account ORDER BY Name LIMIT 3"

  Change a record, which sends an outbound message if one is set up
    curl -s -X PATCH -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
      {address}/services/data/v60.0/sobjects/Account/SalesOps_Partner_Code__c/SF0001 -d '{{"BillingCity": "Satara"}}'
    curl -s {address}/simulator/outbound-messages -H "Content-Type: application/json" -d '{{"object_name": "Account",
      "fields": ["Name", "AccountNumber", "SystemModstamp"], "endpoint": "http://127.0.0.1:8000/webhooks/salesforce/…"}}'

  Make it misbehave
    curl -s -X PATCH {address}/simulator/moods -H "Content-Type: application/json" -d '{{"is_away": true}}'
    curl -s -X DELETE {address}/simulator/sessions
    curl -s {address}/simulator/state
"""


async def serve() -> None:
    salesforce = Salesforce()
    fill(salesforce.organization)
    async with running(salesforce, int(os.environ.get("PORT") or 8098)) as address:
        app = salesforce.sign_in.app
        organization = salesforce.organization.id[:15]
        words = {"address": address, "key": app.consumer_key, "secret": app.consumer_secret}
        print(TEXT.format(organization=organization, **words), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(serve())
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("The organisation is closed")
