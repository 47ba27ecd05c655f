"""Responses: what is decided of its nested options."""

from __future__ import annotations

from features.asks import HELLO, RESPONSES
from features.nested import reasons
from features.nested.walk import SLOT, Api

_SAID = {"role": "user", "content": HELLO}
_ID = "some_text_of_its_own"
_TOOL = {"type": "function", "name": _ID, "parameters": {"type": "object", "properties": {}}}
_CALL = {"type": "function_call", "call_id": _ID, "name": _ID, "arguments": "{}"}
_CUSTOM = {"type": "custom_tool_call", "call_id": _ID, "name": _ID, "input": "a"}
_DONE = {"type": "function_call_output", "call_id": _ID, "output": "done"}

_PATCH = {
    "type": "apply_patch_call",
    "call_id": _ID,
    "status": "completed",
    "operation": {"type": "delete_file", "path": "a"},
}
_PATCHED = {"type": "apply_patch_call_output", "call_id": _ID, "status": "completed"}
_CLICK = {
    "type": "computer_call",
    "id": "cu_1",
    "call_id": _ID,
    "status": "completed",
    "pending_safety_checks": [],
}
_SCREEN = {"type": "computer_call_output", "call_id": _ID, "output": {"type": "computer_screenshot"}}
_SHELL = {"type": "shell_call", "call_id": _ID, "action": {"commands": ["ls"]}}
_LISTED = {"type": "shell_call_output", "call_id": _ID, "output": []}
_LOCAL = {"type": "local_shell_call_output", "id": _ID, "call_id": _ID, "output": "a"}

API = Api(
    column=RESPONSES,
    values={
        "CustomToolParam.format": {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'},
        "Grammar": {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'},
        "Grammar.definition": 'start: "a"',
        "Grammar.definition!": 'start: "b"',
        "include_obfuscation": False,
        "ResponseInputImageParam.image_url": "https://example.com/a.png",
        "ResponseInputImageContentParam.image_url": "https://example.com/a.png",
        "ResponseInputFileParam.file_data": "data:text/plain;base64,AAAA",
        "arguments": "{}",
        "phase": "commentary",
        "schema": {"type": "object", "properties": {"a": {"const": 1}}},
    },
    within={
        "ApplyPatchCall": {"input": [_SAID, SLOT, _PATCHED]},
        "ApplyPatchCallOutput": {"input": [_SAID, _PATCH, SLOT]},
        "ResponseComputerToolCallParam": {"input": [_SAID, SLOT, _SCREEN]},
        "ComputerCallOutput": {"input": [_SAID, _CLICK, SLOT]},
        "ShellCall": {"input": [_SAID, SLOT, _LISTED]},
        "ShellCallOutput": {"input": [_SAID, _SHELL, SLOT]},
        "LocalShellCall": {"input": [_SAID, SLOT, _LOCAL]},
        "FunctionCallOutput": {"input": [_SAID, _CALL, SLOT]},
        "ResponseFunctionToolCallParam": {"input": [_SAID, SLOT, _DONE]},
        "ResponseCustomToolCallParam": {"input": [_SAID, SLOT, {**_DONE, "type": "custom_tool_call_output"}]},
        "ResponseCustomToolCallOutputParam": {"input": [_SAID, _CUSTOM, SLOT]},
        "CompactionTrigger": {"input": [_SAID, SLOT]},
        "ContextManagement": {"input": "word " * 999, "context_management": [SLOT]},
        "ResponseFormatJSONObject": {"input": "Say it in JSON.", "text": {"format": SLOT}},
        "ResponseTextConfigParam": {"input": "Say it in JSON.", "text": SLOT},
        "ToolChoiceFunctionParam": {"tools": [_TOOL], "tool_choice": SLOT},
        "ToolChoiceCustomParam": {"tools": [{"type": "custom", "name": _ID}], "tool_choice": SLOT},
        "ToolChoiceAllowedParam": {"tools": [{**_TOOL, "name": "other"}, _TOOL], "tool_choice": SLOT},
    },
    beside={
        "FunctionCallOutput": {"call_id": _ID},
        "ContextManagement": {"type": "compaction", "compact_threshold": 1000},
        "Mcp": {"server_url": "https://example.com/mcp"},
        "ResponseInputFileParam": {"file_url": "https://example.com/a.pdf"},
        "ResponseInputImageParam": {"file_id": "file-1"},
        "ResponseInputImageContentParam": {"file_id": "file-1"},
    },
    models={"ComputerUsePreview*": "computer-use-preview", "reasoning.Reasoning*": "gpt-5", "ResponseTextConfigParam.verbosity": "gpt-5", "Moderation*": "gpt-5"},
    streamed=("StreamOptions",),
    silent={
        reasons.KEPT: ("AccessPrograms*", "CompactionTrigger.id", "Mcp.authorization", "Mcp.headers"),
        reasons.SOUND: ("image*",),
        reasons.AT_ONCE: ("background_options*",),
        reasons.CACHES: ("PromptCacheOptions*", "*rompt_cache_breakpoint*", "*PromptCacheBreakpoint*"),
        reasons.SAFE: ("Moderation*.*",),
        reasons.KINDS: ("ResponseInputFileParam.*", "ResponseInputImage*Param*"),
        reasons.VALID: ("FunctionToolParam.strict",),
        reasons.USUAL: (
            *("reasoning.Reasoning", "StreamOptions", "ResponseTextConfigParam"),
            *("FileSearchToolParam.ranking_options", "RankingOptions.ranker", "web_search_tool_param.UserLocation.type"),
            *("ImageGeneration.action", "ImageGeneration.background", "ImageGeneration.moderation", "ImageGeneration.quality"),
            "Mcp.require_approval",
        ),
        reasons.MADE_UP: ("ContainerAutoParam.*", "InlineSkill*", "SkillReferenceParam.*"),
        reasons.NAMES: ("EasyInputMessageParam.*",),
        reasons.SENT_BACK: ("input.*", "input"),
    },
)  # fmt: skip
