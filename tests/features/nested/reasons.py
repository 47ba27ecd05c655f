"""Why a nested option may do nothing, in words that the APIs share; docs/support.md prints them."""

from __future__ import annotations

SOUND = "only with sound, pictures or video in the answer, which are refused"
AT_ONCE = "an answer in the background is there at the second look, whatever the window"
NAMES = "participants' names count nothing and are not told"
CACHES = "it moves what a cache counts of prompts of 1,024 tokens and more, and what is cached is not forgotten for its age"
SAFE = "nothing said is unsafe; `mock-finish-REASON` blocks"
KINDS = "each picture, document, sound and video counts by its kind alone, and none is opened"
VALID = "arguments and structured answers are valid for their schema anyway"
USUAL = "it is what happens without it"
SENT_BACK = "part of an earlier answer that comes back: it is accepted and not judged"
MADE_UP = "settings of tools that the provider runs: what they find is made up, and they are used once"
CLIENTS = (
    "settings of the provider's tools that the client runs: they are called as a function is, whatever is set"
)
OFFERED = "it says how a model finds or calls the tool; a mock calls it anyway"
LONG = "a conversation is never too long"
FALLBACK = "the first model always answers"
SAMPLING = "it moves what a model is likely to say, and a mock says the same to all"
KEPT = "no answer shows it"
THOUGHTS = "thoughts are as long as they are"
CITES = "the answer is the user's text and cites no source"
LABELS = "it names the schema for the model"
PROMPTS = "it fills a stored prompt, and none is stored"
TURNS = "the tools of a request are those that it lists"
PROSE = "without `responseMimeType: application/json` the answer is prose (Vertex AI refuses it)"
