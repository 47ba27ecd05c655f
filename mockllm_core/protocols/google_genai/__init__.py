"""Google Gemini, on the Gemini API and on Vertex AI.

Specs: https://ai.google.dev/api/generate-content and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference

A stream is a row of whole responses: thoughts, then text and calls, ``finishReason`` in the last one. No event names
and no terminator. Quirks:

- three spellings of one JSON: airy in server-sent events, pretty in an array and in whole bodies (``spell``);
- a forced tool, like any call, ends with ``STOP``;
- arguments come whole, as an object, but in pieces where Vertex AI is asked for that (``partial``, ``joiner``);
- ids and thought signatures only on some families (``families``);
- requests in camel or snake case at every depth (``options``);
- Gemini 3 refuses a turn whose calls lost their thought signature, or whose signature was changed (``checks``, ``ids``);
- what a named cached content holds is read as part of the request (``caches``);
- a blocked answer loses its content: in a whole body even the text before the block.
"""

from mockllm_core.protocols.google_genai.record import PROTOCOL

__all__ = ["PROTOCOL"]
