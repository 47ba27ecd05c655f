"""A limit to measure against: one epoll loop that answers canned bytes and reads no more of a request than its end.

    python tests/benchmarks/limit.py PORT

No mock of ours can be faster than this in the same language; how near one comes is what the table tells.
"""

from __future__ import annotations

import re
import select
import socket
import sys

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_EVENT = b'data: {"id":"chatcmpl-0","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ten letters"}}]}\n\n'
_BODY = _EVENT * 7 + b"data: [DONE]\n\n"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    b"%x\r\n%b\r\n0\r\n\r\n" % (len(_BODY), _BODY)
)


def serve(port: int) -> None:
    """Answer every request until the process is killed."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    listener.setblocking(False)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    clients: dict[int, tuple[socket.socket, bytearray]] = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[sock.fileno()] = sock, bytearray()
                poll.register(sock, select.EPOLLIN)
                continue
            sock, held = clients[number]
            try:
                data = sock.recv(65_536)
            except ConnectionError:
                data = b""
            if not data:
                poll.unregister(sock)
                clients.pop(number)[0].close()
                continue
            held += data
            end = held.find(b"\r\n\r\n")
            length = _LENGTH.search(held)
            if end >= 0 and len(held) >= end + 4 + (int(length[1]) if length else 0):
                held.clear()
                sock.sendall(_ANSWER)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
