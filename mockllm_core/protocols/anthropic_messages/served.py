"""How a request asks to be served: by which version, where, how fast, and in which form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages.families import family, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.frame import Json

__all__ = ["check_version", "is_version", "pace", "unserved"]

_SLOWED = re.compile(r"opus-4[-.]6")
"""Fast until 29 June 2026; since then it is served at the usual pace without a word."""


_VERSIONS = (None, "", "2023-06-01", "2026-10-21", "2023-01-01")
"""None, as no key is needed either; those of https://platform.claude.com/docs/en/api/versioning; and that of the SDK from
2.0 on, which later ones may follow."""

_DATED = re.compile(r"\d{4}-\d\d-\d\d")

_OLD_FORMAT = "output_format: This field is deprecated. Use 'output_config.format' instead."
_OLD_BETA = "structured-outputs-2025-11-13"


def is_version(version: Json) -> bool:
    """Tell whether the API has, or may come to have, the version."""
    return version in _VERSIONS or (
        isinstance(version, str) and version > "2026-10-21" and _DATED.fullmatch(version) is not None
    )


def check_version(headers: Mapping[str, str]) -> None:
    """Raise ApiError for a version of the API that there is not (directus-labs/extensions 285)."""
    version = headers.get("anthropic-version")
    if not is_version(version):
        raise ApiError("invalid_request", f'anthropic-version: "{version}" is not a valid version')


def unserved(body: dict[str, Json], model: str, betas: str) -> str:
    """Return the provider's complaint of a place, a pace or a form of answers that there is not, or that the model has not.

    The sentence about ``speed`` stands in public reports of 2026 (NousResearch/hermes-agent 19517 and 82348). The models
    that know no ``inference_geo`` are those of the provider's page on data residency; nobody has shown its sentence.
    ``output_format`` is still taken with its beta, as several public projects saw it in 2026.
    """
    if body.get("output_format") is not None and (_OLD_BETA not in betas or _formatted(body)):
        return _OLD_FORMAT
    geo = body.get("inference_geo")
    if geo not in (None, "global", "us"):
        return "inference_geo: must be one of ['global', 'us']"
    if geo is not None and family(model).geo == "not_available":
        return f"'{spoken(model)}' does not support the `inference_geo` parameter."
    if body.get("speed") == "fast" and not family(model).fast and not _SLOWED.search(model):
        return f"'{spoken(model)}' does not support the `speed` parameter."
    return ""


def _formatted(body: dict[str, Json]) -> bool:
    config = body.get("output_config")
    return isinstance(config, dict) and config.get("format") is not None


def pace(speed: str, model: str) -> str:
    """Return the speed that a request is served with."""
    return "standard" if _SLOWED.search(model) else speed
