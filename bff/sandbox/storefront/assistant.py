"""The shop's assistant: repeats what it is told. A chat has an id of its own, which is not the session's."""

from __future__ import annotations

import uuid

from bff.sandbox.bodies import Field, Kind, read_body, text
from bff.sandbox.replies import JsonObject, Reply
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import new_id
from bff.sandbox.world import Call, World

_MESSAGE = {
    "agentId": Field(required=True, min_length=1),
    "message": Field(required=True, min_length=1),
    "attachments": Field(kind=Kind.OBJECTS),
}


def _heard(world: World, call: Call) -> tuple[JsonObject, str, int]:
    """Return the message, the chat that it belongs to, and how many there were in it."""
    body, shop, customer = read_body(call, _MESSAGE), world.shops.of(call.tenant), call.customer(world)
    chat = call.headers.get("session-id") or str(uuid.uuid4())
    shop.chats[customer.id, chat] = shop.chats.get((customer.id, chat), 0) + 1
    return body, chat, shop.chats[customer.id, chat]


def _chat(world: World, call: Call) -> Reply:
    body, chat, count = _heard(world, call)
    message = f"Message {count}: {text(body, 'message')}"
    answer: JsonObject = {
        "agentId": body["agentId"],
        "agentType": "generic",
        "sessionId": chat,
        "message": message,
    }
    return Reply(body=[answer])


def _chat_later(world: World, call: Call) -> Reply:
    _heard(world, call)
    return Reply(status=201, body={"jobId": new_id()})


_OWN = "/ai-service/{tenant}/agentic"
SERVED = (
    serve(StorefrontOperation.ASSISTANT_CHAT, "POST", f"{_OWN}/chat", CUSTOMER, _chat),
    serve(StorefrontOperation.ASSISTANT_CHAT_ASYNC, "POST", f"{_OWN}/chat-async", CUSTOMER, _chat_later),
)
