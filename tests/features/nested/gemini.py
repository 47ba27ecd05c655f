"""Gemini: what is decided of its nested options."""

from __future__ import annotations

from features.asks import GEMINI, HELLO
from features.nested import reasons
from features.nested.walk import SLOT, Api

_SAID = {"role": "user", "parts": [{"text": HELLO}]}
_ID = "some_text_of_its_own"
_DECLARED = {"functionDeclarations": [{"name": _ID}, {"name": "other"}]}
_DONE = {"role": "user", "parts": [{"text": _ID}, {"functionResponse": {"name": _ID, "response": {}}}]}
_CALL = {"role": "model", "parts": [{"functionCall": {"name": _ID, "args": {}}}]}

API = Api(
    column=GEMINI,
    values={
        "candidateCount": 2,
        "TextResponseFormat.mimeType": "application/json",
        "TextResponseFormat.schema": {"type": "STRING", "enum": ["a"]},
        "TextResponseFormat.jsonSchema": {"const": 1},
        "stopSequences": ["hello"],
        "responseMimeType": "application/json",
        "responseModalities": ["IMAGE"],
        "GenerationConfig.mediaResolution": "MEDIA_RESOLUTION_LOW",
        "Schema.type": "STRING",
        "Schema.type!": "INTEGER",
        "Schema.properties": {"a": {"type": "STRING"}},
        "Schema.maxItems": "2", "Schema.minItems": "2", "Schema.maxLength": "2", "Schema.minLength": "40",
        "Schema.maxProperties": "2", "Schema.minProperties": "2",
        "Blob.mimeType": "image/png", "FileData.mimeType": "image/png",
        "data": "AAAA", "imageBytes": "AAAA",
        "FunctionCallingConfig.mode": "NONE",
        "allowedFunctionNames": ["other"],
        "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]},
        "parametersJsonSchema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        "Schema.anyOf": [{"type": "INTEGER"}],
        "Schema.ref": "#/defs/a",
        "logprobs": 2,
        "thinkingBudget": 512,
    },
    within={
        "Schema": {"generationConfig": {"responseMimeType": "application/json", "responseSchema": SLOT}},
        "FunctionCallingConfig": {"tools": [_DECLARED], "toolConfig": {"functionCallingConfig": SLOT}},
        "FunctionDeclaration": {"tools": [{"functionDeclarations": [SLOT]}]},
        "FunctionCall": {"tools": [_DECLARED], "contents": [_SAID, {"role": "model", "parts": [{"functionCall": SLOT}]}, _DONE]},
        "FunctionResponse": {"tools": [_DECLARED], "contents": [_SAID, _CALL, {"role": "user", "parts": [{"functionResponse": SLOT}]}]},
    },
    beside={
        "Part": {"text": _ID}, "FunctionCall": {"name": _ID}, "FunctionCallingConfig": {"mode": "ANY"}, "Schema": {"type": "STRING"},
        "Tool": {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}},
    },
    models={"ThinkingConfig.thinkingLevel": "gemini-3-flash-preview", "GenerationConfig.*ogprobs": "gemini-2.0-flash"},
    silent={
        reasons.SAMPLING: ("GenerationConfig.temperature", "GenerationConfig.top?", "GenerationConfig.seed"),
        reasons.MADE_UP: ("tools.computerUse*", "tools.fileSearch*", "tools.googleSearch*", "tools.googleMaps*", "ToolConfig", "toolConfig.retrievalConfig*", "tools.mcpServers*"),
        reasons.OFFERED: ("FunctionDeclaration.response*", "FunctionDeclaration.behavior"),
        reasons.SAFE: ("safetySettings*", "GenerationConfig.enableEnhancedCivicAnswers"),
        reasons.SOUND: ("generationConfig.speechConfig*", "generationConfig.audio*", "generationConfig.image*", "generationConfig.translationConfig*", "generationConfig.enableAffectiveDialog"),
        reasons.KINDS: ("*ediaResolution*", "contents.parts.*Metadata*", "contents.parts.*edia*", "contents.parts.inlineData*", "contents.parts.fileData*", "contents.parts.audioTranscription*", "contents.parts.functionResponse.parts*"),
        reasons.SENT_BACK: ("contents.parts.functionCall*", "contents.parts.functionResponse*", "contents.parts.toolCall*", "contents.parts.toolResponse*", "contents.parts.executableCode*", "contents.parts.codeExecutionResult*", "contents.parts.thought*"),
        reasons.THOUGHTS: ("ThinkingConfig.thinkingBudget", "ThinkingConfig.thinkingLevel"),
        reasons.USUAL: ("GenerationConfig", "ThinkingConfig", "GenerationConfig.thinkingConfig", "GenerationConfig.responseFormat", "ResponseFormat", "ResponseFormat.text", "TextResponseFormat", "FunctionCallingConfig"),
        reasons.PROSE: ("GenerationConfig.responseSchema", "GenerationConfig.responseJsonSchema"),
        reasons.NAMES: ("Content.role", "SystemContent", "SystemContent.role"),
    },
)  # fmt: skip
