"""What an image in base64 looks like by its first bytes, and what a Claude says when that is not what it is said to be."""

from __future__ import annotations

from base64 import b64decode

__all__ = ["looks", "mistaken"]

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
_BEGINNING = 64
"""Characters of base64 that tell what a file is."""


def looks(data: str) -> str:
    """Return the media type that the first bytes tell of, ``""`` when they tell of none; ``data`` is sound base64."""
    head = b64decode(data[:_BEGINNING])
    return next((media for magic, media in _MAGIC if head.startswith(magic)), "")


def mistaken(data: str, media: str) -> str:
    """Return the complaint of an image that looks like one of another media type, ``""`` when it does not."""
    found = looks(data)
    if not found or found == media:
        return ""
    return (
        f"The image was specified using the {media} media type, but the image appears to be a {found} image"
    )
