"""What only a simulator has: change its moods, end its sessions, set up messages, see what it holds."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException, Request

if TYPE_CHECKING:
    from tests.salesforce.simulator import Salesforce


def control_router(salesforce: "Salesforce") -> APIRouter:
    router = APIRouter(prefix="/simulator")

    @router.get("/state")
    async def show_state() -> dict[str, Any]:
        return {
            "organization_id": salesforce.organization.id,
            "records": len(salesforce.organization.records),
            "requests": len(salesforce.requests),
            "sessions": len(salesforce.sign_in.sessions),
            "messages": {
                "waiting": len(salesforce.messages.waiting),
                "delivered": salesforce.messages.delivered,
                "dropped": len(salesforce.messages.dropped),
            },
            "events_waiting": len(salesforce.events.captured),
            "moods": vars(salesforce.moods),
        }

    @router.patch("/moods")
    async def change_moods(request: Request) -> dict[str, Any]:
        try:
            salesforce.moods.change(await request.json())
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return vars(salesforce.moods)

    @router.delete("/sessions", status_code=204)
    async def revoke_sessions() -> None:
        salesforce.sign_in.revoke_all()

    @router.post("/outbound-messages", status_code=201)
    async def configure_message(request: Request) -> dict[str, str]:
        wanted = await request.json()
        try:
            message = salesforce.messages.configure(**wanted)
        except (TypeError, ValueError) as error:
            raise HTTPException(422, str(error)) from error
        return {"action_id": message.action_id, "endpoint": message.endpoint}

    @router.patch("/message-sender")
    async def change_sender(request: Request) -> dict[str, Any]:
        knobs = {"clock_factor", "is_held", "sends_twice", "is_shuffled", "at_once"}
        wanted = await request.json()
        if wanted.keys() - knobs:
            raise HTTPException(422, f"known: {', '.join(sorted(knobs))}")
        for name, value in wanted.items():
            setattr(salesforce.messages, name, value)
        return {name: getattr(salesforce.messages, name) for name in sorted(knobs)}

    return router
