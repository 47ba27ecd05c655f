"""The rules that the readers check, and the keys and their order behind some of them."""

from __future__ import annotations

from mockllm_core.protocols.google_genai.candidates import ORDER, VERTEX_ORDER

__all__ = ["CONTENT", "FINISH_WORDS", "PARTS", "RULES", "TOP", "USAGE", "candidate_order"]

RULES = {
    "gemini-framing": "An event is one data line and CR LF CR LF; clients that split elsewhere see half a chunk.",
    "gemini-array": "Without alt=sse the chunks are one JSON array; clients parse it as a whole.",
    "gemini-json": "Every chunk is one JSON object.",
    "gemini-spelling": "Spaces, line breaks and escapes are those of the provider's printer.",
    "gemini-null": "Google sends no nulls; an absent field is absent.",
    "gemini-keys": "Strict clients refuse keys that the provider does not send.",
    "gemini-order": "Keys stand in the provider's order.",
    "gemini-identity": "responseId and modelVersion are there and the same in every chunk.",
    "gemini-role": "Content is the model's.",
    "gemini-index": "Clients tell candidates apart by index.",
    "gemini-parts": "A part says one thing, and a call has a name and an object of arguments.",
    "gemini-signature": "A thought signature is base64; the client must send it back.",
    "gemini-finish": "A client knows that a candidate is whole by the finishReason in its last chunk.",
    "gemini-usage": "Counts are whole numbers and the total is their sum; clients bill by it.",
    "gemini-error": "An error stands in the stream instead of a chunk.",
    "gemini-empty": "An answer has at least one chunk with candidates or with the reason for having none.",
}

TOP = (
    "candidates",
    "promptFeedback",
    "usageMetadata",
    "modelVersion",
    "createTime",
    "responseId",
    "modelStatus",
)
CONTENT = (("parts", "role"), ("role", "parts"))
PARTS = (
    "text",
    "inlineData",
    "functionCall",
    "functionResponse",
    "fileData",
    "executableCode",
    "codeExecutionResult",
    "thought",
    "thoughtSignature",
    "toolCall",
    "toolResponse",
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
)
USAGE = (
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "cachedContentTokenCount",
    "trafficType",
    "promptTokensDetails",
    "cacheTokensDetails",
    "candidatesTokensDetails",
    "toolUsePromptTokenCount",
    "toolUsePromptTokensDetails",
    "thoughtsTokenCount",
    "serviceTier",
)
FINISH_WORDS = frozenset(
    [
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "IMAGE_RECITATION",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
        "MODEL_ARMOR",
        "ESCALATION",
        "CONTINUATION",
    ]
)
"""The finish reasons of google-genai's types."""


def candidate_order(*, vertex: bool) -> tuple[str, ...]:
    """Return the order of a candidate's keys."""
    return VERTEX_ORDER if vertex else ORDER
