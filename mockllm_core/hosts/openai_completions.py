"""OpenAI's older text completions, and embeddings: ``POST /v1/completions`` and ``/v1/embeddings``.

Spec: https://platform.openai.com/docs/api-reference/completions. No recording of these is at hand; the form is that
of answers of November 2025 and February 2026 as public projects keep them. A stream is chunks of the same object as a
whole answer, with ``choices`` before ``model``, then ``[DONE]``; the last piece of a cut answer carries ``length``,
an answer that ends by itself has one more chunk with no text and ``stop``. There is no obfuscation and no tier.

``prompt`` may be a text, tokens, or a list of either, which brings ``n`` answers for each. Without ``max_tokens`` an
answer has 16 tokens, as the reference says. ``suffix``, ``best_of``, ``seed``, penalties: taken, without effect.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from mockllm_core import likely, sse, tokens
from mockllm_core.conversation import Conversation, Message, Words
from mockllm_core.errors import ApiError, UnsupportedReply
from mockllm_core.hosts import openai_embeddings
from mockllm_core.jsontext import compact, escaped, float32, pretty, quote, utf8
from mockllm_core.plan import Cut
from mockllm_core.protocol import Call, Endpoint, WireProtocol
from mockllm_core.protocols.openai_chat import PROTOCOL as CHAT
from mockllm_core.protocols.openai_chat.headers import plain
from mockllm_core.protocols.openai_chat.values import completion_id
from mockllm_core.reply import Reasoning, Refusal, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.exchange import Headers
    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Incoming, Reading
    from mockllm_core.reply import Choice, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]

_SNAPSHOTS = {"gpt-3.5-turbo-instruct": "gpt-3.5-turbo-instruct:20230824-v2"}
_MAX_TOKENS = 16
_ROOM = 4_097
"""Tokens that gpt-3.5-turbo-instruct reads and writes together."""
_MOST = 500
"""So many chunks are made at a time: a long answer is never held whole."""
_CHAT_MODELS = ("gpt-4", "gpt-5", "gpt-6", "o1", "o3", "o4", "chatgpt-")
_FINISH = {"stop": "stop", "length": "length", "content_filter": "content_filter", "tool_call": "stop"}


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request understood; each prompt is a user's message.

    Raises:
        ApiError: a chat model, fewer candidates than answers, or stream options without a stream.
    """
    body = incoming.body
    model = str(body["model"])
    _check(body, model)
    prompts = _prompts(body)
    limit = body.get("max_tokens")
    _check_room(model, prompts, _MAX_TOKENS if limit is None else limit)
    stop = body.get("stop")
    each = body.get("n") or 1
    messages = tuple(Message("user", (Words(prompt),)) for prompt in prompts)
    conversation = Conversation(
        model=model,
        messages=messages,
        choices=each * len(prompts),
        scored=body.get("logprobs") is not None,
        max_tokens=_MAX_TOKENS if limit is None else limit,
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
    )
    stream = body.get("stream") is True
    call = Call(model=model, stream=stream, conversation=conversation, body=body, form=endpoint.form)
    if len(prompts) == 1:
        return call
    talks = [replace(conversation, messages=(message,)) for message in messages for _ in range(each)]
    return replace(call, talks=tuple(talks))


def _check(body: Json, model: str) -> None:
    if model.startswith(_CHAT_MODELS) or (model.startswith("gpt-3.5-turbo") and "instruct" not in model):
        raise ApiError(
            "not_found",
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
            "v1/chat/completions?",
            param="model",
            code="",
        )
    if body.get("stream_options") and body.get("stream") is not True:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise ApiError("invalid_request", message, param="stream_options")
    if body.get("echo") and body.get("logprobs") is not None and "instruct" in model:
        message = "Setting 'echo' and 'logprobs' at the same time is not supported for this model."
        raise ApiError("invalid_request", message, code="")  # as told in eth-sri/lmql 346 and many others
    if body.get("prompt") == []:
        # the sentence for any list that is empty; of this one nobody has shown it
        message = "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise ApiError("invalid_request", message, param="prompt", code="empty_array")
    count, best = body.get("n") or 1, body.get("best_of")
    if body.get("stream") is True and (best or 1) > 1:
        # the reference says that such results cannot be streamed; the words are those of the pair above
        message = "Setting 'stream' and 'best_of' at the same time is not supported for this model."
        raise ApiError("invalid_request", message, code="")
    if best is not None and best < count:
        raise ApiError(
            "invalid_request",
            "You requested that the server return more choices than it will generate (HINT: You must set 'n' "
            f"(currently {count}) to be at most 'best_of' (currently {best}), or omit either parameter if you don't "
            "specifically want to use them.)",
            param="best_of",
        )


def _check_room(model: str, prompts: list[str], most: int) -> None:
    """Refuse more tokens than there is room for beside any prompt; what a long prompt counts as is an estimate here.

    The words stand in many reports of 2023 to 2026.
    """
    if most < _ROOM or not model.startswith("gpt-3.5-turbo-instruct"):
        return
    said = tokens.estimate(len(prompts[0]))
    raise ApiError(
        "invalid_request",
        f"This model's maximum context length is {_ROOM} tokens, however you requested {said + most:.0f} tokens "
        f"({said} in your prompt; {most:.0f} for the completion). Please reduce your prompt; or completion length.",
    )


def _prompts(body: Json) -> list[str]:
    """Return the prompts as text; tokens, which cannot be told from here, as their numbers."""
    prompt = body.get("prompt")
    if prompt is None:
        return ["<|endoftext|>"]
    if isinstance(prompt, str):
        return [prompt]
    if not prompt or isinstance(prompt[0], int | float):
        prompt = [prompt]
    return [one if isinstance(one, str) else " ".join(str(int(token)) for token in one) for one in prompt]


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for all but text and refusals; reasoning is left out."""
    for choice in turn.choices:
        for block in choice.blocks:
            if not isinstance(block, Text | Refusal | Reasoning):
                raise UnsupportedReply(f"openai-completions has only text, not {type(block).__name__}")


# -- spelling -----------------------------------------------------------------------------------------------------


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
    """Yield each choice's pieces, the choices taking turns; then usage? [DONE]."""
    options = call.body.get("stream_options") or {}
    counts = options.get("include_usage") is True
    head = compact(_head(stamp))[:-1]
    before = f'data: {head},"choices":['
    model = f'"model":{quote(_model(turn, call))}'
    after = f'],{model},"usage":null}}\n\n' if counts else f"],{model}}}\n\n"
    choices = [_spoken(turn, call, stamp, index) for index in range(len(turn.choices))]
    spoken = (
        (said for turns in zip_longest(*choices) for said in turns if said) if choices[1:] else choices[0]
    )
    while texts := [f"{before}{said}{after}" for said in islice(spoken, _MOST)]:
        yield sse.run("".join(texts), len(texts))
    if counts:
        yield sse.data(f'{head},{model},"usage":{compact(_usage(turn, call))},"choices":[]}}')
    yield sse.DONE


def _spoken(turn: Turn, call: Call, stamp: Stamp, index: int) -> Iterator[str]:
    """Yield the objects of one choice; the last has its reason."""
    choice = turn.choices[index]
    pieces = _pieces(choice, call, index)
    cut = choice.finish.reason == "length" and bool(pieces)
    if not cut:
        pieces = (*pieces, "")
    reason = quote(_FINISH[choice.finish.reason])
    if call.body.get("logprobs") is None:
        rest = f'","index":{index},"logprobs":null,"finish_reason":'
        for at in range(0, len(pieces) - 1, _MOST):
            some = escaped(pieces[at : min(at + _MOST, len(pieces) - 1)])
            yield from [f'{{"text":"{piece}{rest}null}}' for piece in some]
        yield f'{{"text":{quote(pieces[-1])[:-1]}{rest}{reason}}}'
        return
    offset = 0 if call.body.get("echo") else len(_prompt(call, index))
    last = len(pieces) - 1
    for nth, piece in enumerate(pieces):
        told = cut or nth < last
        logprobs = compact(_logprobs((piece,) if told else (), call, stamp, index, nth, offset))
        ending = reason if nth == last else "null"
        yield f'{{"text":{quote(piece)},"index":{index},"logprobs":{logprobs},"finish_reason":{ending}}}'
        offset += len(piece)


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the whole answer: JSON with two spaces of indent and a final newline."""
    choices = []
    for index, choice in enumerate(turn.choices):
        pieces = _pieces(choice, call, index)
        offset = 0 if call.body.get("echo") else len(_prompt(call, index))
        choices.append(
            {
                "text": "".join(pieces),
                "index": index,
                "logprobs": _logprobs(pieces, call, stamp, index, 0, offset),
                "finish_reason": _FINISH[choice.finish.reason],
            }
        )
    body = _head(stamp) | {"model": _model(turn, call), "choices": choices, "usage": _usage(turn, call)}
    return utf8(pretty(body) + "\n")


def _head(stamp: Stamp) -> dict[str, Json]:
    return {
        "id": completion_id(stamp, "cmpl-"),
        "object": "text_completion",
        "created": stamp.unix,
    }


def _model(turn: Turn, call: Call) -> str:
    return str(turn.facts.get("model") or _SNAPSHOTS.get(call.model, call.model))


def _usage(turn: Turn, call: Call) -> dict[str, int]:
    """Return what was used; a prompt of tokens counts as many as it has."""
    said, answered = turn.usage.input_tokens, turn.usage.output_tokens
    prompt = call.body.get("prompt")
    if prompt and isinstance(prompt, list) and not isinstance(prompt[0], str):
        said = sum([len(one) if isinstance(one, list) else 1 for one in prompt])
    return {"prompt_tokens": said, "completion_tokens": answered, "total_tokens": said + answered}


def _prompt(call: Call, index: int) -> str:
    """Return the prompt that a choice answers: each has ``n`` of them in a row."""
    prompts = _prompts(call.body)
    return prompts[min(index // (call.body.get("n") or 1), len(prompts) - 1)]


def _pieces(choice: Choice, call: Call, index: int) -> tuple[str, ...]:
    said = tuple(
        piece for block in choice.blocks if isinstance(block, Text | Refusal) for piece in block.pieces
    )
    return (_prompt(call, index), *said) if call.body.get("echo") else said


def _logprobs(pieces: tuple[str, ...], call: Call, stamp: Stamp, index: int, nth: int, offset: int) -> Json:
    """Return the probabilities of tokens, a piece counting as one; null when not asked for."""
    width = call.body.get("logprobs")
    if width is None:
        return None
    found: dict[str, list[Json]] = {
        "tokens": [],
        "token_logprobs": [],
        "top_logprobs": [],
        "text_offset": [],
    }
    for at, piece in enumerate(pieces, nth):
        found["tokens"].append(piece)
        found["text_offset"].append(offset)
        offset += len(piece)
        if not at and call.body.get("echo"):  # nothing came before that makes the prompt likely
            found["token_logprobs"].append(None)
            found["top_logprobs"].append(None)
            continue
        said, *others = map(float32, likely.log_chances(max(width, 1), stamp, index, at))
        found["token_logprobs"].append(said)
        top = zip(likely.rivals(piece, len(others), at), others, strict=True)
        found["top_logprobs"].append({piece: said, **dict(top)})
    return found if width else found | {"top_logprobs": None}


def headers(turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of a successful answer: those of chat and the model's name."""
    return (*CHAT.headers(turn, call, stamp), ("openai-model", plain(_model(turn, call))))


def _reading() -> Reading:
    from mockllm_core.hosts.openai_completions_read import READING

    return READING


PROTOCOL = WireProtocol(
    name="openai-completions",
    title="OpenAI Completions (legacy) and Embeddings",
    endpoints=(
        Endpoint(method="POST", path="/v1/completions", contract="openai-completions"),
        Endpoint(method="POST", path="/completions", contract="openai-completions"),
        *openai_embeddings.ENDPOINTS,
    ),
    cut=Cut(text=0, arguments=0, dumps=compact),
    parse=parse,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=CHAT.complain,
    error=CHAT.error,
    fail=CHAT.fail,
    reading=_reading,
)
