"""A request means one thing or it is refused."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import re
import sys
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_cli.server import head
from mockllm_cli.server.head import BadRequest, Limits
from mockllm_cli.server.parser import Parser, Preface, Received

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HOST = b"Host: x\r\n"


def parse(wire: bytes, limits: Limits | None = None) -> list[Received]:
    """Return the requests in the bytes, fed whole."""
    parser = Parser(limits)
    parser.feed(wire)
    found = []
    while (received := parser.next()) is not None:
        found.append(received)
    return found


def parse_in_pieces(wire: bytes, cuts: list[int]) -> list[Received]:
    """Return the requests in the bytes, fed cut at the given places."""
    parser = Parser()
    edges = [0, *sorted({min(cut, len(wire)) for cut in cuts}), len(wire)]
    found = []
    for start, end in itertools.pairwise(edges):
        parser.feed(wire[start:end])
        while (received := parser.next()) is not None:
            found.append(received)
    return found


def one(wire: bytes) -> Received:
    found = parse(wire)
    assert len(found) == 1
    return found[0]


def test_a_request_is_taken_apart() -> None:
    received = one(
        b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"X-Two: a\r\nX-Two:  b \r\nContent-Length: 2\r\n\r\n{}"
    )
    request = received.request
    assert (request.method, request.path, request.query, request.body) == (
        "POST",
        "/v1/messages",
        "beta=true",
        b"{}",
    )
    assert request.headers["x-two"] == "a, b"
    assert received.keep_alive


def test_a_percent_encoded_path_stays_encoded() -> None:
    assert (
        one(b"GET /model/a%3A0%2Fb/converse HTTP/1.1\r\n" + HOST + b"\r\n").request.path
        == "/model/a%3A0%2Fb/converse"
    )


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"http://x:1/health?a", "/health", "a"),
        (b"HTTPS://x", "/", ""),
        (b"http://x?a=/b", "/", "a=/b"),
        (b"*", "*", ""),
    ],
)
def test_an_absolute_target_loses_its_host(target: bytes, path: str, query: str) -> None:
    request = one(b"OPTIONS " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n").request
    assert (request.path, request.query) == (path, query)


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST, True),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Close\r\n", False),
        (b"GET / HTTP/1.0\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", True),
    ],
)
def test_the_connection_stays_open_as_the_version_and_header_say(head: bytes, keeps: bool) -> None:
    assert one(head + b"\r\n").keep_alive is keeps


@pytest.mark.parametrize(
    "host",
    [
        "x",
        "x:8080",
        "x:",
        "127.0.0.1:1",
        "[::1]:8080",
        "[fe80::1%25eth0]",
        "my_service",
        "a-b.c.example.",
        "%41",
        "X~1",
    ],
)
def test_a_host_is_a_name_or_an_address_perhaps_with_a_port(host: str) -> None:
    assert one(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).request.headers["host"] == host


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        b"B;name=value\r\nhello world\r\n0\r\n\r\n",
        b"B ;name=value\r\nhello world\r\n0\r\n\r\n",
        b"0000b\r\nhello world\r\n0\r\nTrailer: x\r\n\r\n",
        b"1\r\nh\r\nA\r\nello world\r\n00\r\n\r\n",
    ],
)
def test_chunks_are_joined(body: bytes) -> None:
    assert one(CHUNKED + body).request.body == b"hello world"


def test_many_chunks_are_taken_some_at_a_time() -> None:
    parser = Parser(in_turns=True)
    parser.feed(CHUNKED + b"1\r\nx\r\n" * 1_000 + b"0\r\n\r\n" + b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    turns = 0
    while (received := parser.next()) is None:
        assert parser.paused
        turns += 1
    assert received.request.body == b"x" * 1_000
    assert turns == 3  # of 256
    assert parser.next() is not None
    assert not parser.paused


BAD = [
    (b"GET / HTTP/1.1\n\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"GET x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET ftp://x/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET /\r\n", 400),
    (b"GET  / HTTP/1.1\r\n", 400),
    (b"SSH-2.0-OpenSSH_9.6\r\n", 400),
    (b"*1\r\n$4\r\nPING\r\n", 400),
    (b"GET / HTTP/3.0\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    (b'{"a": 1}', 400),
    (b"\0" * 9, 400),
    (b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b": b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"host: y\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: \t \r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: :8080\r\n\r\n", 400),
    (b"GET http://x/ HTTP/1.1\r\nHost:\r\n\r\n", 400),
    (b"GET / HTTP/1.0\r\nHost:\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: me@x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: http://x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x:y\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x:1:2\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x%g1\r\n\r\n", 400),
    (b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400),
    (b"GET http://me:secret@x/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET http:///health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET http://:80/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET http://x/health HTTP/1.1\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +2\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -2\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2_0\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 8589934592\r\n\r\n", 413),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length:\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: identity\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, x-chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip, chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: , chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip,CHUNKED\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Expect: tea\r\nContent-Length: 2\r\n\r\n", 417),
    (CHUNKED + b"g\r\n", 400),
    (CHUNKED + b"-1\r\n", 400),
    (CHUNKED + b"0x1\r\n", 400),
    (CHUNKED + b" 1\r\na\r\n", 400),
    (CHUNKED + b"1 \r\na\r\n", 400),
    (CHUNKED + b"1\t\r\na\r\n", 400),
    (CHUNKED + b"\r\n", 400),
    (CHUNKED + b"1\na\n", 400),
    (CHUNKED + b"1\r\nab\r\n", 400),
    (CHUNKED + b"fffffffffffffffff\r\n", 400),
    (CHUNKED + b"3000000\r\n", 413),
    (CHUNKED + b"1;" + b"x" * 5000, 400),
    (CHUNKED + b"0\r\nbad trailer\r\n\r\n", 400),
    (b"GET /" + b"x" * 70_000, 414),
    (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"x" * 70_000, 431),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{}", 400),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "status"), BAD, ids=range(len(BAD)))
def test_what_is_ambiguous_or_too_large_is_refused(wire: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(wire)
    assert refused.value.status == status


def test_a_request_that_is_not_whole_waits() -> None:
    assert parse(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n{}") == []
    assert parse(b"GET / HTTP/1.1\r\nHost: x\r") == []


def test_empty_lines_before_a_request_are_skipped_however_they_come() -> None:
    parser = Parser()
    for byte in b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r":
        parser.feed(bytes([byte]))
        assert parser.next() is None
    parser.feed(b"\n")
    assert parser.next() is not None


def test_half_an_empty_line_is_no_request_that_has_begun() -> None:
    parser = Parser()
    for byte in b"\r\n" * 3 + b"\r":
        parser.feed(bytes([byte]))
        assert parser.next() is None
        assert parser.state == "idle"


@pytest.mark.parametrize(
    "wire", [b"PRI * HTTP/2.0\r\n\r\n", b"OPTIONS * HTTP/1.0\r\n\r\n", b"A-_! /\xff?\x80 HTTP/1.0\r\n\r\n"]
)
def test_a_request_line_that_is_not_whole_is_not_refused(wire: bytes) -> None:
    parser = Parser()
    for byte in wire[:-1]:
        parser.feed(bytes([byte]))
        assert parser.next() is None
    parser.feed(wire[-1:])
    with contextlib.suppress(Preface):
        assert parser.next() is not None


def test_blanks_and_tiny_chunks_cost_no_more_than_their_bytes() -> None:
    begun = time.monotonic()
    with pytest.raises(BadRequest):
        parse(b"GET / HTTP/1.1\r\n" + HOST + b"A:" + b" " * 65_000 + b"\x01\r\n\r\n")
    received = one(CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
    assert received.request.body == b"x" * 100_000
    assert time.monotonic() - begun < 2


def test_pipelined_requests_come_one_by_one() -> None:
    wire = b"POST /1 HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\nxGET /2 HTTP/1.1\r\n" + HOST + b"\r\n"
    assert [(one.request.path, one.request.body) for one in parse(wire)] == [("/1", b"x"), ("/2", b"")]


def test_a_client_that_waits_for_100_is_told_of_once() -> None:
    parser = Parser()
    parser.feed(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert parser.next() is None
    assert parser.expects
    parser.feed(b"{}")
    received = parser.next()
    assert received is not None
    assert received.request.body == b"{}"
    assert not parser.expects


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("zstd", zstd.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ],
)
def test_a_compressed_body_is_undone(coding: str, encode) -> None:  # type: ignore[no-untyped-def]
    body = encode(b'{"a":1}' * 100)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    assert one(head + body).request.body == b'{"a":1}' * 100


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("deflate", zlib.compress(b"{}") + zlib.compress(b'{"a":1}')),
        ("deflate", zlib.compress(b"{}") + b"\0"),
        ("gzip", gzip.compress(b"{}") + b"\0"),
        ("gzip", gzip.compress(b"{}") + gzip.compress(b'{"a":1}') + b"\x1f"),
        ("gzip", gzip.compress(b"{}") + zstd.compress(b'{"a":1}')),
        ("zstd", zstd.compress(b"{}") + b"\x28\xb5\x2f"),
        ("zstd", zstd.compress(b"{}") + gzip.compress(b'{"a":1}')),
    ],
)
def test_what_stands_behind_a_compressed_body_is_not_lost_without_a_word(coding: str, body: bytes) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with pytest.raises(BadRequest, match="goes on behind") as refused:
        parse(head + body)
    assert refused.value.status == 400


@pytest.mark.parametrize(("coding", "encode"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_a_compression_bomb_is_refused(coding: str, encode) -> None:  # type: ignore[no-untyped-def]
    bomb = encode(b"0" * 1_000_000)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with pytest.raises(BadRequest) as refused:
        parse(head + bomb, Limits(body=100_000))
    assert refused.value.status == 413


GOOD = (
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    + CHUNKED + b"5\r\nhello\r\n0\r\nT: x\r\n\r\n"
    + b"\r\nGET /b?c HTTP/1.1\r\nHost: x\r\n\r\n"
)  # fmt: skip


@given(st.lists(st.integers(0, len(GOOD)), max_size=12))
def test_any_partition_gives_the_same_requests(cuts: list[int]) -> None:
    assert parse_in_pieces(GOOD, cuts) == parse(GOOD)


@given(
    st.lists(
        st.sampled_from([b"Content-Length: ", b"content-length: ", b"CONTENT-LENGTH:", b"Host: x", b"A: b", b"Expect: 100-continue"]),
        max_size=4,
    ),
    st.lists(st.sampled_from([b"0", b"5", b"12", b"007", b"+5", b"5 ", b"", b"9" * 20, b"5\r", b"5\n", b"\xb2"]), max_size=4),
    st.sampled_from([b"POST / HTTP/1.1", b"POST / HTTP/1.0", b"POST /content-length: 5 HTTP/1.1"]),
    st.sampled_from([Limits(), Limits(headers=40), Limits(fields=2)]),
)  # fmt: skip
def test_a_remembered_head_says_what_its_own_bytes_say(
    names: list[bytes], values: list[bytes], line: bytes, limits: Limits
) -> None:
    fields = [name + value for name, value in itertools.zip_longest(names, values, fillvalue=b"")]
    data = b"\r\n".join([line, b"Host: x", *fields])
    try:
        expected = head.parse(data, limits)
    except BadRequest as error:
        with pytest.raises(BadRequest, match=re.escape(str(error))):
            head.read(data, limits)
        return
    found, headers, length = head.read(data, limits)
    assert found._replace(headers=headers, length=length) == expected
    assert list(headers) == list(expected.headers)


@given(
    st.binary(max_size=300)
    | st.tuples(
        st.sampled_from([one for one, _ in BAD if len(one) < 500] + [GOOD]),
        st.integers(0, 400),
        st.binary(max_size=4),
    ).map(lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] :])
)
def test_garbage_is_a_request_or_a_bad_request(wire: bytes) -> None:
    with contextlib.suppress(BadRequest, Preface):
        parse(wire)
