"""Converse: what is decided of its nested options."""

from __future__ import annotations

from features.asks import CONVERSE, HELLO, PIXEL
from features.nested import reasons
from features.nested.walk import SLOT, Api

_SAID = {"role": "user", "content": [{"text": HELLO}]}
_ID = "some_text_of_its_own"
_SPEC = {"toolSpec": {"name": _ID, "inputSchema": {"json": {"type": "object"}}}}
_TOOLS = {"tools": [_SPEC]}
_CALL = {"role": "assistant", "content": [{"toolUse": {"toolUseId": _ID, "name": _ID, "input": {}}}]}
_DONE = {"role": "user", "content": [{"toolResult": {"toolUseId": _ID, "content": [{"text": "done"}]}}]}

API = Api(
    column=CONVERSE,
    values={
        "bytes": PIXEL,
        "ImageBlockTypeDef.format": "png",
        "role": "user",
        "role!": "assistant",
        "MessageTypeDef.content": [{"text": HELLO}],
        "redactedContent": PIXEL,
        "JsonSchemaDefinitionTypeDef.schema": '{"const": 1}',
        "JsonSchemaDefinitionTypeDef.schema!": '{"const": 2}',
        "stopSequences": ["all"],
        "GuardrailConfigurationTypeDef.trace": "enabled",
        "ToolInputSchemaTypeDef.json": {"type": "object"},
    },
    within={
        "DocumentBlockTypeDef": {"messages": [{"role": "user", "content": [{"text": HELLO}, {"document": SLOT}]}]},
        "ToolUseBlockTypeDef": {"toolConfig": _TOOLS, "messages": [_SAID, {"role": "assistant", "content": [{"toolUse": SLOT}]}, _DONE]},
        "ToolResultBlockTypeDef": {"toolConfig": _TOOLS, "messages": [_SAID, _CALL, {"role": "user", "content": [{"toolResult": SLOT}]}]},
        "ToolChoiceTypeDef": {"toolConfig": {"tools": [_SPEC], "toolChoice": SLOT}},
        "ReasoningContentBlockTypeDef": {"messages": [_SAID, {"role": "assistant", "content": [{"reasoningContent": SLOT}, {"text": "A."}]}, _SAID]},
        "CitationsContentBlockTypeDef": {"messages": [_SAID, {"role": "assistant", "content": [{"citationsContent": SLOT}]}, _SAID]},
    },
    beside={"GuardrailConfigurationTypeDef": {"guardrailIdentifier": "gr", "guardrailVersion": "1"}},
    models={"*ystemTool*": "us.amazon.nova-2-lite-v1:0", "OutputConfigTypeDef.effort": "us.anthropic.claude-opus-4-6-v1"},
    silent={
        reasons.SAMPLING: ("InferenceConfigurationTypeDef", "InferenceConfigurationTypeDef.t*"),
        reasons.TURNS: ("ToolRemovalBlockTypeDef", "ToolReferenceTypeDef*"),
        reasons.KINDS: ("ImageBlockTypeDef.*", "DocumentBlockTypeDef.*", "VideoBlockTypeDef.*", "AudioBlockTypeDef.*", "GuardrailConverseImageBlockTypeDef.*", "S3LocationTypeDef*", "*.s3Location", "ErrorBlockTypeDef.*", "DocumentSourceTypeDef.*", "SearchResultBlockTypeDef.*", "SearchResultContentBlockTypeDef.*"),
        reasons.CITES: ("*.citations*", "Citation*", "WebLocationTypeDef*", "DocumentCharLocationTypeDef*", "SearchResult*LocationTypeDef*"),
        reasons.MADE_UP: ("SystemToolTypeDef*",),
        reasons.VALID: ("ToolSpecificationTypeDef.strict",),
        reasons.LABELS: ("JsonSchemaDefinitionTypeDef.name", "JsonSchemaDefinitionTypeDef.description"),
        reasons.USUAL: ("ToolConfigurationTypeDef.toolChoice", "ToolChoiceTypeDef*", "SpecificToolChoiceTypeDef"),
        reasons.SENT_BACK: ("ToolUseBlockTypeDef.type", "ToolResultBlockTypeDef.*", "ReasoningTextBlockTypeDef.signature", "ContentBlockTypeDef.reasoningContent"),
        reasons.SAFE: ("*.guardContent", "GuardrailConverseTextBlockTypeDef.qualifiers", "GuardrailConfigurationTypeDef*"),
        reasons.PROMPTS: ("DocumentContentBlockTypeDef",),
        reasons.THOUGHTS: ("OutputConfigTypeDef", "OutputConfigTypeDef.effort"),
    },
)  # fmt: skip
