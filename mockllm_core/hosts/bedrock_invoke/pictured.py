"""How large an image in a data URI says that it is: its header is read, and nothing of the picture."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["described"]

_HEAD = 65_536
"""Characters of base64 in which a header is looked for; the thumbnail before a JPEG's is shorter."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Numbers in a PNG's pixel, by its colour type."""


def described(image: str) -> dict[str, Json]:
    """Return width, height, format and bits of a pixel; zeros where the header does not say."""
    head, _, data = image.partition(",")
    kind = head.partition("/")[2].partition(";")[0].replace("jpg", "jpeg")
    raw = b64decode(data[:_HEAD].translate(_USUAL) + "===")
    width, height, bits = 0, 0, 0
    if raw[:8] == b"\x89PNG\r\n\x1a\n" and len(raw) > 25:
        width, height = int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])
        bits = raw[24] * _CHANNELS.get(raw[25], 0)
    elif raw[:4] == b"GIF8" and len(raw) > 10:
        width, height = int.from_bytes(raw[6:8], "little"), int.from_bytes(raw[8:10], "little")
        bits = (raw[10] & 7) + 1
    elif raw[:2] == b"\xff\xd8":
        width, height, bits = _jpeg(raw)
    return {"width": width, "height": height, "format": kind, "bit_depth": bits}


_USUAL = str.maketrans("-_", "+/", " \t\r\n")


def _jpeg(raw: bytes) -> tuple[int, int, int]:
    """Return width, height and bits of the frame's header, which stands behind segments of stated lengths."""
    at = 2
    while at + 9 < len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        # start of frame, but for the tables and the arithmetic coding that are numbered among them
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = int.from_bytes(raw[at + 5 : at + 7]), int.from_bytes(raw[at + 7 : at + 9])
            return width, height, raw[at + 4] * raw[at + 9]
        at += 2 + int.from_bytes(raw[at + 2 : at + 4])
    return 0, 0, 0
