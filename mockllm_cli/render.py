"""``mockllm render``: the frames of a request, offline."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mockllm_cli.errors import CliError
from mockllm_cli.files import not_json, read_bytes
from mockllm_cli.times import instant
from mockllm_core import engine, jsontext, offline
from mockllm_core.escaped import escaped, escaped_frame
from mockllm_core.record import record
from mockllm_core.registry import find

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Frame

__all__ = ["Options", "render"]


@record(kw_only=True)
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
    data = read_bytes(options.request)
    now = instant(options.now)
    try:
        body = jsontext.parse(data)
    except ValueError as error:
        request = offline.request_for(find(options.protocol), {}, stream=options.stream, path=options.path)
        _show_refusal(engine.Engine(settings).answer(replace(request, body=data), now=now), options)
        raise not_json(options.request, data, error) from None
    try:
        frames = offline.render(
            options.protocol,
            body,
            now=now,
            stream=options.stream,
            model=options.model,
            path=options.path,
            settings=settings,
        )
    except offline.Refused as refused:
        _show_refusal(refused.response, options)
        # the provider's own sentence stands in the body
        status = refused.response.status
        raise CliError(f"{options.protocol} refuses the request with status {status}") from None
    if options.ascii_only:
        frames = [escaped_frame(frame) for frame in frames]
    show(frames, options.output or ("table" if sys.stdout.isatty() else "wire"))


def _show_refusal(response: HttpResponse, options: Options) -> None:
    """Write the body of a provider's error."""
    body = (escaped(response) if options.ascii_only else response).body or b""
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and not body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


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
