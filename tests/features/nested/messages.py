"""Messages: what is decided of its nested options."""

from __future__ import annotations

from features.asks import HELLO, MESSAGES
from features.nested import reasons
from features.nested.walk import SLOT, Api

_SAID = {"role": "user", "content": HELLO}
_ID = "some_text_of_its_own"
_TOOL = {"name": _ID, "input_schema": {"type": "object"}}
_CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": _ID, "name": _ID, "input": {}}]}
_DONE = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": _ID}]}

API = Api(
    column=MESSAGES,
    values={
        "input_schema": {"type": "object"},
        "BetaBase64ImageSourceParam.data": "AAAA", "BetaBase64ImageSourceParam.data!": "BBBB",
        "BetaBase64PDFSourceParam.data": "AAAA", "BetaBase64PDFSourceParam.data!": "BBBB",
        "BetaUserMessageParam.content": _ID,
        "BetaAssistantMessageParam.content": _ID,
        "BetaUserMessageParam.content!": HELLO,
        "BetaAssistantMessageParam.content!": HELLO,
    },
    within={
        "BetaAssistantMessageParam": {"messages": [_SAID, SLOT, _SAID]},
        "BetaSystemMessageParam": {"messages": [_SAID, SLOT]},
        "BetaToolUseBlockParam": {"tools": [_TOOL], "messages": [_SAID, {"role": "assistant", "content": [SLOT]}, _DONE]},
        "BetaToolResultBlockParam": {"tools": [_TOOL], "messages": [_SAID, _CALL, {"role": "user", "content": [SLOT]}]},
        "BetaToolSearchToolSearchResultBlockParam": {"tools": [_TOOL], "messages": [_SAID, {"role": "assistant", "content": [{"type": "tool_search_tool_result", "tool_use_id": _ID, "content": SLOT}]}, _SAID]},
        "BetaToolChoice*": {"tools": [_TOOL], "tool_choice": SLOT},
        "BetaContainerParams": {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}], "container": SLOT},
    },
    beside={"BetaSystemMessageParam": {"content": [{"type": "text", "text": _ID}]}},
    models={"*20241022Param*": "claude-3-5-sonnet-20241022", "*ComputerUse20251124Param*": "claude-opus-4-6", "BetaToolTextEditor202501*": "claude-sonnet-4-20250514", "BetaToolTextEditor202504*": "claude-sonnet-4-20250514", "BetaSystemMessage*": "claude-opus-4-8", "BetaOutputConfigParam.effort": "claude-opus-4-6", "BetaThinkingConfigAdaptiveParam*": "claude-opus-4-6", "BetaThinkingBlockBinding*": "claude-opus-4-6"},
    last=("BetaAssistantMessageParam", "BetaSystemMessageParam"),
    silent={
        reasons.CLIENTS: ("BetaBrowserToolset*", "BetaComputerToolset*", "BetaMemoryTool*", "BetaToolBash*", "BetaToolComputerUse*", "BetaToolTextEditor*"),
        reasons.MADE_UP: ("BetaAdvisorTool2*", "BetaMCPTool*", "BetaRequestMCPServer*", "BetaToolSearchTool*", "BetaCodeExecutionTool2*.*", "BetaWeb*Tool2*", "BetaWebFetchURLSourcesParam.*", "BetaUserLocationParam.*"),
        reasons.OFFERED: ("BetaToolParam.*",),
        reasons.LONG: ("BetaSystemMessageParam.clear_at", "context_management*", "BetaTokenTaskBudgetParam*", "BetaOutputConfigParam.task_budget"),
        reasons.FALLBACK: ("BetaFallback*",),
        reasons.KEPT: ("BetaBillingPolicyParam*", "BetaMetadataParam*", "BetaDiagnosticsParam*", "BetaThreadCreateParams"),
        reasons.CITES: ("*.citations", "BetaCitation*"),
        reasons.THOUGHTS: ("BetaOutputConfigParam*", "BetaThinkingConfig*", "BetaThinkingBlockBindingParam.*", "BetaSystemMessageParam.output_config", "BetaSystemMessageOutputConfigParam.*"),
        reasons.USUAL: ("BetaToolChoice*", "BetaContainerParams"),
        reasons.KINDS: ("Beta*SourceParam.*", "BetaImageBlockParam.*", "BetaImageTransformationsParam.*", "BetaRequestDocumentBlockParam.*", "BetaContainerUploadBlockParam.*"),
        reasons.SENT_BACK: ("messages.content*",),
    },
)  # fmt: skip
