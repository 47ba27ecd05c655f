"""What the readers hold tools of OpenAI's own to: their events, and the order of their items' keys.

As recorded in public projects between September 2025 and September 2026: vercel/ai (``packages/openai/src/responses/
__fixtures__``) and pydantic/pydantic-ai (``tests/models/cassettes/test_openai_responses``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["ITEMS", "LISTED", "carried_faults", "item_faults"]

LISTED = "mcp_list_tools"
"""The one kind of item of which several are open at once: servers are asked together (June 2026, pydantic/pydantic-ai
``test_openai_responses_model_mcp_list_tools_stream_backfills_missing_results.yaml``)."""

_PLACE = "item_id output_index sequence_number"
_IMAGE = "background output_format partial_image_b64 partial_image_index quality size"
_STEPS = {
    "web_search_call": "in_progress searching completed",
    "file_search_call": "in_progress searching completed",
    "code_interpreter_call": "in_progress interpreting completed",
    "image_generation_call": "in_progress generating completed",
    "mcp_call": "in_progress completed failed",
    "mcp_list_tools": "in_progress completed failed",
}
SENT: dict[str, tuple[str, str]] = {
    f"response.{kind}.{step}": (kind, _PLACE) for kind, steps in _STEPS.items() for step in steps.split()
} | {
    "response.code_interpreter_call_code.delta": (
        "code_interpreter_call",
        f"{_PLACE} delta obfuscation",
    ),
    "response.code_interpreter_call_code.done": ("code_interpreter_call", f"{_PLACE} code"),
    "response.image_generation_call.partial_image": ("image_generation_call", f"{_PLACE} {_IMAGE}"),
    "response.mcp_call_arguments.delta": ("mcp_call", f"{_PLACE} delta obfuscation"),
    "response.mcp_call_arguments.done": ("mcp_call", f"{_PLACE} arguments"),
    "response.shell_call_command.added": (
        "shell_call",
        "command command_index output_index sequence_number",
    ),
    "response.shell_call_command.delta": (
        "shell_call",
        "command_index delta obfuscation output_index sequence_number",
    ),
    "response.shell_call_command.done": (
        "shell_call",
        "command command_index output_index sequence_number",
    ),
    "response.shell_call_output_content.delta": ("shell_call_output", f"{_PLACE} command_index delta"),
    "response.shell_call_output_content.done": ("shell_call_output", f"{_PLACE} command_index output"),
    "response.apply_patch_call_operation_diff.delta": ("apply_patch_call", f"{_PLACE} delta obfuscation"),
    "response.apply_patch_call_operation_diff.done": ("apply_patch_call", f"{_PLACE} diff"),
}
"""Event -> the kind of item it belongs to, and its keys beside ``type``."""

ITEMS = {
    "web_search_call": ("ws_", "id type status action"),
    "file_search_call": ("fs_", "id type status queries results"),
    "code_interpreter_call": ("ci_", "id type status code container_id outputs"),
    "image_generation_call": (
        "ig_",
        "id type status action background output_format quality result revised_prompt size",
    ),
    "mcp_list_tools": ("mcpl_", "id type server_label tools"),
    "mcp_call": ("mcp_", "id type status approval_request_id arguments error name output server_label"),
    "mcp_approval_request": ("mcpr_", "id type arguments name server_label"),
    "shell_call": ("sh_", "id type status action call_id environment"),
    "shell_call_output": ("sho_", "id type status call_id max_output_length output"),
    "apply_patch_call": ("apc_", "id type status call_id operation"),
    "computer_call": ("cu_", "id type status action actions call_id pending_safety_checks"),
    "tool_search_call": ("tsc_", "id type status arguments call_id execution"),
    "tool_search_output": ("tso_", "id type status call_id execution tools"),
    "program": ("cm_", "id type call_id code fingerprint"),
    "program_output": ("cmo_", "id type status call_id result"),
}
"""Kind of item -> the prefix of its id, and its keys in order; what a call has not yet, or nobody asked for, is left out."""


def carried_faults(payload: dict[str, Json], kind: str, *, ordered: bool) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an event of a tool, told in an item of that kind, its keys ``ordered`` or not."""
    name = payload["type"]
    if name not in SENT:
        return
    owner, known = SENT[name]
    if kind != owner:
        yield "responses-order", f"{name} comes in a {kind} item"
    wanted = {"type", *known.split()}
    missing, unknown = sorted(wanted - set(payload) - {"obfuscation"}), sorted(set(payload) - wanted)
    if missing:
        yield "responses-keys", f"{name} lacks {', '.join(missing)}"
    if unknown:
        yield "responses-keys", f"{name} has {', '.join(unknown)}, which the provider does not send"
    if ordered and list(payload) != sorted(payload, key=lambda key: (key != "type", key)):
        yield "responses-key-order", f"the keys of {name} are not in order: {', '.join(payload)}"


def told_faults(events: list[dict[str, Json]], item: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what the events of a finished item told: their order, and texts that come in pieces."""
    kind = item.get("type")
    order = [name for name, (owner, _) in SENT.items() if owner == kind]
    met = [_ORDER.get(str(one.get("type")), 0) for one in events if one.get("type") in order]
    if kind != "shell_call" and met != sorted(met):
        yield "responses-order", f"the events of the {kind} item are not in order"
    pieces: dict[Json, str] = {}
    for one in events:
        name, place = str(one.get("type")), one.get("command_index")
        if name.endswith(".delta") and isinstance(one.get("delta"), str):
            pieces[place] = pieces.get(place, "") + one["delta"]
            noise = one.get("obfuscation")
            if noise is not None and len(str(noise)) != -len(one["delta"]) % 16:
                yield "responses-obfuscation", f"the obfuscation of {one['delta']!r} is {noise!r}"
        told = next((one[key] for key in ("code", "arguments", "diff", "command") if key in one), None)
        if name.endswith(".done") and told is not None:
            if pieces.get(place, "") != told:
                yield "responses-text", f"{name} does not repeat the deltas"
            if _said(item, place) != told:
                yield "responses-text", f"the finished {kind} item does not repeat {name}"


_ORDER = {
    f"response.{name}": nth
    for nth, names in enumerate(
        (
            *("web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"),
            *("file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed"),
            "code_interpreter_call.in_progress",
            *("code_interpreter_call_code.delta", "code_interpreter_call_code.done"),
            *("code_interpreter_call.interpreting", "code_interpreter_call.completed"),
            *("image_generation_call.in_progress", "image_generation_call.generating"),
            *("image_generation_call.partial_image", "image_generation_call.completed"),
            *("mcp_list_tools.in_progress", "mcp_list_tools.completed mcp_list_tools.failed"),
            *("mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done"),
            "mcp_call.completed mcp_call.failed",
            *("shell_call_output_content.delta", "shell_call_output_content.done"),
            *("apply_patch_call_operation_diff.delta", "apply_patch_call_operation_diff.done"),
        )
    )
    for name in names.split()
}
"""Events in the order in which an item has them; a shell's come once for each command."""


def _said(item: dict[str, Json], place: Json) -> Json:
    """Return the text that a finished call holds: its code, arguments, patch, or the command at that place."""
    match item.get("type"):
        case "code_interpreter_call":
            return item.get("code")
        case "mcp_call":
            return item.get("arguments")
        case "apply_patch_call":
            return (item.get("operation") or {}).get("diff")
        case _:
            commands = (item.get("action") or {}).get("commands") or []
            return commands[place] if isinstance(place, int) and 0 <= place < len(commands) else None


def item_faults(item: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the keys of a tool's item."""
    name = item["type"]
    known = ITEMS[name][1].split()
    unknown = sorted(set(item) - {*known, "created_by"})
    if unknown:
        yield "responses-keys", f"the {name} item has {', '.join(unknown)}, which the provider does not send"
    elif list(item) != [key for key in [*known, "created_by"] if key in item]:
        yield "responses-key-order", f"the keys of the {name} item are not in order: {', '.join(item)}"
