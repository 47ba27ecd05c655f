"""What OpenAI runs itself: code, pictures, and commands in a container of its own.

A code interpreter as recorded in September and October 2025 (vercel/ai ``openai-code-interpreter-tool.1``), its outputs
where ``include`` names them. A picture as recorded of gpt-5-mini in September 2026 (pydantic/pydantic-ai
``test_openai_responses_image_generation_store_false``), its events in September 2025 (vercel/ai
``openai-image-generation-tool.1.chunks.txt``). A hosted shell as recorded of gpt-5.2 in March 2026 (pydantic/pydantic-ai
``test_openai_responses_hosted_shell_with_uploaded_file_stream``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.protocols.openai_responses.calls import called, deltas, event, started, steps
from mockllm_core.protocols.openai_responses.offered import tool_name
from mockllm_core.tokens import cut

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted
    from mockllm_core.reply import Opaque

__all__ = ["code", "command", "picture"]

_OUTPUTS = "code_interpreter_call.outputs"
COMMAND = "echo hello"


def code(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a run of Python that prints what the user said."""
    text = f"print({wanted.query!r})\n"
    container = tool.get("container")
    shown = _OUTPUTS in wanted.include
    item: dict[str, Json] = {
        "id": "ci_",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": text,
        "container_id": container if isinstance(container, str) else "",
        "outputs": [{"type": "logs", "logs": f"{wanted.query}\n"}] if shown else None,
    }
    events = [
        event("code_interpreter_call.in_progress"),
        *deltas("code_interpreter_call_code.delta", cut(text)),
        event("code_interpreter_call_code.done", code=text),
        *steps("code_interpreter_call", ("interpreting", "completed")),
    ]
    begun = started(item) | {"code": "", "outputs": [] if shown else None}
    own = () if isinstance(container, str) else (("container_id",),)
    return Hosted(name=tool_name(tool), blocks=(called(item, begun, events, text, own),))


_PICTURES = {
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC",
    "jpeg": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AR//Z",
    "webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
    "gif": "R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==",
    "svg": "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIxIiBoZWlnaHQ9IjEiLz4=",
}
"""One pixel, whatever was asked for."""
_USUAL = {"background": "opaque", "output_format": "png", "quality": "medium", "size": "1024x1024"}
"""What ``auto`` comes to."""


def picture(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a picture of one pixel, and as many in between as were asked for."""
    told = {key: _settled(tool, key) for key in _USUAL}
    drawn = _PICTURES.get(told["output_format"], _PICTURES["png"])
    item: dict[str, Json] = {
        "id": "ig_",
        "type": "image_generation_call",
        "status": "completed",
        "action": "generate" if tool.get("action") in (None, "auto") else tool["action"],
        "background": told["background"],
        "output_format": told["output_format"],
        "quality": told["quality"],
        "result": drawn,
        "revised_prompt": wanted.query,
        "size": told["size"],
    }
    between = [
        event("image_generation_call.partial_image", partial_image_b64=drawn, partial_image_index=nth, **told)
        for nth in range(tool.get("partial_images") or 0)
    ]
    before, after = ("in_progress", "generating"), ("completed",)
    events = [*steps("image_generation_call", before), *between, *steps("image_generation_call", after)]
    late = [key for key in item if key not in ("id", "type", "status")]
    return Hosted(name=tool_name(tool), blocks=(called(item, started(item, *late), events, wanted.query),))


def _settled(tool: dict[str, Json], key: str) -> str:
    given = tool.get(key)
    return _USUAL[key] if given in (None, "auto") else str(given)


def command(environment: Json) -> tuple[Opaque, ...]:
    """Return a command that is run in a container of OpenAI's, and what it printed."""
    name = environment.get("container_id")
    where = {"type": "container_reference", "container_id": name or ""}
    own = (("call_id",), *(() if name else (("environment", "container_id"),)))
    printed = {"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": "hello\n"}
    item: dict[str, Json] = {
        "id": "sho_",
        "type": "shell_call_output",
        "status": "completed",
        "call_id": "",
        "max_output_length": None,
        "output": [printed],
    }
    events = [
        event("shell_call_output_content.delta", command_index=0, delta={"stdout": printed["stdout"]}),
        event("shell_call_output_content.done", command_index=0, output=[printed]),
    ]
    output = called(item, started(item) | {"output": []}, events, "", (("call_id",),))
    return shell({"environment": where}, own), output


def shell(more: dict[str, Json], own: tuple[tuple[str, ...], ...]) -> Opaque:
    """Return a call of a shell; ``more`` says where it runs, where that is known."""
    action = {"commands": [COMMAND], "max_output_length": None, "timeout_ms": None}
    item: dict[str, Json] = {
        "id": "sh_",
        "type": "shell_call",
        "status": "completed",
        "action": action,
        "call_id": "",
        **more,
    }
    events = [
        _unnamed("shell_call_command.added", command="", command_index=0),
        *(
            _unnamed("shell_call_command.delta", command_index=0, delta=piece, obfuscation=None)
            for piece in cut(COMMAND)
        ),
        _unnamed("shell_call_command.done", command=COMMAND, command_index=0),
    ]
    return called(item, started(item) | {"action": action | {"commands": []}}, events, COMMAND, own)


def _unnamed(name: str, **told: Json) -> dict[str, Json]:
    """Return an event that does not name its item."""
    made = event(name, **told)
    del made["item_id"]
    return made
