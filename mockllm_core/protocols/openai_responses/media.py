"""What the provider refuses of the pictures and files beside an input's words; the words' sources stand in ``mockllm_core.media``.

Which files are taken: https://developers.openai.com/api/docs/guides/file-inputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.media import PICTURES, lacks
from mockllm_core.protocols.openai_responses.offered import exactly_one

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_media"]

_PICTURE = (
    "a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
)
_FILE = "a base64-encoded data URL with a valid file MIME type (e.g. 'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ==')"
_SEE = "Please see https://platform.openai.com/docs/assistants/tools/file-search#supported-files for supported file types."

_APPLICATION = (
    "csv graphql javascript json json5 msword pdf rtf toml typescript vnd.apple.iwork vnd.apple.keynote vnd.apple.pages "
    "vnd.google-apps.document vnd.google-apps.presentation vnd.google-apps.spreadsheet vnd.ms-excel vnd.ms-powerpoint "
    "vnd.oasis.opendocument.text vnd.openxmlformats-officedocument.presentationml.presentation "
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet vnd.openxmlformats-officedocument.wordprocessingml.document "
    "x-awk x-bash x-graphql x-httpd-php x-httpd-php-source x-iif x-json5 x-ndjson x-patch x-php x-powershell x-protobuf "
    "x-rust x-scala x-sql x-subrip x-terraform x-toml x-yaml yaml"
)
_TEXT = (
    "calendar css csv html javascript jsx markdown plain rtf srt tsv tsx vbscript vtt x-asm x-astro x-awk x-bash x-c x-c++ "
    "x-clojure x-cmake x-csharp x-dart x-diff x-dockerfile x-ejs x-elixir x-erb x-erlang x-go x-golang x-gradle x-graphql "
    "x-groovy x-handlebars x-haskell x-hcl x-iif x-ini x-jade x-java x-jinja2 x-julia x-kotlin x-less x-liquid x-lisp x-lua "
    "x-makefile x-mustache x-objectivec x-objectivec++ x-patch x-perl x-php x-properties x-protobuf x-pug x-python x-r "
    "x-rst x-ruby x-rust x-sass x-scala x-script.python x-scss x-sh x-shellscript x-sql x-subrip x-swift x-terraform x-tex "
    "x-tmpl x-toml x-twig x-typescript x-vcard x-yaml x-zsh xml"
)
_FILES = frozenset(
    (
        *(f"application/{name}" for name in _APPLICATION.split()),
        *(f"text/{name}" for name in _TEXT.split()),
        "message/rfc822",
    )
)


def check_media(given: Json) -> None:
    """Raise ApiError for the first picture or file of an input, or of a tool's output, that is not taken."""
    if not isinstance(given, list):
        return
    for nth, item in enumerate(given):
        for key in ("content", "output"):
            held = item.get(key)
            if isinstance(held, list):
                for at, part in enumerate(held):
                    _look(part, f"input[{nth}].{key}[{at}]")


def _look(part: Json, place: str) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in _CARRIED:
        exactly_one(part, place, _CARRIED[kind])
        _at_most_one(part, place, _APART[kind])
    if kind == "input_image" and isinstance(url := part.get("image_url"), str):
        _picture(url, f"{place}.image_url")
    elif kind == "input_file" and isinstance(data := part.get("file_data"), str):
        wrong = lacks(data, _FILES)
        if wrong:
            name = f"{place}.file_data"
            raise _refused(f"Invalid file data: '{name}'. Expected {_FILE}, but got {wrong} {_SEE}", name)


_CARRIED = {"input_image": ("file_id", "image_url"), "input_file": ("file_id", "file_url", "file_data")}
"""What a part has one of; for a picture the order is the provider's."""

_APART = {"input_image": ("file_id", "image_url"), "input_file": ("file_id", "filename")}
"""What a part has not both of, as captured by public projects in 2026."""


def _at_most_one(part: dict[str, Json], place: str, names: tuple[str, str]) -> None:
    if all(part.get(name) is not None for name in names):
        raise ApiError(
            "invalid_request",
            f"Mutually exclusive parameters: '{place}'. Ensure you are only providing one of: '{names[0]}' or '{names[1]}'.",
            param=place,
            code="mutually_exclusive_parameters",
        )


def _picture(url: str, place: str) -> None:
    if url.startswith(("http://", "https://")):
        return
    if not url.startswith("data:"):
        raise _refused(
            f"Invalid '{place}'. Expected a valid URL, but got a value with an invalid format.", place
        )
    wrong = lacks(url, PICTURES)
    if wrong:
        raise _refused(f"Invalid '{place}'. Expected {_PICTURE}, but got {wrong}", place)


def _refused(message: str, param: str) -> ApiError:
    return ApiError("invalid_request", message, param=param, code="invalid_value")
