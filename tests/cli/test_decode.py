"""``mockllm decode-eventstream``: what it prints, what it says of a fault, and that it lives in constant memory."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_cli.decode import DecodeFormat, decode, decode_eventstream
from mockllm_cli.errors import CliError
from mockllm_core import errors
from mockllm_core.eventstream import Header, Message, encode, error, event, exception

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON, TABLE, PAYLOAD = DecodeFormat.json, DecodeFormat.table, DecodeFormat.payload
PING = event("ping", b'{"n":1}').wire


def shown(wire: bytes, output: DecodeFormat = JSON) -> str:
    out = io.StringIO()
    decode(io.BytesIO(wire), out, output=output)
    return out.getvalue()


def objects(wire: bytes) -> list[dict[str, Any]]:
    text = shown(wire)
    assert text.isascii()
    assert text.isprintable() or set(filter(lambda letter: not letter.isprintable(), text)) == {"\n"}
    return [json.loads(line) for line in text.splitlines()]


def inside(payload: bytes) -> dict[str, Any]:
    """Return the JSON line of one event with that payload."""
    [found] = objects(event("x", payload).wire)
    return found


def test_a_json_line_holds_place_headers_with_types_and_payload() -> None:
    assert shown(PING + PING) == (
        '{"offset":0,"total_length":97,"headers":{":event-type":{"type":"string","value":"ping"},'
        '":content-type":{"type":"string","value":"application/json"},'
        '":message-type":{"type":"string","value":"event"}},"payload":{"n":1}}\n'
        '{"offset":97,"total_length":97,"headers":{":event-type":{"type":"string","value":"ping"},'
        '":content-type":{"type":"string","value":"application/json"},'
        '":message-type":{"type":"string","value":"event"}},"payload":{"n":1}}\n'
    )


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (Header("h", "boolean", True), True),
        (Header("h", "boolean", False), False),
        (Header("h", "byte", -128), -128),
        (Header("h", "short", 32_767), 32_767),
        (Header("h", "integer", -(2**31)), -(2**31)),
        (Header("h", "long", 2**63 - 1), 2**63 - 1),
        (Header("h", "byte_array", b"\x00\xff"), "AP8="),
        (Header("h", "string", "é\x1b\x7f\x9b\u202e"), "é\x1b\x7f\x9b\u202e"),
        (
            Header("h", "timestamp", datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
            "2026-01-01T00:00:00.001Z",
        ),
        (Header("h", "timestamp", datetime(2026, 1, 1, tzinfo=UTC)), "2026-01-01T00:00:00.000Z"),
        (Header("h", "timestamp", -(2**63)), -(2**63)),
        (Header("h", "uuid", "01020304-0506-0708-090a-0b0c0d0e0f10"), "01020304-0506-0708-090a-0b0c0d0e0f10"),
    ],
    ids=repr,
)
def test_each_header_type_has_its_json(header: Header, value: object) -> None:
    [found] = objects(encode(Message((header,), b"0")))
    assert found["headers"] == {"h": {"type": header.type, "value": value}}


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b"null", None),
        (b'"\xc3\xa9\xf0\x9f\x98\x80"', "é😀"),
        (b'{\r\n\t"a": [1,\n2]\n}', {"a": [1, 2]}),
        (b'"\\u001b[31m\x7f\xc2\x9b"', "\x1b[31m\x7f\x9b"),
        (b'"\\ud800"', "\ud800"),
        (b'"\xe2\x80\xae\xe2\x80\xa8"', "\u202e\u2028"),
    ],
)
def test_a_json_payload_is_a_value_in_one_ascii_line(payload: bytes, value: object) -> None:
    assert inside(payload)["payload"] == value


def test_a_json_payload_keeps_its_own_spelling() -> None:
    payload = b'{"b":1.50,"a":1E400,"a":' + b"9" * 5000 + b"}"
    assert payload.decode() in shown(event("x", payload).wire)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\x00",
        b"NaN",
        b'{"a":Infinity}',
        b'{"a":"\x1b"}',
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
    ],
    ids=["empty", "bytes", "NaN", "Infinity", "raw escape", "two values", "byte order mark", "deep"],
)
def test_a_payload_that_is_not_json_is_base64(payload: bytes) -> None:
    found = inside(payload)
    assert "payload" not in found
    assert base64.b64decode(found["payload_base64"]) == payload


def test_the_json_inside_an_invoke_chunk_is_shown_beside_it() -> None:
    held = base64.b64encode(b'{"type":"message_stop"}').decode()
    found = inside(f'{{"bytes":"{held}","p":"abc"}}'.encode())
    assert found["payload"] == {"bytes": held, "p": "abc"}
    assert found["decoded"] == {"type": "message_stop"}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"bytes":"!!!"}',
        b'{"bytes":"AP8="}',
        b'{"bytes":"e3!0="}',
        b'{"bytes":12345678}',
        b'["bytes"]',
        b'{"bytes":null}',
    ],
)
def test_bytes_that_hold_no_json_are_left_alone(payload: bytes) -> None:
    found = inside(payload)
    assert "decoded" not in found
    assert found["payload"] == json.loads(payload)


def test_exceptions_and_errors_are_named_as_such() -> None:
    [failed, broken] = objects(
        exception("throttlingException", b'{"message":"slow"}').wire + error("InternalError", "why").wire
    )
    assert (failed["exception"], failed["payload"]) == ("throttlingException", {"message": "slow"})
    assert (broken["error"], broken["payload_base64"]) == ("InternalError", "")
    assert broken["headers"][":error-message"] == {"type": "string", "value": "why"}


def test_payloads_come_one_a_line() -> None:
    wire = event("x", b'{"a":\n"\xc3\xa9"}').wire + error("X", "why").wire + event("x", b"a\nb\x1b\xff").wire
    assert shown(wire, PAYLOAD) == '{"a": "é"}\n\na\\nb\\x1b\\xff\n'


HOSTILE = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0), 0x202E, 0x2028, 0x2066]))


@pytest.mark.parametrize("output", DecodeFormat)
def test_no_control_character_reaches_the_terminal(output: DecodeFormat) -> None:
    wire = b"".join(
        [
            encode(Message((Header(HOSTILE, "string", HOSTILE),), HOSTILE.encode())),
            event(HOSTILE, json.dumps(HOSTILE, ensure_ascii=False).encode()).wire,
            event("x", b'"' + "\x7f\x9b\u202e".encode() + b'"').wire,
            exception(HOSTILE, HOSTILE.encode()).wire,
            error(HOSTILE, HOSTILE).wire,
        ]
    )
    assert not set(shown(wire, output)) & set(HOSTILE) - {"\n"}


def test_the_table_has_a_row_a_message_and_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    held = base64.b64encode(b'{"type":"message_stop"}').decode()
    wire = (
        PING
        + event("chunk", f'{{"bytes":"{held}"}}'.encode()).wire
        + exception("slow", b'{"message":"\xe6\xbc\xa2' + b"\xe5\xad\x97" * 40 + b'"}').wire
        + error("X", "why").wire
        + encode(Message((Header("n", "byte", 7),), b"\x00\xff"))
    )
    assert shown(wire, TABLE).splitlines() == [
        "    offset    bytes  event                     payload",
        '         0       97  ping                      {"n":1}',
        '        97      135  chunk                     {"type":"message_stop"}',
        '       232      235  exception slow            {"message":"漢字字字字字字字字字…',
        '       467       75  error X                   :error-message="why" ',
        "       542       22  -                         n=7 \\x00\\xff",
        "5 messages, 564 bytes",
    ]


@pytest.mark.parametrize("output", DecodeFormat)
def test_nothing_in_nothing_out(output: DecodeFormat) -> None:
    assert shown(b"", output) == ""


@pytest.mark.parametrize(("output", "lines"), [(JSON, 2), (PAYLOAD, 2), (TABLE, 4)])
def test_all_whole_messages_come_before_the_fault(output: DecodeFormat, lines: int) -> None:
    wire = bytearray(PING * 3)
    wire[-1] ^= 1
    out = io.StringIO()
    with pytest.raises(errors.MessageChecksumMismatch) as caught:
        decode(io.BytesIO(bytes(wire)), out, output=output)
    assert caught.value.offset == 194
    assert len(out.getvalue().splitlines()) == lines


class Pieces(io.RawIOBase):
    """A stream that gives what it is made of, piece by piece, and counts."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


@pytest.mark.parametrize("output", DecodeFormat)
def test_what_a_read_brought_is_flushed_before_the_next(output: DecodeFormat) -> None:
    class Flushed(io.StringIO):
        seen = ""

        def flush(self) -> None:
            self.seen = self.getvalue()

    out = Flushed()

    def pieces() -> Iterator[bytes]:
        for end in range(10, len(PING), 10):
            yield PING[end - 10 : end]
            assert out.seen == ""
        yield PING[90:]
        assert '{"n":1}' in out.seen

    decode(Pieces(pieces()), out, output=output)  # type: ignore[arg-type]


@pytest.mark.parametrize("output", DecodeFormat)
def test_an_endless_stream_takes_constant_memory(output: DecodeFormat) -> None:
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    wire = event("contentBlockDelta", b'{"delta":{"text":"abc"}}').wire * 2_000
    size = 50_021

    def peak(times: int) -> int:
        """Return the most memory taken by that many pieces, none of which ends where a message does."""
        stream = (wire[start : start + size] for _ in range(times) for start in range(0, len(wire), size))
        tracemalloc.start()
        try:
            decode(Pieces(stream), Nowhere(), output=output)  # type: ignore[arg-type]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(10) < peak(2) + 20_000


def test_a_stream_that_cannot_be_read_is_one_sentence() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(CliError, match="cannot read the input: Input/output error"):
        decode(Broken(), io.StringIO(), output=JSON)  # type: ignore[arg-type]


PROGRAM = textwrap.dedent("""
    import sys
    import typer
    from mockllm_cli.decode import decode_eventstream
    from mockllm_core.errors import MockllmError
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(decode_eventstream)
    try:
        app()
    except MockllmError as error:
        print(f"mockllm: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))
""")
"""The command in a process of its own, with the funnel that ``mockllm`` has."""


def run(*arguments: str, stdin: bytes = b"", **options: Any) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        input=stdin,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        timeout=60,
        **options,
    )
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


def test_a_file_and_a_pipe_give_the_same_lines(tmp_path: Path) -> None:
    dump = tmp_path / "dump.bin"
    dump.write_bytes(PING * 2)
    assert run(str(dump)) == run("-", stdin=PING * 2) == (0, shown(PING * 2), "")


@pytest.mark.parametrize(
    ("wire", "line"),
    [
        (
            PING + PING[:20],
            "Truncated: message at byte 97: the input ends after 20 of 97 bytes (at byte 117)",
        ),
        (
            PING + encode(Message((Header("n", "byte", 1),)))[:12] + b"xxxxxxxx",
            "MessageChecksumMismatch: message at byte 97: the message's CRC-32 is 0x78787878, its bytes give 0x",
        ),
        (
            b"\x00\x00\x00\x10 / HTTP/1.1\r\n",
            "PreludeChecksumMismatch: message at byte 0: the prelude's CRC-32 is 0x5454502f, its bytes give 0x",
        ),
    ],
    ids=["cut", "checksum", "no event stream"],
)
def test_a_fault_is_one_line_with_its_place_and_exit_1(wire: bytes, line: str) -> None:
    code, out, err = run("-", stdin=wire)
    assert code == 1
    assert out == (shown(PING) if wire.startswith(PING) else "")
    assert err.startswith(f"mockllm: stdin: {line}")
    assert err.count("\n") == 1


LINT = "mockllm lint {} FILE"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b'data: {"object":"chat.completion.chunk"}\n\n',
            "server-sent events: " + LINT.format("openai-chat"),
        ),
        (
            b"event: message_start\ndata: {}\n\n",
            "server-sent events: " + LINT.format("anthropic-messages"),
        ),
        (b": ping\n\n", "server-sent events: " + LINT.format("PROTOCOL")),
        (b'\n[{"candidates": []}]', "JSON: " + LINT.format("google-genai")),
        (b"{}", "JSON: " + LINT.format("PROTOCOL")),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PING, "HTTP with its head: keep the body alone"),
        (b"GET / HTTP/1.1\r\n", "HTTP with its head: keep the body alone"),
        (base64.b64encode(PING), "base64: base64 -d FILE | mockllm decode-eventstream -"),
        (b"Hello, " + "wörld".encode() * 3000, "text, and an event stream is binary"),
    ],
)
@pytest.mark.parametrize("output", DecodeFormat)
def test_what_is_no_event_stream_is_said_to_be_what_it_looks_like(
    data: bytes, sentence: str, output: DecodeFormat
) -> None:
    out = io.StringIO()
    with pytest.raises(CliError) as caught:
        decode(io.BytesIO(data), out, output=output, name="dump.txt")
    assert str(caught.value).startswith(f"dump.txt is no event stream; it looks like {sentence}")
    assert out.getvalue() == ""


def test_a_gzipped_dump_is_known() -> None:
    with pytest.raises(CliError, match=r"gunzip -c FILE \| mockllm decode-eventstream -$"):
        decode(io.BytesIO(gzip.compress(PING)), io.StringIO(), output=JSON)


@pytest.mark.parametrize("data", [b"\xff" * 40, b"\x00", b" ", b"\xe9t\xe9 " * 9, b"a\x00" * 20])
def test_what_looks_like_nothing_keeps_its_fault(data: bytes) -> None:
    with pytest.raises(errors.EventStreamError):
        decode(io.BytesIO(data), io.StringIO(), output=JSON)


def test_text_behind_whole_messages_is_a_fault_at_its_place() -> None:
    with pytest.raises(errors.PreludeChecksumMismatch) as caught:
        decode(io.BytesIO(PING + b"data: {}\n\n" * 9), io.StringIO(), output=JSON)
    assert caught.value.offset == len(PING)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("漢字\x7f\u2028é😀a é", r"\u6f22\u5b57\u007f\u2028\u00e9\ud83d\ude00a \u00e9"),
        ("\u3000\u00a0 ", r"\u3000\u00a0 "),
    ],
)
def test_runs_of_characters_are_escaped_as_each_by_itself(text: str, line: str) -> None:
    wire = event("x", f'\r\n\t {{"a":\t"{text}"\n}}\n'.encode()).wire
    assert shown(wire).endswith(f'"payload":    {{"a": "{line}" }} }}\n')


def test_a_file_that_cannot_be_opened_is_one_line_and_exit_1(tmp_path: Path) -> None:
    assert run(str(tmp_path)) == (1, "", f"mockllm: cannot read {tmp_path}: Is a directory\n")
    missing = tmp_path / "\x1b[31m"
    code, out, err = run(str(missing))
    assert (code, out) == (1, "")
    assert err == f"mockllm: cannot read {tmp_path}/\\x1b[31m: No such file or directory\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_line_and_exit_1(tmp_path: Path) -> None:
    dump = tmp_path / "dump.bin"
    dump.touch(mode=0)
    assert run(str(dump)) == (1, "", f"mockllm: cannot read {dump}: Permission denied\n")


def test_a_file_named_dash_is_not_stdin(tmp_path: Path) -> None:
    (tmp_path / "-").write_bytes(PING)
    assert run("./-", cwd=tmp_path) == (0, shown(PING), "")


@pytest.mark.parametrize("arguments", [(), ("-", "--format", "xml"), ("-", "more")])
def test_bad_usage_is_exit_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_a_name_that_no_file_can_have_is_one_sentence() -> None:
    with pytest.raises(CliError, match=r"cannot read a\\x00b: no file has such a name"):
        decode_eventstream("a\0b", JSON)


def test_an_empty_input_is_fine() -> None:
    assert run("-") == (0, "", "")


def test_payloads_are_utf8_in_any_locale() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    wire = event("x", '{"a":"é"}'.encode()).wire
    assert run("-", "--format", "payload", stdin=wire, env=environment) == (0, '{"a":"é"}\n', "")
    code, out, err = run("-", "--format", "table", stdin=wire, env=environment)
    assert (code, err) == (0, "")
    assert "\\xe9" in out


def test_a_reader_that_leaves_is_quiet() -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert reader.stdin
    assert reader.stdout
    assert reader.stderr
    watch = threading.Timer(30, reader.kill)
    watch.start()
    reader.stdin.write(PING)
    reader.stdin.flush()
    assert reader.stdout.readline()
    reader.stdout.close()
    reader.stdin.write(PING)
    reader.stdin.close()
    assert reader.wait(60) == 0
    assert reader.stderr.read() == b""
    reader.stderr.close()
    watch.cancel()
    watch.join()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - a device
def test_an_output_that_is_full_is_one_line() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        code, _, err = run("-", stdin=PING, stdout=full)
    assert (code, err) == (1, "mockllm: cannot write the output: No space left on device\n")


def test_a_live_pipe_shows_each_message_at_once() -> None:
    live = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert live.stdin
    assert live.stdout
    watch = threading.Timer(30, live.kill)
    watch.start()
    for number in range(3):
        live.stdin.write(PING)
        live.stdin.flush()
        # the pipe stays open: if anything waited for more, the watch would end it
        assert json.loads(live.stdout.readline())["offset"] == number * len(PING)
    live.stdin.close()
    assert live.stdout.read() == b""
    live.stdout.close()
    assert live.wait(60) == 0
    watch.cancel()
    watch.join()


def test_neither_piped_lines_nor_their_import_loads_rich() -> None:
    program = PROGRAM.replace("    app()\n", "    app(standalone_mode=False)\n")
    program += "\nprint([name for name in sys.modules if name.split('.')[0] in ('rich', 'botocore', 'http')])"
    done = subprocess.run([sys.executable, "-c", program, "-"], input=PING, capture_output=True, timeout=60)
    assert done.stdout.decode().splitlines()[1:] == ["[]"]
