"""The Typer app."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mockllm_cli.contracts import contracts
from mockllm_cli.decode import decode_eventstream
from mockllm_cli.exits import exit_code
from mockllm_cli.generate import generate
from mockllm_cli.usage import Command, Commands
from mockllm_core.asked import MOST_DELAY, MOST_PIECE

__all__ = ["app", "main"]


class ProtocolName(StrEnum):
    """The protocols, for completion and help."""

    openai_chat = "openai-chat"
    openai_responses = "openai-responses"
    anthropic_messages = "anthropic-messages"
    bedrock_converse = "bedrock-converse"
    google_genai = "google-genai"


class LintName(StrEnum):
    """What an answer can be checked as: the protocols, and other roads to their answers."""

    openai_chat = "openai-chat"
    azure_openai = "azure-openai"
    openai_completions = "openai-completions"
    openai_responses = "openai-responses"
    azure_responses = "azure-responses"
    anthropic_messages = "anthropic-messages"
    anthropic_vertex = "anthropic-vertex"
    bedrock_converse = "bedrock-converse"
    bedrock_invoke = "bedrock-invoke"
    google_genai = "google-genai"


class ArgsStyle(StrEnum):
    """Styles of generated arguments."""

    plausible = "plausible"
    fuzz = "fuzz"
    near_miss = "near-miss"


class Compress(StrEnum):
    """Which answers are encoded, where the provider encodes them."""

    whole = "whole"
    all = "all"
    none = "none"


class LogLevel(StrEnum):
    """How much is said on stderr."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class LogFormat(StrEnum):
    """How log lines are written."""

    text = "text"
    json = "json"


class RenderFormat(StrEnum):
    """How rendered frames are shown."""

    wire = "wire"
    json = "json"
    table = "table"


class LintFormat(StrEnum):
    """How findings are shown."""

    text = "text"
    json = "json"


app = typer.Typer(
    name="mockllm",
    cls=Commands,
    help="A mock of five LLM APIs on the wire: exact bytes, no provider, no key, no random answer.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"mockllm {version('mockllm-cli')}")
        raise typer.Exit


@app.callback()
def _mockllm(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(cls=Command)
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 picks a free one.")
    ] = 8080,
    seed: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Same request, same bytes. Without it ids and times are fresh."),
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="ISO8601", help="Time of every answer, e.g. 2026-01-01T00:00:00Z.")
    ] = None,
    reply: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Answer this text instead of the echo.")
    ] = None,
    args: Annotated[ArgsStyle, typer.Option(help="How tool arguments are made.")] = ArgsStyle.plausible,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse keys the provider does not know.")] = False,
    stateless: Annotated[
        bool,
        typer.Option("--stateless", help="Keep nothing between requests: no stored responses, no caches."),
    ] = False,
    delay: Annotated[
        int, typer.Option(min=0, max=MOST_DELAY, metavar="MS", help="Milliseconds between frames.")
    ] = 0,
    piece: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_PIECE, metavar="N", help="Characters a streamed piece; default: as the provider."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=256, metavar="N", help="Processes on the port, each with its own state.")
    ] = 1,
    compress: Annotated[
        Compress, typer.Option(help="Which answers are compressed for clients that accept it.")
    ] = Compress.whole,
    cors: Annotated[bool, typer.Option("--cors", help="Let web pages of any origin call.")] = False,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="Escape all that is not ASCII in what is sent.")
    ] = False,
    tls_cert: Annotated[
        str | None, typer.Option(metavar="FILE", help="Speak TLS with this certificate.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="Its key, when not in the same file.")
    ] = None,
    tls_self_signed: Annotated[
        bool, typer.Option("--tls-self-signed", help="Speak TLS with a certificate made for this run.")
    ] = False,
    log_level: Annotated[LogLevel, typer.Option(help="How much to say on stderr.")] = LogLevel.info,
    log_format: Annotated[
        LogFormat, typer.Option(help="Lines for people or JSON for machines.")
    ] = LogFormat.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the frames that go out.")] = False,
) -> None:
    """Answer all five APIs over HTTP until Ctrl-C.

    Every path tells its API: `/v1/chat/completions`, `/v1/responses`, `/v1/messages`,
    `/model/{id}/converse`, `/v1beta/models/{m}:generateContent` and their relatives. Any key is accepted.

    **Examples**

    `mockllm serve`

    `mockllm serve --port 0 --seed 1`

    `mockllm serve --reply 'All systems go.' --delay 20`
    """
    from mockllm_cli import serve as command

    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other")
    command.serve(
        command.Options(
            host=host,
            port=port,
            seed=seed,
            now=now,
            reply=reply,
            args=args.value,
            strict=strict,
            stateless=stateless,
            delay=delay / 1000,
            piece=piece,
            workers=workers,
            compress=compress.value,
            cors=cors,
            ascii=ascii_only,
            tls_cert=tls_cert,
            tls_key=tls_key,
            tls_self_signed=tls_self_signed,
            log_level=log_level.value,
            log_format="json" if log_format is LogFormat.json else "text",
            quiet=quiet,
            verbose=verbose,
        )
    )


@app.command(cls=Command)
def render(
    protocol: Annotated[ProtocolName, typer.Argument(help="Which API.", metavar="PROTOCOL")],
    request: Annotated[
        str, typer.Argument(help="Request body, a JSON file; - is stdin.", metavar="REQUEST|-")
    ],
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Override the body's own `stream`.")
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="Another model than the request's.")] = "",
    path: Annotated[str, typer.Option(metavar="PATH", help="Another route, e.g. `/model/m/invoke`.")] = "",
    output: Annotated[
        RenderFormat | None,
        typer.Option("--format", help="Default: wire when piped, table on a terminal.", show_default=False),
    ] = None,
    seed: Annotated[str, typer.Option(metavar="TEXT", help="Same request, same bytes.")] = "0",
    now: Annotated[str, typer.Option(metavar="ISO8601", help="Time of the answer.")] = "2026-01-01T00:00:00Z",
    tool_calls: Annotated[
        int, typer.Option(min=1, max=128, metavar="N", help="Tools called in one turn.")
    ] = 1,
    args: Annotated[ArgsStyle, typer.Option(help="How tool arguments are made.")] = ArgsStyle.plausible,
    reply: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Answer this text instead of the echo.")
    ] = None,
    piece: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_PIECE, metavar="N", help="Characters a streamed piece; default: as the provider."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse keys the provider does not know.")] = False,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="Escape all that is not ASCII in what is sent.")
    ] = False,
) -> None:
    """Print the exact bytes that the provider would send for a request, without a server.

    An invalid request prints the provider's error body and exits 1.

    **Examples**

    `mockllm render openai-chat request.json`

    `mockllm render bedrock-converse request.json | mockllm decode-eventstream -`

    `mockllm render google-genai request.json --path '/v1beta/models/gemini-2.5-flash:streamGenerateContent'`
    """
    from mockllm_cli import render as command

    command.render(
        command.Options(
            protocol=protocol.value,
            request=request,
            stream=stream,
            model=model,
            path=path,
            output=None if output is None else output.value,
            seed=seed,
            now=now,
            tool_calls=tool_calls,
            args=args.value,
            reply=reply,
            piece=piece,
            strict=strict,
            ascii_only=ascii_only,
        )
    )


@app.command(cls=Command)
def lint(
    protocol: Annotated[LintName | None, typer.Argument(help="Whose answer.", metavar="PROTOCOL")] = None,
    file: Annotated[
        str | None, typer.Argument(help="A captured answer; - is stdin.", metavar="FILE|-")
    ] = None,
    output: Annotated[
        LintFormat, typer.Option("--format", help="Lines for people or JSON.")
    ] = LintFormat.text,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules with what each protects.")] = False,
) -> None:
    """Check a captured answer of a provider, a gateway or a mock against its protocol's rules.

    It takes raw SSE, a Gemini array, an event-stream dump, a whole JSON body, or a recording (JSON with
    `body_text` or `body_base64`). One finding a line; the exit code is 1 when there is any.

    **Examples**

    `curl -sN … | mockllm lint openai-chat -`

    `mockllm lint azure-openai captured.sse`

    `mockllm lint bedrock-converse dump.bin --format json`

    `mockllm lint --rules anthropic-messages`
    """
    from mockllm_cli import lint as command
    from mockllm_core.registry import PROTOCOLS

    if rules:
        command.list_rules(None if protocol is None else protocol.value, PROTOCOLS)
    elif protocol is None or file is None:
        raise typer.BadParameter("name a PROTOCOL and a FILE, or ask for --rules")
    else:
        command.lint(protocol.value, file, output.value)


@app.command(cls=Command)
def deviations(
    dated: Annotated[bool, typer.Option("--all", help="The providers' older forms too.")] = False,
    output: Annotated[
        LintFormat, typer.Option("--format", help="Lines for people or JSON.")
    ] = LintFormat.text,
) -> None:
    """List where our bytes differ from the providers'.

    **Examples**

    `mockllm deviations`

    `mockllm deviations --all --format json`
    """
    from mockllm_cli import deviations as command

    command.deviations(dated=dated, output=output.value)


app.command(name="decode-eventstream", cls=Command)(decode_eventstream)
app.command(name="generate", cls=Command)(generate)
app.command(cls=Command)(contracts)


def main(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code: 0 well, 1 a clear error, 2 bad usage, 130 Ctrl-C."""
    return exit_code(lambda: app(arguments))
