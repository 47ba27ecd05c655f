"""What the readers check, by name."""

from __future__ import annotations

__all__ = ["RULES"]

RULES = {
    "bedrock-framing": "Frames are whole and their checksums right, or an SDK stops reading with an error.",
    "bedrock-headers": "Each frame has :event-type, :content-type (application/json) and :message-type, as strings in "
    "this order; SDKs choose the event's type by them.",
    "bedrock-exception": "An exception or error frame means that the answer was broken off.",
    "bedrock-event-unknown": "Events are the six of ConverseStream; SDKs drop or refuse others.",
    "bedrock-json": "A payload is a JSON object in UTF-8.",
    "bedrock-spelling": "JSON is compact and its keys are sorted at every level, as the service spells it.",
    "bedrock-padding": "Every frame's p is a prefix of a-z, A-Z, 0-9, 2 to 61 characters long; it hides token lengths.",
    "bedrock-order": "messageStart comes first, messageStop after the last block, metadata last; SDKs accumulate in "
    "this order.",
    "bedrock-role": "The message's role is assistant.",
    "bedrock-keys": "An object has the members that the service model requires and no others.",
    "bedrock-type": "A member has the type of the service model.",
    "bedrock-null": "Absent members are left out, never null: several SDKs refuse a null.",
    "bedrock-index": "Blocks count up from 0 and their events name the open one.",
    "bedrock-start": "Only a tool call or a tool's result begins with contentBlockStart; botocore refuses an empty "
    "start.",
    "bedrock-delta": "A delta has exactly one member, of the kind of its block.",
    "bedrock-reasoning": "Reasoning is text and then one signature, or redacted data alone.",
    "bedrock-tool-id": "A tool call has an id of 1 to 64 letters, digits and _.:- that no other call has.",
    "bedrock-arguments": "The pieces of a tool's input join into a JSON object, unless the answer was cut short.",
    "bedrock-stop-reason": "The stop reason is one that the service model knows, and tool_use means a tool call.",
    "bedrock-usage": "Token counts are there, and the total is the sum of the parts.",
    "bedrock-end": "A stream ends with metadata and a whole answer has metrics; without them usage is lost.",
}
