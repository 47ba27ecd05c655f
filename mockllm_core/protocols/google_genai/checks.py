"""What the provider refuses although its types allow it, in its own words.

The Gemini API names the field (``* GenerateContentRequest.contents: ...`` with a final line break), Vertex AI writes
sentences that begin with "Unable to submit request because". Sources: error bodies printed in public issues of
googleapis/python-genai, googleapis/js-genai and google-gemini/gemini-cli, and one recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Conversation
from mockllm_core.errors import ApiError
from mockllm_core.once import once_by_value
from mockllm_core.protocols.google_genai import foreign, media, partial, schemas, toolbox, turns
from mockllm_core.protocols.google_genai.families import family, resolved
from mockllm_core.protocols.google_genai.ids import signature_state
from mockllm_core.protocols.google_genai.options import enum, many, pick, whole_number

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["BAD_NAME", "MODES", "PLAIN", "check", "check_contents", "in_prose"]

BAD_NAME = (
    "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9),"
    " underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
)

_ROLES = (None, "", "user", "model", "function")
_LEARN_MORE = " Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
_LEVELS = ("", "LOW", "MEDIUM", "HIGH", "MINIMAL", "XHIGH")
MODES = ("", "AUTO", "ANY", "NONE", "VALIDATED")
"""The function calling modes, by their numbers."""

_STRUCTURED = ("application/json", "text/x.enum")
_MIME_TYPES = ("text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum")


PLAIN = frozenset(("contents", "model"))
"""Keys that say nothing but what is to be answered."""
_TOOLS = PLAIN | {"tools"}


def check(asked: Conversation, body: Json, *, vertex: bool, stream: bool) -> None:
    """Raise ApiError for the first thing that is wrong with a request for an answer."""
    check_contents(body, vertex=vertex)
    config = None
    if not (PLAIN.issuperset(body) or (_TOOLS.issuperset(body) and _sound(body["tools"], (vertex,)))):
        _options(asked, body, vertex=vertex, stream=stream)
        config = pick(body, "generationConfig")
    if config is not None:
        _ranges(config, asked.model, vertex=vertex)
        _disabled(config, asked.model, vertex=vertex)
        _output(config, asked.model, vertex=vertex)
        _choices(asked, config, vertex=vertex)
        _thinking(asked.model, config)
        _json_with_functions(asked, config)
    turns.check(body)
    if family(asked.model).signature == "last":
        _signatures(body, vertex=vertex)


def _options(asked: Conversation, body: Json, *, vertex: bool, stream: bool) -> None:
    foreign.check(body, vertex=vertex)
    _in_pieces(body, stream=stream)
    schemas.check(body, vertex=vertex)
    _tools(asked, body)
    toolbox.check(body, asked.model, vertex=vertex)


@once_by_value()
def _sound(tools: Json, vertex: bool) -> bool:  # noqa: FBT001 - a key of the memory
    """Tell whether nobody would refuse these tools in a request that says no more of them."""
    body = {"tools": tools}
    if any(toolbox.is_built_in(tool) for tool in many(body, "tools")):
        return False  # which model is asked counts
    try:
        _options(Conversation(model="", messages=()), body, vertex=vertex, stream=True)
    except ApiError:
        return False
    return True


def check_contents(body: Json, *, vertex: bool = False, counting: bool = False) -> None:
    """Raise ApiError for contents without a valid role or without parts."""
    contents = many(body, "contents")
    if not contents:
        raise _refused(
            "Unable to submit request because at least one contents field is required."
            if vertex
            else "* GenerateContentRequest.contents: contents is not specified\n"
        )
    for at, content in enumerate(contents):
        role = pick(content, "role")
        if role not in _ROLES or (vertex and not role):
            raise _refused("Please use a valid role: user, model.")
        parts = many(content, "parts")
        if not parts:
            raise _refused(
                "Unable to submit request because it must include at least one parts field, which describes the"
                " prompt input."
                if vertex
                else f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty.\n"
            )
        for nth, part in enumerate(parts):
            if isinstance(part, dict) and (part.get("text") is None or len(part) > 1):
                place = f"contents[{at}].parts[{nth}]"
                foreign.check_part(part, place, vertex=vertex)
                media.check(part, place, vertex=vertex, counting=counting)
                _other(part, place)


def _other(part: dict[str, Json], place: str) -> None:
    """Check a part that is more than a text, or none: it says something, and a call has a name."""
    if list(part.values()).count(None) == len(part):
        raise _refused(
            f"* GenerateContentRequest.{place}.data: required oneof field 'data' must have one initialized field\n"
        )
    call = pick(part, "functionCall")
    if call is not None and not pick(call, "name"):
        raise _refused(f"* GenerateContentRequest.{place}.function_call.name: Name cannot be empty.\n")


def _tools(asked: Conversation, body: Json) -> None:
    for at, tool in enumerate(many(body, "tools")):
        if not any(value not in (None, []) for value in tool.values()):
            raise _refused(
                f"tools[{at}].tool_type: required one_of 'tool_type' must have one initialized field"
            )
        for nth, declared in enumerate(many(tool, "functionDeclarations")):
            if not pick(declared, "name"):
                place = f"tools[{at}].function_declarations[{nth}].name"
                raise _refused(f"* GenerateContentRequest.{place}: {BAD_NAME}\n")
    choice = asked.tool_choice
    if choice.names and not _names_count(body):
        raise _refused("Please set allowed_function_names only when function calling mode is ANY.")
    if choice.mode in ("any", "tool") and not asked.tools:
        raise _refused("Function calling config is set without function_declarations.")
    if choice.names and not {tool.name for tool in asked.tools}.issuperset(choice.names):
        raise _refused("allowed_function_names should be a subset of the provided function_declarations.")


def _in_pieces(body: Json, *, stream: bool) -> None:
    """Check ``streamFunctionCallArguments``, which is for streams alone, whatever the model.

    The sentence: https://github.com/vercel/ai/issues/14314.
    """
    if not stream and partial.asked(body):
        raise _refused(
            f"Unable to submit request because streaming function call is not supported in unary API.{_LEARN_MORE}"
        )


def _names_count(body: Json) -> bool:
    """Tell whether the mode is one that looks at ``allowedFunctionNames``: not AUTO, nor none said."""
    config = pick(pick(body, "toolConfig"), "functionCallingConfig")
    return enum(pick(config, "mode"), MODES) in ("ANY", "VALIDATED")


def _spelled(value: float) -> str:
    """Spell a number shortly; a whole one that no float holds, in all its digits."""
    try:
        return f"{value:g}"
    except OverflowError:
        return str(value)


def _ranges(config: Json, model: str, *, vertex: bool) -> None:
    for name, least, most in (("temperature", 0.0, 2.0), ("topP", 0.0, 1.0)):
        value = pick(config, name)
        if isinstance(value, (int, float)) and not least <= value <= most:
            spelled = "top_p" if name == "topP" else name
            raise _refused(
                f"Unable to submit request because it has a {name} value of {_spelled(value)} but the supported range is"
                f" from {least:g} (inclusive) to {most + 0.0001:g} (exclusive). Update the value and try again."
                if vertex
                else f"* GenerateContentRequest.generation_config.{spelled}: {spelled} must be in the range"
                f" [{least}, {most}].\n"
            )
    _cap(whole_number(pick(config, "maxOutputTokens")), model, vertex=vertex)
    if len(many(config, "stopSequences")) > 5:
        raise _refused(
            "* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences must not"
            " exceed 5.\n"
        )
    if pick(config, "logprobs") is not None and pick(config, "responseLogprobs") is not True:
        raise _refused(
            "* GenerateContentRequest.generation_config.logprobs: logprobs is only valid when response_logprobs is"
            " true.\n"
        )


def _cap(tokens: int | None, model: str, *, vertex: bool) -> None:
    """Refuse no tokens; Vertex AI refuses more than the model writes, too, as reports of 2024 to September 2026 show."""
    if tokens is None:
        return
    most = 8_192 if (0, 0) < family(model).version < (2, 5) else 65_536
    if vertex and not 1 <= tokens <= most:
        raise _refused(
            f"Unable to submit request because it has a maxOutputTokens value of {tokens} but the supported range"
            f" is from 1 (inclusive) to {most + 1} (exclusive). Update the value and try again."
        )
    if tokens < 1:
        raise _refused(
            "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n"
        )


def _disabled(config: Json, model: str, *, vertex: bool) -> None:
    """Refuse what a host's models do not have: the Gemini API's from 2.5 on, Vertex AI's from 3.0 on.

    Penalties and log probabilities on the Gemini API; on Vertex AI only the latter.
    """
    version = family(model).version
    if version < ((3, 0) if vertex else (2, 5)):
        return
    scored = pick(config, "responseLogprobs") is True
    if vertex:
        if scored:
            raise _refused(
                f"Unable to submit request because Logprobs is not supported for this model.{_LEARN_MORE}"
            )
        return
    for what, asked in (
        ("Penalty", any(pick(config, name) for name in ("presencePenalty", "frequencyPenalty"))),
        ("Logprobs", scored),
    ):
        if asked:
            named = f"models/{resolved(model)}" if version < (3, 0) else "this model"
            raise _refused(f"{what} is not enabled for {named}")


def in_prose(mime: Json) -> bool:
    """Tell whether a ``responseMimeType`` leaves the answer to be prose, so that no schema is followed.

    XML and YAML are taken (``_MIME_TYPES``) and no more is said of them anywhere; Google's reference of a schema calls
    JSON the type that is compatible with one, its guide of enums the other. So a schema does there what it does in
    plain text.
    """
    return str(mime).lower() not in _STRUCTURED


def _output(config: Json, model: str, *, vertex: bool) -> None:
    mime = pick(config, "responseMimeType")
    if pick(config, "responseSchema") is not None and pick(config, "responseJsonSchema") is not None:
        # the reference: "if set, response_schema must be omitted"; the form is that of all faults of one key
        raise _refused(
            "* GenerateContentRequest.generation_config.response_json_schema: response_schema must be omitted when "
            "response_json_schema is set\n"
        )
    if vertex and in_prose(mime) and (pick(config, "responseSchema") or pick(config, "responseJsonSchema")):
        # github.com/ak--47/ak-gemini tells of a 400 INVALID_ARGUMENT; the sentence is the one for what is not explained
        raise _refused("Request contains an invalid argument.")
    if isinstance(mime, str) and mime and mime.lower() not in _MIME_TYPES:
        raise _refused(
            "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`,"
            " `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n"
        )
    modalities = [str(name).lower() for name in many(config, "responseModalities")]
    for form in many(config, "responseFormat"):
        modalities += [kind for kind in ("audio", "image", "video") if pick(form, kind) is not None]
        modalities += ["text"] if pick(form, "text") is not None else []
    # a model that draws may answer in text alone, unless only pictures were asked for
    if set(modalities) - ({"text", "image"} if "image" in model and "text" in modalities else {"text"}):
        raise _refused(
            f"Model does not support the requested response modalities: {','.join(sorted(modalities))}"
        )


def _choices(asked: Conversation, config: Json, *, vertex: bool) -> None:
    count = whole_number(pick(config, "candidateCount"))
    if count is None or count == 1:
        return
    if not vertex and count > 1 and family(asked.model).version >= (3, 0):
        raise _refused("Multiple candidates is not enabled for this model")
    if not 1 <= count <= 8:
        raise _refused(
            f"Unable to submit request because it has a candidateCount value of {count} but the supported range is"
            " from 1 (inclusive) to 9 (exclusive). Update the value and try again."
            if vertex
            else "* GenerateContentRequest.generation_config.candidate_count: candidate_count must be in the range"
            " [1, 8].\n"
        )


def _thinking(model: str, config: Json) -> None:
    thinking = pick(config, "thinkingConfig")
    budget = whole_number(pick(thinking, "thinkingBudget"))
    level = enum(pick(thinking, "thinkingLevel"), _LEVELS)
    form = family(model)
    if not form.thinking and (budget or level or pick(thinking, "includeThoughts") is True):
        raise _refused("Unable to submit request because thinking is not supported by this model.")
    if budget is not None and level:
        raise _refused("You can only set only one of thinking budget and thinking level.")
    if level and form.version == (2, 5):
        raise _refused("Thinking level is not supported for this model.")
    if budget == 0 and form.version >= (2, 5) and "-pro" in model:
        raise _refused("Budget 0 is invalid. This model only works in thinking mode.")
    if budget is not None and budget not in (0, -1) and form.version == (2, 5):
        least, most = (128, 32768) if "-pro" in model else (512 if "-lite" in model else 0, 24576)
        if not least <= budget <= most:
            raise _refused(
                f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}."
            )


def _json_with_functions(asked: Conversation, config: Json) -> None:
    mime = str(pick(config, "responseMimeType")).lower()
    if asked.tools and mime == "application/json" and (0, 0) < family(asked.model).version < (3, 0):
        raise _refused("Function calling with a response mime type: 'application/json' is unsupported")


def _signatures(body: Json, *, vertex: bool) -> None:
    """Check the thought signatures of the current turn: each step's first call must carry one.

    A step is what the model says at a stretch: google-genai's chats keep each chunk of a stream as a content.
    """
    contents = many(body, "contents")
    begin = 0
    for at, content in enumerate(contents):
        if pick(content, "role") != "model":
            parts = many(content, "parts")
            if not any(pick(part, "functionResponse") is not None for part in parts):
                begin = at
    called = False
    for at, content in enumerate(contents):
        if pick(content, "role") != "model":
            called = False
        for nth, part in enumerate(many(content, "parts")):
            if len(part) == 1 and "text" in part:
                continue
            given = pick(part, "thoughtSignature")
            call = pick(part, "functionCall")
            if isinstance(given, str) and given:
                _whole(given, f"contents[{at}].parts[{nth}].thought_signature", vertex=vertex)
            elif call is not None and not called and at > begin and pick(content, "role") == "model":
                raise _refused(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools"
                    " to work correctly, and missing thought_signature may lead to degraded model performance."
                    f" Additional data, function call `default_api:{pick(call, 'name')}` , position {at + 1}."
                    " Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
                )
            called = called or call is not None


def _whole(given: str, place: str, *, vertex: bool) -> None:
    state = signature_state(given)
    if state == "undecodable":
        message = f"Invalid value at '{place}' (TYPE_BYTES), Base64 decoding failed for \"{given}\""
        raise ApiError("invalid_request", message, param=place)
    if state == "corrupt":
        raise _refused("Invalid thought signature." if vertex else "Corrupted thought signature.")


def _refused(message: str) -> ApiError:
    return ApiError("invalid_request", message)
