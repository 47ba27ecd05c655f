"""Features that take more than one request: what was said sent back, kept responses, counts, lists, embeddings."""

from __future__ import annotations

import base64
import json
import math
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from features.asks import (
    AZURE,
    AZURE_RESPONSES,
    CHAT,
    COMPLETIONS,
    CONVERSE,
    GEMINI,
    HELLO,
    HOSTS,
    INVOKE,
    MESSAGES,
    PROTOCOLS,
    RESPONSES,
    VERTEX,
    Ask,
    hello,
    tools,
    with_media,
)
from features.seen import NOW, RECORDS, ask
from features.transcript import Exchange, Recorder

from mockllm_core.engine import Engine, Settings
from mockllm_core.errors import ErrorKind
from mockllm_core.exchange import Asked, HttpRequest
from mockllm_core.frame import frames
from mockllm_core.reply import Reasoning
from mockllm_core.websocket import Opening, Served

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

THINKING = {"type": "enabled", "budget_tokens": 1024}


def _fetched(engine: Recorder, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    path, _, query = path.partition("?")
    sent = b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method=method, path=path, query=query, headers=headers, body=sent)
    response = engine.answer(request, now=NOW)
    assert response.body is not None
    return response.status, json.loads(response.body)


# -- reasoning that comes back -------------------------------------------------------------------------------------


def _returned(column: str, *, damage: bool) -> Callable[[Recorder], None]:
    """Send a signed call back with its result; a damaged signature is refused, a whole one is answered in text."""

    def run(engine: Recorder) -> None:
        first, then = _MAKERS[column](engine, damage)
        seen = ask(engine, Ask(column=column, body=then, model=first.model), stream=False)
        if damage:
            assert seen.status == 400
        else:
            assert seen.status == 200, seen.data
            assert seen.text()
            # a Claude with a fixed budget does not think between its calls
            thinks = column in (GEMINI, RESPONSES, AZURE_RESPONSES)
            assert any(isinstance(block, Reasoning) for block in seen.turn.blocks) == thinks

    return run


def _spoilt(text: str) -> str:
    """Return base64 with one character in the middle changed."""
    at = len(text) // 2
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _claude(column: str) -> Callable[[Recorder, bool], tuple[Ask, dict[str, Any]]]:
    def make(engine: Recorder, damage: bool) -> tuple[Ask, dict[str, Any]]:
        body = hello(column, thinking=THINKING) | tools(column)
        first = Ask(column=column, body=body)
        content = ask(engine, first, stream=False).body["content"]
        if damage:
            content[0]["signature"] = _spoilt(content[0]["signature"])
        result = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": "Rain."}
        more = [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
        return first, body | {"messages": [*body["messages"], *more]}

    return make


def _converse(engine: Recorder, damage: bool) -> tuple[Ask, dict[str, Any]]:
    body = hello(CONVERSE, additionalModelRequestFields={"thinking": THINKING}) | tools(CONVERSE)
    first = Ask(column=CONVERSE, body=body)
    message = ask(engine, first, stream=False).body["output"]["message"]
    thought = message["content"][0]["reasoningContent"]["reasoningText"]
    if damage:
        thought["signature"] = _spoilt(thought["signature"])
    message["content"][1]["toolUse"].pop("type")
    use = message["content"][1]["toolUse"]["toolUseId"]
    result = {"toolResult": {"toolUseId": use, "content": [{"text": "Rain."}]}}
    return first, body | {"messages": [*body["messages"], message, {"role": "user", "content": [result]}]}


def _gemini(engine: Recorder, damage: bool) -> tuple[Ask, dict[str, Any]]:
    body = hello(GEMINI) | tools(GEMINI)
    first = Ask(column=GEMINI, body=body, model="gemini-3.5-flash")
    content = ask(engine, first, stream=False).body["candidates"][0]["content"]
    part = next(one for one in content["parts"] if "functionCall" in one)
    if damage:
        part["thoughtSignature"] = _spoilt(part["thoughtSignature"])
    answered = {"name": "weather", "id": part["functionCall"]["id"], "response": {"result": "Rain."}}
    return first, body | {
        "contents": [*body["contents"], content, {"role": "user", "parts": [{"functionResponse": answered}]}]
    }


def _responses(column: str) -> Callable[[Recorder, bool], tuple[Ask, dict[str, Any]]]:
    def make(engine: Recorder, damage: bool) -> tuple[Ask, dict[str, Any]]:
        body = hello(column, include=["reasoning.encrypted_content"], store=False) | tools(column)
        first = Ask(column=column, body=body, model="gpt-5.5")
        output = ask(engine, first, stream=False).body["output"]
        thought = next(item for item in output if item["type"] == "reasoning")
        if damage:
            thought["encrypted_content"] = _spoilt(thought["encrypted_content"])
        result = {"type": "function_call_output", "call_id": output[-1]["call_id"], "output": "Rain."}
        return first, body | {"input": [{"role": "user", "content": HELLO}, *output, result]}

    return make


_MAKERS = {
    MESSAGES: _claude(MESSAGES),
    VERTEX: _claude(VERTEX),
    INVOKE: _claude(INVOKE),
    CONVERSE: _converse,
    GEMINI: _gemini,
    RESPONSES: _responses(RESPONSES),
    AZURE_RESPONSES: _responses(AZURE_RESPONSES),
}


# -- kept responses -----------------------------------------------------------------------------------------------


def _kept(column: str, root: str) -> Callable[[Recorder], None]:
    def run(engine: Recorder) -> None:
        first = ask(engine, Ask(column=column, body=hello(column, "My name is Ada.")), stream=False).body
        place = f"{root}/responses/{first['id']}"
        assert _fetched(engine, "GET", place) == (200, first)
        status, listed = _fetched(engine, "GET", f"{place}/input_items")
        assert (status, len(listed["data"])) == (200, 1)
        body = hello(column, previous_response_id=first["id"])
        then = ask(engine, Ask(column=column, body=body), stream=False)
        assert then.body["previous_response_id"] == first["id"]
        counted = {"model": "gpt-4o", **body}
        told = _fetched(engine, "POST", f"{root}/responses/input_tokens", counted)[1]
        assert told["input_tokens"] == then.turn.usage.input_tokens
        alone = ask(engine, Ask(column=column, body=hello(column)), stream=False)
        assert then.turn.usage.input_tokens > alone.turn.usage.input_tokens
        assert _fetched(engine, "DELETE", place)[0] == 200
        assert _fetched(engine, "GET", place)[0] == 404
        lost = ask(engine, Ask(column=column, body=body), stream=False)
        assert (lost.status, lost.body["error"]["code"]) == (400, "previous_response_not_found")

    return run


def _streamed_and_kept(engine: Recorder) -> None:
    seen = ask(engine, Ask(column=RESPONSES, body=hello(RESPONSES)), stream=True)
    made = seen.body["response"]
    status, got = _fetched(engine, "GET", f"/v1/responses/{made['id']}")
    assert status == 200
    assert got["output"] == made["output"]


def _apart(engine: Recorder) -> None:
    """A call without its reasoning is refused, and so is reasoning without what it led to, or of which nothing is kept."""
    body = hello(RESPONSES, reasoning={"summary": "auto"}) | tools(RESPONSES)
    needed, following = "required 'reasoning' item", "required following item"
    for store, status, words in ((True, 400, needed), (False, 404, "Items are not persisted")):
        asked = body | {"store": store}
        thought, call = ask(engine, Ask(column=RESPONSES, body=asked, model="gpt-5.5"), stream=False).body[
            "output"
        ]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Rain."}
        bare = {"type": "reasoning", "id": thought["id"], "summary": []}
        for given, answer, sentence in (
            ([call, result] if store else [bare, call, result], status, words),
            ([bare], status, following if store else words),
            ([thought, call, result], 200, ""),
        ):
            then = asked | {"input": [{"role": "user", "content": HELLO}, *given]}
            told = ask(engine, Ask(column=RESPONSES, body=then, model="gpt-5.5"), stream=False)
            assert told.status == answer
            assert (
                sentence in told.body.get("error", {}).get("message", "") if sentence else told.body["output"]
            )


def _compacted(column: str, root: str) -> Callable[[Recorder], None]:
    """What users said stays, one item stands for the rest; it is taken when it comes back, but not a changed one."""

    def run(engine: Recorder) -> None:
        made = ask(engine, Ask(column=column, body=hello(column)), stream=False)
        place, body = (
            f"{root}/responses/compact",
            {"model": "gpt-4o", "previous_response_id": made.body["id"]},
        )
        status, told = _fetched(engine, "POST", place, body)
        assert (status, told["object"]) == (200, "response.compaction")
        assert told["usage"]["input_tokens"] > made.turn.usage.input_tokens
        said, rest = told["output"]
        assert said["content"] == [{"type": "input_text", "text": HELLO}]
        assert (rest["type"], rest["id"][:4]) == ("compaction", "cmp_")
        going = [*told["output"], {"role": "user", "content": "Go on."}]
        then = ask(engine, Ask(column=column, body={"input": going}), stream=False)
        assert (then.status, then.body["output"][0]["content"][0]["text"]) == (200, "Go on.")
        sealed = rest["encrypted_content"]
        going[1] = {
            **rest,
            "encrypted_content": f"{sealed[:30]}{'A' if sealed[30] != 'A' else 'B'}{sealed[31:]}",
        }
        lost = ask(engine, Ask(column=column, body={"input": going}), stream=False)
        assert (lost.status, lost.body["error"]["code"]) == (400, "invalid_encrypted_content")
        body["previous_response_id"] = "resp_0"
        status, told = _fetched(engine, "POST", place, body)
        assert (status, told["error"]["code"]) == (400, "previous_response_not_found")

    return run


def _behind(column: str, root: str) -> Callable[[Recorder], None]:
    """Queued, in progress, finished at the second look, cancelled before that; a stream is taken up again."""

    def run(engine: Recorder) -> None:
        made = ask(engine, Ask(column=column, body=hello(column, background=True)), stream=False)
        place = f"{root}/responses/{made.body['id']}"
        assert (made.body["status"], made.body["output"], made.body["usage"]) == ("queued", [], None)
        status, got = _fetched(engine, "GET", place)
        assert (status, got) == (
            200,
            {key: got[key] for key in got} | {"status": "in_progress", "output": []},
        )
        status, got = _fetched(engine, "GET", place)
        assert (status, got["status"], got["background"]) == (200, "completed", True)
        assert got["output"][0]["content"][0]["text"] == HELLO
        status, told = _fetched(engine, "POST", f"{place}/cancel", {})
        assert (status, told["error"]["message"]) == (400, "Cannot cancel a completed response.")
        later = ask(engine, Ask(column=column, body=hello(column, "Later.", background=True)), stream=False)
        place = f"{root}/responses/{later.body['id']}"
        for _ in range(2):
            status, told = _fetched(engine, "POST", f"{place}/cancel", {})
            assert (status, told["status"], told["output"]) == (200, "cancelled", [])
        assert _fetched(engine, "GET", place) == (200, told)
        seen = ask(engine, Ask(column=column, body=hello(column, background=True)), stream=True)
        place = f"{root}/responses/{seen.body['response']['id']}"
        assert _fetched(engine, "GET", place)[1]["output"] == seen.body["response"]["output"]
        query = "stream=true&starting_after=2"
        rest = engine.answer(HttpRequest(method="GET", path=place, query=query), now=NOW)
        wire = b"".join(frame.wire for frame in frames(rest.steps))
        assert seen.data.endswith(wire)
        assert seen.data.removesuffix(wire).count(b"\n\n") == 3

    return run


def _behind_nothing(engine: Recorder) -> None:
    """Without a memory (``--stateless``) nobody could get it."""
    alone = Recorder(engine.settings, log=engine.log)
    for stream in (False, True):
        told = ask(alone, Ask(column=RESPONSES, body=hello(RESPONSES, background=True)), stream=stream)
        assert (told.status, told.body["error"]["param"]) == (400, "background")


def _stateless(engine: Recorder) -> None:
    """Without a memory (``--stateless``) nothing is kept, and that is said."""
    alone = Recorder(engine.settings, log=engine.log)
    made = ask(alone, Ask(column=RESPONSES, body=hello(RESPONSES)), stream=False).body
    assert _fetched(alone, "GET", f"/v1/responses/{made['id']}")[0] == 404
    then = ask(
        alone, Ask(column=RESPONSES, body=hello(RESPONSES, previous_response_id=made["id"])), stream=True
    )
    assert (then.status, then.body["error"]["code"]) == (400, "previous_response_not_found")


def _not_kept(engine: Recorder) -> None:
    made = ask(engine, Ask(column=RESPONSES, body=hello(RESPONSES, store=False)), stream=False).body
    assert _fetched(engine, "GET", f"/v1/responses/{made['id']}")[0] == 404


def _failed_not_kept(engine: Recorder) -> None:
    """Not even when only the last event is missing."""
    for sent in ("3", "999"):
        asked = Ask(
            column=RESPONSES,
            body=hello(RESPONSES),
            model="mock-error-server_error",
            headers={"x-mockllm-fail-after": sent},
        )
        made = ask(engine, asked, stream=True).body["response"]
        assert made["status"] == "failed"
        assert _fetched(engine, "GET", f"/v1/responses/{made['id']}")[0] == 404


def _conversations(column: str, root: str) -> Callable[[Recorder], None]:
    """What is said in a conversation is answered the next time, and stands in it in order."""

    def run(engine: Recorder) -> None:
        items = [{"role": "user", "content": "My name is Ada."}]
        made = _fetched(engine, "POST", f"{root}/conversations", {"items": items, "metadata": {"k": "v"}})[1]
        assert (list(made), made["metadata"]) == (["id", "object", "created_at", "metadata"], {"k": "v"})
        place = f"{root}/conversations/{made['id']}"
        counts: list[int] = []
        for stream, given in ((True, made["id"]), (False, {"id": made["id"]})):
            seen = ask(engine, Ask(column=column, body=hello(column, conversation=given)), stream=stream)
            told = seen.body["response"] if stream else seen.body
            assert told["conversation"] == {"id": made["id"]}
            counts.append(seen.turn.usage.input_tokens)
        assert counts == [10, 23]  # 15 and 25 characters, then twice 25 more
        listed = _fetched(engine, "GET", f"{place}/items?order=asc")[1]["data"]
        said = [(item["role"], item["content"][0]["text"]) for item in listed]
        assert said == [("user", "My name is Ada."), *[("user", HELLO), ("assistant", HELLO)] * 2]
        more = {"items": [{"role": "system", "content": "Be brief."}]}
        added = _fetched(engine, "POST", f"{place}/items", more)[1]["data"][0]
        assert _fetched(engine, "GET", f"{place}/items/{added['id']}")[1] == added
        assert _fetched(engine, "DELETE", f"{place}/items/{added['id']}") == (200, made)
        assert _fetched(engine, "GET", f"{place}/items/{added['id']}")[0] == 404
        assert _fetched(engine, "GET", f"{place}/items?limit=2")[1]["data"] == [*reversed(listed)][:2]
        tagged = _fetched(engine, "POST", place, {"metadata": {"k": "w"}})
        assert tagged == (200, made | {"metadata": {"k": "w"}}) == _fetched(engine, "GET", place)
        assert _fetched(engine, "DELETE", place)[1]["object"] == "conversation.deleted"
        assert _fetched(engine, "GET", place)[0] == 404

    return run


def _conversation_of_calls(engine: Recorder) -> None:
    """A call waits for its output, an answer of the background stands in its place, and two conversations are two."""
    names = [_fetched(engine, "POST", "/v1/conversations", {})[1]["id"] for _ in range(2)]
    assert names[0] != names[1]

    def said(**more: Any) -> Seen:
        body = {"model": "gpt-4o", "conversation": names[0], **more}
        return ask(engine, Ask(column=RESPONSES, body=body), stream=False)

    called = said(**hello(RESPONSES), **tools(RESPONSES)).body["output"][0]
    assert "No tool output found" in said(**hello(RESPONSES)).body["error"]["message"]
    output = {"type": "function_call_output", "call_id": called["call_id"], "output": "{}"}
    assert said(input=[output], background=True).body["status"] == "queued"
    kinds = [
        item["type"]
        for item in _fetched(engine, "GET", f"/v1/conversations/{names[0]}/items?order=asc")[1]["data"]
    ]
    assert kinds == ["message", "function_call", "function_call_output", "message"]
    assert _fetched(engine, "GET", f"/v1/conversations/{names[1]}/items")[1]["data"] == []


def _conversations_forgotten(engine: Recorder) -> None:
    alone = Recorder(engine.settings, log=engine.log)
    made = _fetched(alone, "POST", "/v1/conversations", {})[1]
    assert _fetched(alone, "GET", f"/v1/conversations/{made['id']}")[0] == 404


# -- kept completions ---------------------------------------------------------------------------------------------


def _completions_kept(engine: Recorder) -> None:
    """Streamed and whole alike; as recorded, the newest comes first and the messages are those of the request."""
    root = "/v1/chat/completions"
    for text, stream in (("My name is Ada.", False), ("My name is Bob.", True)):
        body = hello(CHAT, text, store=True, metadata={"name": text[11:14]})
        ask(engine, Ask(column=CHAT, body=body), stream=stream)
    status, listed = _fetched(engine, "GET", root)
    assert (status, [one["metadata"]["name"] for one in listed["data"]]) == (200, ["Bob", "Ada"])
    ada = listed["data"][1]
    assert _fetched(engine, "GET", f"{root}?model=gpt-4o-2024-08-06&metadata[name]=Ada&limit=1")[1][
        "data"
    ] == [ada]
    place = f"{root}/{ada['id']}"
    assert _fetched(engine, "GET", place) == (200, ada)
    assert _fetched(engine, "GET", f"{place}/messages")[1]["data"][0]["content"] == "My name is Ada."
    assert _fetched(engine, "POST", place, {"metadata": {"name": "Eve"}}) == (
        200,
        ada | {"metadata": {"name": "Eve"}},
    )
    assert _fetched(engine, "DELETE", place)[1]["deleted"] is True
    assert _fetched(engine, "GET", place)[0] == 404


def _completions_forgotten(engine: Recorder) -> None:
    """Without ``store: true`` nothing is kept, and without a memory (``--stateless``) nothing at all."""
    root = "/v1/chat/completions"
    ask(engine, Ask(column=CHAT, body=hello(CHAT)), stream=False)
    alone = Recorder(engine.settings, log=engine.log)
    made = ask(alone, Ask(column=CHAT, body=hello(CHAT, store=True)), stream=False).body
    assert _fetched(alone, "GET", f"{root}/{made['id']}")[0] == 404
    for one in (engine, alone):
        assert _fetched(one, "GET", root)[1]["data"] == []


# -- cached contents ----------------------------------------------------------------------------------------------


def _cached(engine: Recorder) -> None:
    """What is cached counts as cached; its tools are there; what is no longer there is refused."""
    for root, model, path in (
        ("/v1beta", "models/gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash"),
        (_PLACE, f"{_PLACE[4:]}/publishers/google/models/gemini-2.5-flash", f"{_PLACE}/publishers/google/models/gemini-2.5-flash"),
    ):  # fmt: skip
        made = {"model": model, "displayName": "the book", "ttl": "600s", **hello(GEMINI, "word " * 999)}
        status, held = _fetched(engine, "POST", f"{root}/cachedContents", made | tools(GEMINI))
        assert status == 200
        place = f"{root}/cachedContents/{held['name'].rpartition('/')[2]}"
        assert _fetched(engine, "GET", f"{root}/cachedContents") == (200, {"cachedContents": [held]})
        assert _fetched(engine, "PATCH", place, {"ttl": "900s"})[1]["expireTime"] > held["expireTime"]
        asked = hello(GEMINI, cachedContent=held["name"])
        status, told = _fetched(engine, "POST", f"{path}:generateContent", asked)
        assert "functionCall" in told["candidates"][0]["content"]["parts"][0]
        usage = told["usageMetadata"]
        assert usage["cachedContentTokenCount"] == held["usageMetadata"]["totalTokenCount"]
        beside = hello(
            GEMINI, cachedContent=held["name"], systemInstruction={"parts": [{"text": "Be brief."}]}
        )
        assert _fetched(engine, "POST", f"{path}:generateContent", beside)[0] == 400
        assert _fetched(engine, "DELETE", place) == (200, {})
        status, told = _fetched(engine, "POST", f"{path}:generateContent", asked)
        assert status == (403 if root == "/v1beta" else 404)


_PLACE = "/v1/projects/p/locations/us-central1"


def _cached_nowhere(engine: Recorder) -> None:
    """Without a memory (``--stateless``) a cache is made and forgotten."""
    alone = Recorder(engine.settings, log=engine.log)
    made = {"model": "models/gemini-2.5-flash", **hello(GEMINI, "word " * 999)}
    status, held = _fetched(alone, "POST", "/v1beta/cachedContents", made)
    assert status == 200
    assert _fetched(alone, "GET", f"/v1beta/{held['name']}")[0] == 403
    then = ask(alone, Ask(column=GEMINI, body=hello(GEMINI, cachedContent=held["name"])), stream=True)
    assert (then.status, then.body["error"]["status"]) == (403, "PERMISSION_DENIED")


# -- broken off ---------------------------------------------------------------------------------------------------


def _broken(column: str) -> Callable[[Recorder], None]:
    """After so many frames comes the provider's error; the reader tells that the answer is not whole."""

    def run(engine: Recorder) -> None:
        record = RECORDS[column]
        for kind, sent in (("overloaded", 3), ("timeout", 1)):
            asked = Ask(
                column=column,
                body=hello(column),
                model=f"mock-error-{kind}",
                headers={"x-mockllm-fail-after": str(sent)},
            )
            response = engine.answer(asked.request(stream=True), now=NOW)
            told = [*frames(response.steps)]
            reader = record.reader(dict(response.headers)["content-type"])
            for frame in told:
                reader.feed(frame.wire)
            read = reader.finish()
            assert response.status == 200
            closing = 2 if column in (RESPONSES, AZURE_RESPONSES) else 1
            # Gemini's whole answer is one chunk here: it breaks before that
            assert len(told) == closing + (0 if column == GEMINI else sent)
            assert (
                reader.findings or read.facts["error"]
            )  # Responses ends in order, with a response that failed
            if column in (CONVERSE, INVOKE):
                assert b":exception-type" in told[-1].wire

    return run


def _misspelt(column: str) -> Callable[[Recorder], None]:
    """What the model's name asks for and is not there is said, with what there is."""

    def run(engine: Recorder) -> None:
        for name, known in (("error-overload", "overloaded"), ("finish-lenght", "length")):
            seen = ask(engine, Ask(column=column, body=hello(column), model=f"mock-{name}"), stream=True)
            assert seen.status == 400
            assert known in seen.data.decode()

    return run


def _errors(column: str) -> Callable[[Recorder], None]:
    def run(engine: Recorder) -> None:
        assert set(_STATUSES) == set(get_args(ErrorKind))
        for kind, statuses in _STATUSES.items():
            asked = Ask(column=column, body=hello(column), model=f"mock-error-{kind}")
            seen = ask(engine, asked, stream=False)
            assert seen.status in statuses, (kind, seen.data)

    return run


_STATUSES = {
    "invalid_request": (400,),
    "authentication": (401,),
    "permission": (403,),
    "not_found": (404,),
    "method_not_allowed": (400, 405),
    "conflict": (409,),
    "request_too_large": (413,),
    "rate_limit": (429,),
    "server_error": (500,),
    "unavailable": (503,),
    "overloaded": (503, 529),
    "timeout": (408, 504),
}


# -- counts -------------------------------------------------------------------------------------------------------


def _counted(column: str) -> Callable[[Recorder], None]:
    """The count of a request is the input of its answer's usage, media and tools included."""

    def run(engine: Recorder) -> None:
        for body in (hello(column), hello(column) | tools(column), with_media(column, "image")):
            wanted = ask(engine, Ask(column=column, body=body), stream=False).turn.usage.input_tokens
            assert _count(engine, column, body) == wanted > 0

    return run


def _count(engine: Recorder, column: str, body: dict[str, Any]) -> Any:
    match column:
        case "openai-responses":
            return _fetched(engine, "POST", "/v1/responses/input_tokens", {"model": "gpt-4o", **body})[1][
                "input_tokens"
            ]
        case "anthropic-messages":
            sent = {"model": "claude-sonnet-4-5", **body}
            sent.pop("max_tokens")
            return _fetched(engine, "POST", "/v1/messages/count_tokens", sent)[1]["input_tokens"]
        case "anthropic-vertex":
            place = "/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens:rawPredict"
            sent = {"model": "claude-sonnet-4-5", **body}
            sent.pop("max_tokens")
            return _fetched(engine, "POST", place, sent)[1]["input_tokens"]
        case "bedrock-converse":
            return _fetched(engine, "POST", "/model/m/count-tokens", {"input": {"converse": body}})[1][
                "inputTokens"
            ]
        case "bedrock-invoke":
            held = base64.b64encode(json.dumps(body).encode()).decode()
            sent = {"input": {"invokeModel": {"body": held}}}
            return _fetched(engine, "POST", "/model/anthropic.claude-x/count-tokens", sent)[1]["inputTokens"]
        case _:
            request = {"generateContentRequest": {"model": "models/gemini-2.5-flash", **body}}
            return _fetched(engine, "POST", "/v1beta/models/gemini-2.5-flash:countTokens", request)[1][
                "totalTokens"
            ]


# -- lists --------------------------------------------------------------------------------------------------------


def _listed(path: str, key: str, **headers: str) -> Callable[[Recorder], None]:
    def run(engine: Recorder) -> None:
        status, body = _fetched(engine, "GET", path, **headers)
        assert status == 200
        assert body[key]

    return run


# -- embeddings ---------------------------------------------------------------------------------------------------

_TEXTS = ("the cat sat on the mat", "a cat on a mat", "quarterly revenue grew again")


def _near(vectors: list[list[float]]) -> None:
    """Unit vectors, and texts that share words are nearer than those that share none."""
    for vector in vectors:
        assert math.isclose(math.fsum(one * one for one in vector), 1, rel_tol=1e-3)
    like, unlike = (math.fsum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert like > unlike + 0.1


def _openai_embeddings(path: str, model: str) -> Callable[[Recorder], None]:
    def run(engine: Recorder) -> None:
        body = {"input": list(_TEXTS), "dimensions": 12} | ({"model": model} if model else {})
        status, told = _fetched(engine, "POST", path, body)
        assert status == 200
        vectors = [one["embedding"] for one in told["data"]]
        assert {len(vector) for vector in vectors} == {12}
        _near(vectors)
        assert told["usage"]["prompt_tokens"] > 0
        encoded = _fetched(engine, "POST", path, body | {"encoding_format": "base64"})[1]["data"][0][
            "embedding"
        ]
        raw = base64.b64decode(encoded)
        assert struct.unpack("<12f", raw) == struct.unpack("<12f", struct.pack("<12f", *vectors[0]))

    return run


def _gemini_embeddings(engine: Recorder) -> None:
    contents = [{"content": {"parts": [{"text": text}]}, "outputDimensionality": 12} for text in _TEXTS]
    place = "/v1beta/models/gemini-embedding-001"
    requests = [{"model": "models/gemini-embedding-001", **one} for one in contents]
    status, told = _fetched(engine, "POST", f"{place}:batchEmbedContents", {"requests": requests})
    assert status == 200
    _near([one["values"] for one in told["embeddings"]])
    status, one = _fetched(engine, "POST", f"{place}:embedContent", contents[0])
    assert (status, one["embedding"]["values"]) == (200, told["embeddings"][0]["values"])


def _vertex_embeddings(engine: Recorder) -> None:
    place = f"{_PLACE}/publishers/google/models"
    contents = [{"content": {"parts": [{"text": text}]}, "embedContentConfig": {"outputDimensionality": 12}} for text in _TEXTS]  # fmt: skip
    batch = f"{place}/gemini-embedding-001:batchEmbedContents"
    told = _fetched(engine, "POST", batch, {"requests": contents})[1]
    vectors = [one["values"] for one in told["embeddings"]]
    _near(vectors)
    status, one = _fetched(engine, "POST", f"{place}/gemini-embedding-2:embedContent", contents[0])
    assert (status, one["embedding"]["values"]) == (200, vectors[0])
    older = {"instances": [{"content": text} for text in _TEXTS], "parameters": {"outputDimensionality": 12}}
    told = _fetched(engine, "POST", f"{place}/text-embedding-005:predict", older)[1]
    assert [one["embeddings"]["values"] for one in told["predictions"]] == vectors


def _titan_embeddings(engine: Recorder) -> None:
    place = "/model/amazon.titan-embed-text-v2:0/invoke"
    told = [_fetched(engine, "POST", place, {"inputText": text, "dimensions": 256})[1] for text in _TEXTS]
    _near([one["embedding"] for one in told])
    assert told[0]["inputTextTokenCount"] > 0


def _cohere_embeddings(engine: Recorder) -> None:
    body = {"texts": list(_TEXTS), "input_type": "search_document", "output_dimension": 256}
    told = _fetched(engine, "POST", "/model/cohere.embed-v4:0/invoke", body)[1]
    _near(told["embeddings"])
    inputs = [{"content": [{"type": "text", "text": text}]} for text in _TEXTS]
    body = {
        "inputs": inputs,
        "input_type": "search_document",
        "output_dimension": 256,
        "embedding_types": ["float"],
    }
    assert _fetched(engine, "POST", "/model/cohere.embed-v4:0/invoke", body)[1]["embeddings"] == {
        "float": told["embeddings"]
    }
    picture = {"images": ["data:image/png;base64,iVBORw0KGgo="], "input_type": "image"}
    status, told = _fetched(engine, "POST", "/model/cohere.embed-english-v3/invoke", picture)
    assert (status, len(told["embeddings"]), told["texts"]) == (200, 1, [])


def _bedrock_embeddings(engine: Recorder) -> None:
    _titan_embeddings(engine)
    _cohere_embeddings(engine)


def _nothing_made(engine: Recorder) -> None:
    assert _fetched(engine, "GET", "/guardrails") == (200, {"guardrails": []})
    assert _fetched(engine, "GET", "/model-invocation-jobs?maxResults=5") == (
        200,
        {"invocationJobSummaries": []},
    )
    assert _fetched(engine, "GET", "/async-invoke") == (200, {"asyncInvokeSummaries": []})


_NOTHING = "lists of what a client can make: files, batches, jobs, stores; empty, as of a new account"


def _lists_nothing(*places: tuple[str, int], **headers: str) -> Callable[[Recorder], None]:
    """Each list is empty and has so many keys; nothing can be made, in the words of an unknown path."""

    def run(engine: Recorder) -> None:
        for place, keys in places:
            status, told = _fetched(engine, "GET", place, **headers)
            assert (status, len(told)) == (200, keys)
            assert told.get("data", []) == []
            assert told.get("has_more", False) is False
        status, told = _fetched(engine, "POST", places[0][0], {}, **headers)
        assert status == 404
        assert "error" in told

    return run


# -- sockets -------------------------------------------------------------------------------------------------------

_HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def _socket(target: str, told: dict[str, Any] | None, code: int, reason: str) -> Callable[[Recorder], None]:
    """Open a socket, say what is told, and see how it is closed."""

    def run(engine: Recorder) -> None:
        path, _, query = target.partition("?")
        request = HttpRequest(method="GET", path=path, query=query, headers=_HANDSHAKE)
        opening = engine.answer(request, now=NOW)
        assert isinstance(opening, Opening)
        assert opening.status == 101
        assert opening.hears == (told is not None)
        said = b"" if told is None else json.dumps(told).encode()
        closed = opening.closing(said)
        seen = Exchange(
            replace(request, headers={}, body=said),
            closed.code,
            (("close-reason", closed.reason),),
            closed.text,
        )
        engine.log.parts.append(seen)
        assert (closed.code, closed.reason) == (code, reason)
        assert bool(closed.text) == (told is None)

    return run


def _no_socket(target: str, status: int, word: str) -> Callable[[Recorder], None]:
    """See a handshake refused."""

    def run(engine: Recorder) -> None:
        got, body = _fetched(engine, "GET", target, **_HANDSHAKE)
        assert got == status
        assert word in json.dumps(body)

    return run


def _steered(engine: Recorder) -> None:
    """Open a socket, steer what is under way, and hear what follows."""
    request = HttpRequest(method="GET", path="/v1/responses", headers=_HANDSHAKE)
    opening = engine.answer(request, now=NOW)
    assert isinstance(opening, Served)
    dialogue = opening.dialogue
    own = Engine(Settings(), dialogue.memory(None))
    said = json.dumps({"type": "response.create", "model": "gpt-6-astra", "input": "Hello"}).encode()
    asked = dialogue.take(said)
    assert isinstance(asked, Asked)
    telling = dialogue.told(asked, own.answer(asked, now=NOW))
    told: list[Any] = [next(telling)]
    name = json.loads(told[0])["response"]["id"]
    dialogue.take(
        json.dumps({"type": "response.steer", "previous_response_id": name, "input": "Be brief"}).encode()
    )
    told += [*dialogue.due(), *telling]
    for one in dialogue.due():
        assert isinstance(one, Asked)
        told += dialogue.told(one, own.answer(one, now=NOW))
    events = [one for one in told if isinstance(one, bytes)]
    engine.log.parts.append(
        Exchange(replace(request, headers={}, body=said), opening.status, (), b"\n".join(events))
    )
    kinds = [json.loads(one)["type"] for one in events]
    assert kinds[1] == "response.steer.accepted"
    assert kinds.count("response.completed") == 2
    assert json.loads(events[-1])["response"]["previous_response_id"] == name


def _talked(target: str) -> Callable[[Recorder], None]:
    """Open a socket, ask twice in one lane, and go on with what is lost."""

    def run(engine: Recorder) -> None:
        request = HttpRequest(method="GET", path=target, headers=_HANDSHAKE)
        opening = engine.answer(request, now=NOW)
        assert isinstance(opening, Served)
        dialogue = opening.dialogue
        own = Engine(Settings(), dialogue.memory(None))
        last = ""
        for text in ("Hello", "Go on", "Lost"):
            event = {
                "type": "response.create",
                "stream_id": "main",
                "model": "gpt-5.2",
                "store": False,
                "input": text,
            }
            said = json.dumps(event | ({"previous_response_id": last} if last else {})).encode()
            asked = dialogue.take(said)
            assert isinstance(asked, Asked)
            told = [one for one in dialogue.told(asked, own.answer(asked, now=NOW)) if isinstance(one, bytes)]
            seen = Exchange(replace(request, headers={}, body=said), opening.status, (), b"\n".join(told))
            engine.log.parts.append(seen)
            end = json.loads(told[-1])
            assert end["stream_id"] == "main"
            if text == "Lost":
                assert end["error"]["code"] == "previous_response_not_found"
            else:
                assert end["response"]["output"][0]["content"][0]["text"] == text
                # the second goes on with the first, the third with nothing that there is
                last = end["response"]["id"] if text == "Hello" else "resp_0"

    return run


_SOCKET = "a WebSocket refused in the provider's way"
_LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_LIVE_OF_VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
_TALKER = "gemini-live-2.5-flash"
_HOME = "projects/p/locations/global/publishers/google"

VISITS: tuple[tuple[str, str, tuple[str, ...], Callable[[Recorder], None]], ...] = (
    *(("Reasoning", "accepted when it comes back with a tool's result", (one,), _returned(one, damage=False)) for one in _MAKERS),
    *(("Reasoning", "a tampered signature refused", (one,), _returned(one, damage=True)) for one in _MAKERS),
    ("OpenAI", "kept responses: `GET`, `DELETE`, `input_items`, `previous_response_id`", (RESPONSES,), _kept(RESPONSES, "/v1")),
    ("OpenAI", "kept responses: `GET`, `DELETE`, `input_items`, `previous_response_id`", (AZURE_RESPONSES,), _kept(AZURE_RESPONSES, "/openai/v1")),
    ("OpenAI", "a streamed response is kept", (RESPONSES,), _streamed_and_kept),
    ("OpenAI", "conversations: `POST`, `GET`, `DELETE`, `items`, `conversation`", (RESPONSES,), _conversations(RESPONSES, "/v1")),
    ("OpenAI", "conversations: `POST`, `GET`, `DELETE`, `items`, `conversation`", (AZURE_RESPONSES,), _conversations(AZURE_RESPONSES, "/openai/v1")),
    ("OpenAI", "conversations with calls, and in the background", (RESPONSES,), _conversation_of_calls),
    ("OpenAI", "conversations are forgotten with `--stateless`", (RESPONSES,), _conversations_forgotten),
    ("OpenAI", "`POST …/responses/compact`", (RESPONSES,), _compacted(RESPONSES, "/v1")),
    ("OpenAI", "`POST …/responses/compact`", (AZURE_RESPONSES,), _compacted(AZURE_RESPONSES, "/openai/v1")),
    ("OpenAI", "`background`: queued, in progress, then finished or cancelled; a stream taken up again", (RESPONSES,), _behind(RESPONSES, "/v1")),
    ("OpenAI", "`background`: queued, in progress, then finished or cancelled; a stream taken up again", (AZURE_RESPONSES,), _behind(AZURE_RESPONSES, "/openai/v1")),
    ("OpenAI", "`background` is refused with `--stateless`", (RESPONSES,), _behind_nothing),
    ("OpenAI", "a WebSocket of `/v1/responses`: lanes, `previous_response_id` without a store", (RESPONSES,), _talked("/v1/responses")),
    ("OpenAI", "a WebSocket of `/v1/responses`: `response.steer` of GPT-6", (RESPONSES,), _steered),
    ("OpenAI", "a WebSocket of `/v1/responses`: lanes, `previous_response_id` without a store", (AZURE_RESPONSES,), _talked("/openai/v1/responses")),
    ("OpenAI", "reasoning and the call that it led to, sent back apart: refused", (RESPONSES,), _apart),
    ("OpenAI", "nothing is kept with `--stateless`", (RESPONSES,), _stateless),
    ("OpenAI", "`store: false` keeps nothing", (RESPONSES,), _not_kept),
    ("OpenAI", "a stream that failed keeps nothing", (RESPONSES,), _failed_not_kept),
    ("OpenAI", "kept completions (`store: true`): list, `GET`, `messages`, `POST`, `DELETE`", (CHAT,), _completions_kept),
    ("OpenAI", "no completion is kept without `store: true`, nor with `--stateless`", (CHAT,), _completions_forgotten),
    ("Gemini", "cached contents: made, listed, prolonged, used, deleted", (GEMINI,), _cached),
    ("Gemini", "no cached content is kept with `--stateless`", (GEMINI,), _cached_nowhere),
    *(("Errors", "an error inside a stream, in the provider's form (`x-mockllm-fail-after`)", (one,), _broken(one)) for one in (*PROTOCOLS, *HOSTS)),
    *(("Errors", "every status by the model's name (`mock-error-KIND`)", (one,), _errors(one)) for one in (*PROTOCOLS, *HOSTS)),
    *(("Errors", "a misspelt `mock-error-KIND` or `mock-finish-REASON` refused", (one,), _misspelt(one)) for one in (*PROTOCOLS, *HOSTS)),
    ("Errors", f"{_SOCKET}: Realtime", (CHAT,), _socket("/v1/realtime?model=gpt-realtime", None, 4004, "invalid_request_error.model_not_found")),
    ("Errors", f"{_SOCKET}: Realtime", (AZURE,), _no_socket("/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime", 404, "DeploymentNotFound")),
    ("Errors", f"{_SOCKET}: Live", (GEMINI,), _socket(_LIVE, {"setup": {"model": f"models/{_TALKER}"}}, 1008, f"models/{_TALKER} is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ModelSe")),
    ("Errors", f"{_SOCKET}: Live on Vertex AI", (GEMINI,), _socket(_LIVE_OF_VERTEX, {"setup": {"model": f"{_HOME}/models/{_TALKER}"}}, 1008, f"Publisher Model `{_HOME}/models/{_TALKER}` was not found or your project ")),
    *(("Counts and lists", "tokens counted before asking, the same as in usage", (one,), _counted(one)) for one in (RESPONSES, MESSAGES, CONVERSE, GEMINI, VERTEX, INVOKE)),
    ("Bedrock", "lists of what nobody made: guardrails, jobs, custom models", (CONVERSE,), _nothing_made),
    ("Counts and lists", _NOTHING, (CHAT,), _lists_nothing(("/v1/files", 5), ("/v1/batches", 5), ("/v1/fine_tuning/jobs", 3), ("/v1/vector_stores", 5), ("/v1/containers", 5), ("/v1/evals", 5), ("/v1/skills", 5), ("/v1/videos", 5))),
    ("Counts and lists", _NOTHING, (AZURE,), _lists_nothing(("/openai/v1/files", 2), ("/openai/batches?api-version=2024-10-21", 4), ("/openai/v1/fine_tuning/jobs", 3), ("/openai/v1/vector_stores", 5))),
    ("Counts and lists", _NOTHING, (MESSAGES,), _lists_nothing(("/v1/files", 2), ("/v1/messages/batches", 4), ("/v1/skills", 3), **{"anthropic-version": "2023-06-01"})),
    ("Counts and lists", _NOTHING, (GEMINI,), _lists_nothing(("/v1beta/files", 0), ("/v1beta/batches?pageSize=5", 0), ("/v1beta/tunedModels", 0), ("/v1beta/corpora", 0), ("/v1beta/fileSearchStores", 0), (f"{_PLACE}/batchPredictionJobs", 0), (f"/v1beta1{_PLACE[3:]}/tuningJobs", 0))),
    ("Counts and lists", "list of models", (CHAT, RESPONSES, COMPLETIONS), _listed("/v1/models", "data")),
    ("Counts and lists", "list of models", (AZURE,), _listed("/openai/models?api-version=2024-10-21", "data")),
    ("Counts and lists", "list of models", (AZURE_RESPONSES,), _listed("/openai/v1/models", "data")),
    ("Counts and lists", "list of models", (MESSAGES,), _listed("/v1/models", "data", **{"anthropic-version": "2023-06-01"})),
    ("Counts and lists", "list of models", (CONVERSE, INVOKE), _listed("/foundation-models", "modelSummaries")),
    ("Counts and lists", "list of models", (GEMINI,), _listed("/v1beta/models", "models")),
    ("Counts and lists", "list of models at `/v1/models` for Google's key (`x-goog-api-key` or `?key=`)", (GEMINI,), _listed("/v1/models?key=k", "models")),
    ("Embeddings", "floats and base64, `dimensions`, batches; texts that share words are near", (CHAT, RESPONSES, COMPLETIONS), _openai_embeddings("/v1/embeddings", "text-embedding-3-small")),
    ("Embeddings", "floats and base64, `dimensions`, batches; texts that share words are near", (AZURE,), _openai_embeddings("/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21", "")),
    ("Embeddings", "`embedContent`, `batchEmbedContents`", (GEMINI,), _gemini_embeddings),
    ("Embeddings", "on Vertex AI: `embedContent`, `batchEmbedContents`, `predict`", (GEMINI,), _vertex_embeddings),
    ("Embeddings", "Titan and Cohere by InvokeModel; Cohere's images, and texts and images in one input", (INVOKE,), _bedrock_embeddings),
)  # fmt: skip
