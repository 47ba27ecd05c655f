"""Text for each ``format``, right by construction.

Sources: https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3, the OpenAPI format registry
(https://spec.openapis.org/registry/format/), and the words that pydantic and zod write. Addresses come from the ranges
and names kept for documentation (RFC 2606, RFC 3849, RFC 5737).
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mockllm_core.arguments.words import WORDS, half, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.arguments.dice import Dice

__all__ = ["FORMATS", "dated", "written"]

_HEX = "0123456789abcdef"
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789"


def _text(dice: Dice, alphabet: str, length: int) -> str:
    return "".join(dice.pick(alphabet) for _ in range(length))


def _day(dice: Dice, name: str) -> date:
    if {"birth", "birthday", "dob", "born", "birthdate"}.intersection(tokens(name)):
        return date(1955, 1, 1) + timedelta(dice.below(18_000))
    start, length = {0: (date(2025, 1, 1), 700), 1: (date(2026, 1, 5), 150), 2: (date(2026, 7, 1), 150)}[
        half(name)
    ]
    return start + timedelta(dice.below(length))


def _clock(dice: Dice) -> str:
    return f"{dice.between(6, 21):02}:{dice.pick(('00', '15', '30', '45'))}:00"


def dated(form: str, dice: Dice, name: str) -> str:
    """Return a date or date and time that suits the property's name: ends lie after starts, births long ago."""
    day = _day(dice, name).isoformat()
    return day if form == "date" else f"{day}T{_clock(dice)}Z"


def written(form: str, dice: Dice, name: str) -> str:
    """Return a date in a form spelled with letters: ``MM/DD/YYYY``."""
    day = _day(dice, name)
    return form.replace("YYYY", f"{day:%Y}").replace("MM", f"{day:%m}").replace("DD", f"{day:%d}")


def _uuid(dice: Dice, version: int = 4) -> str:
    raw = _text(dice, _HEX, 31)
    return f"{raw[:8]}-{raw[8:12]}-{version}{raw[12:15]}-{dice.pick('89ab')}{raw[15:18]}-{raw[18:30]}"


def _host(dice: Dice) -> str:
    return f"{dice.pick(WORDS)}.example.com"


def _uri(dice: Dice) -> str:
    return f"https://example.com/{dice.pick(WORDS)}/{dice.between(1, 99)}"


def _ipv4(dice: Dice) -> str:
    return f"{dice.pick(('192.0.2', '198.51.100', '203.0.113'))}.{dice.between(1, 254)}"


def _ipv6(dice: Dice) -> str:
    return f"2001:db8::{dice.between(1, 9999):x}"


def _net(dice: Dice) -> str:
    return f"{dice.pick(('192.0.2', '198.51.100', '203.0.113'))}.0/24"


def _base64(dice: Dice) -> str:
    return b64encode(f"{dice.pick(WORDS)} {dice.pick(WORDS)}".encode()).decode()


def _jwt(dice: Dice) -> str:
    parts = ('{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{dice.pick(WORDS)}"}}', _text(dice, _ALNUM, 32))
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def _duration(dice: Dice) -> str:
    return dice.pick((f"PT{dice.between(5, 55)}M", f"PT{dice.between(1, 23)}H", f"P{dice.between(1, 30)}D"))


def _word(dice: Dice) -> str:
    return dice.pick(WORDS)


def _color(dice: Dice) -> str:
    return "#" + _text(dice, _HEX, 6)


def _file(dice: Dice) -> str:
    return f"/data/{dice.pick(WORDS)}/{dice.pick(WORDS)}.txt"


def _email(dice: Dice) -> str:
    return f"{dice.pick(WORDS)}{dice.between(1, 99)}@example.com"


FORMATS: dict[str, Callable[[Dice], str]] = {
    "date": lambda dice: dated("date", dice, ""),
    "date-time": lambda dice: dated("date-time", dice, ""),
    "time": lambda dice: _clock(dice) + "Z",
    "duration": _duration,
    "email": _email,
    "idn-email": _email,
    "hostname": _host,
    "idn-hostname": _host,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "uri": _uri,
    "uri-reference": lambda dice: f"/{dice.pick(WORDS)}/{dice.between(1, 99)}",
    "iri": _uri,
    "iri-reference": lambda dice: f"/{dice.pick(WORDS)}/{dice.between(1, 99)}",
    "uri-template": lambda dice: f"https://example.com/{dice.pick(WORDS)}/{{id}}",
    "uuid": _uuid,
    "json-pointer": lambda dice: f"/{dice.pick(WORDS)}/{dice.between(0, 9)}",
    "relative-json-pointer": lambda dice: f"{dice.between(0, 3)}/{dice.pick(WORDS)}",
    "regex": lambda dice: f"^{dice.pick(WORDS)}$",
    # OpenAPI, pydantic, zod and custom words; no validator checks them, their readers do
    "datetime": lambda dice: dated("date-time", dice, ""),
    "timestamp": lambda dice: dated("date-time", dice, ""),
    "url": _uri,
    "http-url": _uri,
    "ip": _ipv4,
    "ip-address": _ipv4,
    "ipvanyaddress": _ipv4,
    "ipv4network": _net,
    "ipv4interface": lambda dice: _ipv4(dice) + "/24",
    "ipvanynetwork": _net,
    "ipvanyinterface": lambda dice: _ipv4(dice) + "/24",
    "ipv6network": lambda _: "2001:db8::/64",
    "ipv6interface": lambda dice: _ipv6(dice) + "/64",
    "cidrv4": _net,
    "cidrv6": lambda _: "2001:db8::/64",
    "host-name": _host,
    "uuid1": lambda dice: _uuid(dice, 1),
    "uuid3": lambda dice: _uuid(dice, 3),
    "uuid4": _uuid,
    "uuid5": lambda dice: _uuid(dice, 5),
    "uuid6": lambda dice: _uuid(dice, 6),
    "uuid7": lambda dice: _uuid(dice, 7),
    "uuid8": lambda dice: _uuid(dice, 8),
    "guid": _uuid,
    "ulid": lambda dice: "01" + _text(dice, _BASE32, 24),
    "cuid": lambda dice: "c" + _text(dice, _ALNUM, 24),
    "cuid2": lambda dice: _text(dice, _ALNUM[:26], 1) + _text(dice, _ALNUM, 23),
    "nanoid": lambda dice: _text(dice, _ALNUM, 21),
    "xid": lambda dice: _text(dice, "0123456789abcdefghijklmnopqrstuv", 20),
    "ksuid": lambda dice: _text(dice, _ALNUM, 27),
    "jwt": _jwt,
    "byte": _base64,
    "base64": _base64,
    "base64url": lambda dice: urlsafe_b64encode(dice.pick(WORDS).encode()).decode(),
    "binary": _word,
    "hex": lambda dice: _text(dice, _HEX, 16),
    "password": lambda dice: f"{dice.pick(WORDS)}-{dice.pick(WORDS)}-{dice.between(10, 99)}",
    "path": _file,
    "file-path": _file,
    "directory-path": lambda dice: f"/data/{dice.pick(WORDS)}",
    "json-string": lambda dice: f'"{dice.pick(WORDS)}"',
    "json": lambda dice: f'{{"{dice.pick(WORDS)}": {dice.between(1, 9)}}}',
    "color": _color,
    "phone": lambda dice: f"+120255501{dice.between(10, 99)}",
    "e164": lambda dice: f"+120255501{dice.between(10, 99)}",
    "mac": lambda dice: ":".join(_text(dice, _HEX, 2) for _ in range(6)),
    "decimal": lambda dice: f"{dice.between(1, 400)}.{dice.between(0, 99):02}",
    "int32": lambda dice: str(dice.between(1, 99)),
    "int64": lambda dice: str(dice.between(1, 99)),
    "unixtime": lambda dice: str(dice.between(1_735_689_600, 1_798_761_600)),
    "multi-host-uri": lambda dice: f"https://{_host(dice)}/{dice.pick(WORDS)}",
    "semver": lambda dice: f"{dice.between(0, 4)}.{dice.between(0, 20)}.{dice.between(0, 9)}",
    "country": lambda dice: dice.pick(("BR", "CA", "DE", "FR", "JP", "KE", "US")),
    "currency": lambda dice: dice.pick(("EUR", "GBP", "JPY", "USD")),
    "language": lambda dice: dice.pick(("de", "en", "es", "fr", "ja")),
    "locale": lambda dice: dice.pick(("de-DE", "en-US", "es-MX", "fr-FR", "ja-JP")),
    "timezone": lambda dice: dice.pick(
        ("Asia/Tokyo", "America/New_York", "Europe/Berlin", "Europe/Paris", "UTC")
    ),
    "slug": lambda dice: f"{dice.pick(WORDS)}-{dice.pick(WORDS)}",
    "lowercase": _word,
    "emoji": lambda dice: dice.pick("\U0001f600\U0001f33f\U0001f30a\u2b50"),
}
"""One maker for each format; a format that is missing here asks for nothing."""
