"""OpenAI Chat Completions: ``POST /v1/chat/completions``.

Spec: https://platform.openai.com/docs/api-reference/chat; the form is that of answers recorded up to July 2026.

A stream is server-sent events without names: one chunk with the role for each choice, its deltas, one chunk with its
finish reason; then a chunk with usage and one with moderation results where the request asks for them; then
``data: [DONE]``. Quirks:

* one tool call comes with the role, several begin in chunks of their own;
* ``usage`` is a key of every chunk or of none; ``logprobs`` is null or, on reasoning models, absent;
* ``obfuscation`` pads each payload to a multiple of 16 characters and 1;
* reasoning is never shown, only counted; ``metadata`` and ``store`` show nowhere in the answer (see ``stored``);
* the first 5 characters of an id tell its second (see ``values``).

Accepted and without effect on the answer: ``temperature``, ``top_p``, ``seed``, penalties, ``logit_bias``, ``user``,
``verbosity``. Refused: sound as an answer (``modalities``), and ``web_search_options`` where the model's
name does not end in ``-search-preview`` or ``-search-api``; those that do cite a page in ``annotations``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact
from mockllm_core.pattern import OBFUSCATION, Varying
from mockllm_core.plan import Cut
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.openai_chat import headers, models, stored
from mockllm_core.protocols.openai_chat.complaints import complain
from mockllm_core.protocols.openai_chat.errors import error, fail
from mockllm_core.protocols.openai_chat.parse import parse
from mockllm_core.protocols.openai_chat.stream import stream, varying
from mockllm_core.protocols.openai_chat.whole import whole
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpResponse
    from mockllm_core.protocol import Incoming, Reading
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for another protocol's own block; all neutral ones can be spelled."""
    for choice in turn.choices:
        for block in choice.blocks:
            if isinstance(block, Opaque) and block.protocol != "openai-chat":
                raise UnsupportedReply(f"openai-chat cannot spell a block of {block.protocol}")


def _reading() -> Reading:
    from mockllm_core.protocols.openai_chat.read import READING

    return READING


def _realtime(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer the handshake of a WebSocket; few ever come."""
    from mockllm_core.protocols.openai_chat.realtime import opened

    return opened(incoming, stamp)


_REALTIME = ("/v1/realtime", "/realtime", "/v1/realtime/translations", "/realtime/translations")

PROTOCOL = WireProtocol(
    name="openai-chat",
    title="OpenAI Chat Completions",
    endpoints=(
        Endpoint(method="POST", path="/v1/chat/completions", contract="openai-chat"),
        Endpoint(method="POST", path="/chat/completions", contract="openai-chat"),
        *stored.endpoints(),
        Endpoint(method="GET", path="/v1/models", kind="plain", answer=models.listed),
        Endpoint(method="GET", path="/models", kind="plain", answer=models.listed),
        Endpoint(method="GET", path="/v1/models/{model}", kind="plain", answer=models.one),
        Endpoint(method="GET", path="/models/{model}", kind="plain", answer=models.one),
        Endpoint(method="DELETE", path="/v1/models/{model}", kind="plain", answer=models.deleted),
        Endpoint(method="DELETE", path="/models/{model}", kind="plain", answer=models.deleted),
        *models.nothing_made(),
        *(
            Endpoint(method="GET", path=path, kind="plain", header="upgrade", sole=True, answer=_realtime)
            for path in _REALTIME
        ),
    ),
    cut=Cut(text=0, arguments=0, dumps=compact, raw=True),
    parse=parse,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers.of_answer,
    complain=complain,
    error=error,
    fail=fail,
    reading=_reading,
    varying=Varying(stream, stream, varying, OBFUSCATION),
    bound=stored.stateful,
)
