"""OpenAI Responses: ``POST /v1/responses``, as its newest recordings of July 2026 show it.

References: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming

Order of a stream, every event with ``event:`` equal to its ``type`` and a ``sequence_number`` from 0, no ``[DONE]``:

    response.created response.in_progress
    (response.output_item.added PARTS response.output_item.done)*
    response.completed | response.incomplete

PARTS of a text: content_part.added, output_text.delta*, output_text.done, content_part.done; of a refusal the
same with refusal.delta*, refusal.done; of a function call: function_call_arguments.delta*, .done; of a custom
tool: custom_tool_call_input.delta*, .done; of a compaction that a trigger asked for: compaction.compacting*; of each part of a summary: reasoning_summary_part.added,
reasoning_summary_text.delta*, .done, reasoning_summary_part.done.

Quirks, each recorded:

- Keys of an event: ``type`` first, the rest in order; a response and its items have orders of their own.
- ``obfuscation`` on deltas fills the delta (its characters, not its bytes) up to a multiple of 16.
- ``billing`` stands in whole bodies only. ``service_tier`` is ``auto`` first and ``default`` in the end.
- A finished text part repeats no logprobs, ``output_text.done`` repeats them exactly, the finished item to six
  decimals. Numbers have a plain exponent (``2e-6``).
- Encrypted reasoning is another text in added, done and completed.
- A tool's schema is made strict unless the request says ``strict: false``.
- A compaction (``compaction``) is sealed as reasoning is, and stands before the answer or alone.
- An unknown model is 400 with ``param``, not 404. A failing stream sends ``error``, then ``response.failed``.

In order: ``parse``; ``items``, ``echo``, ``body`` and ``stream`` spell; ``errors`` and ``headers``; ``rules``, ``gather``
and ``read`` are the mirror; ``state`` is what a host may keep; ``families`` and ``seal`` are tables and tokens.
"""

from mockllm_core.protocols.openai_responses.record import PROTOCOL

__all__ = ["PROTOCOL"]
