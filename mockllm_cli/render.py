"""``mockllm render``: the frames of a request, offline."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockllm_cli.errors import CliError
from mockllm_cli.files import read_json
from mockllm_cli.times import instant
from mockllm_core import engine
from mockllm_core.escaped import escaped, escaped_frame

if TYPE_CHECKING:
    from mockllm_core.frame import Frame

__all__ = ["Options", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said; see ``mockllm render --help``."""

    protocol: str
    request: str
    stream: bool | None
    model: str
    path: str
    output: str | None
    seed: str
    now: str
    tool_calls: int
    args: Literal["plausible", "fuzz", "near-miss"]
    reply: str | None
    piece: int | None
    strict: bool
    ascii_only: bool


def render(options: Options) -> None:
    """Write the frames to stdout; a refused request prints the provider's error body and exits 1."""
    settings = engine.Settings(
        seed=options.seed,
        reply=options.reply,
        strict=options.strict,
        args=options.args,
        tool_calls=options.tool_calls,
        piece=options.piece,
    )
    body = read_json(options.request)
    try:
        frames = engine.render(
            options.protocol,
            body,
            now=instant(options.now),
            stream=options.stream,
            model=options.model,
            path=options.path,
            settings=settings,
        )
    except engine.Refused as refused:
        response = escaped(refused.response) if options.ascii_only else refused.response
        body_sent = response.body or b""
        sys.stdout.buffer.write(body_sent)
        if sys.stdout.isatty() and not body_sent.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.flush()
        # the provider's own sentence stands in the body
        raise CliError(f"{options.protocol} refuses the request with status {response.status}") from None
    if options.ascii_only:
        frames = [escaped_frame(frame) for frame in frames]
    show(frames, options.output or ("table" if sys.stdout.isatty() else "wire"))


def show(frames: list[Frame], output: str) -> None:
    """Write frames as exact bytes, as a JSON object a line, or as a table."""
    if output == "wire":
        for frame in frames:
            sys.stdout.buffer.write(frame.wire)
        sys.stdout.buffer.flush()
    elif output == "json":
        offset = 0
        for index, frame in enumerate(frames):
            line = {
                "index": index,
                "event": frame.event,
                "offset": offset,
                "size": len(frame.wire),
                "payload": frame.payload,
            }
            print(json.dumps(line, ensure_ascii=True))  # noqa: T201 - the product
            offset += len(frame.wire)
    else:
        from mockllm_cli.console import frames_table

        frames_table(frames)
