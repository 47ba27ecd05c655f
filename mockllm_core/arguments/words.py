"""Words and phrases that a property's name calls for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.arguments.dice import Dice

__all__ = ["WORDS", "coded", "half", "keyed_by_words", "known", "phrase", "text_named", "tokens"]


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(";" if ";" in text else None))


WORDS = _split(
    "amber apple arrow autumn basin beacon birch bridge brook canyon cedar cherry cliff cloud "
    "clover coast copper coral cotton crane creek crystal dawn delta dune eagle ember falcon fern "
    "field fjord flint forest garden glacier granite grove harbor hazel heron hollow horizon indigo "
    "island ivory jasmine juniper kestrel lagoon lantern larch lemon lilac linen lotus maple marble "
    "meadow mesa mint mirror moss north oak ocean olive orchard otter paper pearl pebble pepper "
    "pine planet plum pollen pond poplar prairie quartz quill raven reef ridge river robin saffron "
    "sage sail sand shadow shore silver sparrow spring spruce star stone summer summit swift "
    "thistle thunder tide timber topaz trail tulip tundra valley velvet violet walnut water wave "
    "willow winter wren"
)

_FIRST = _split(
    "Ada Alan Amara Ben Carla Chen Clara Diego Elena Emil Fatima Grace Hana Ines Ivan Jonas Kofi "
    "Leila Lena Liam Maria Mei Nadia Noah Nora Omar Priya Rosa Samir Sofia Tariq Theo Yuki Zoe"
)
_LAST = _split(
    "Almeida Bauer Castillo Cohen Dubois Fischer Garcia Haddad Ito Jansen Kim Kowalski Larsen Lopez "
    "Moreau Novak Okafor Patel Rossi Schmidt Silva Tanaka Weber Yilmaz"
)
_CITIES = _split(
    "Amsterdam;Athens;Berlin;Bogota;Boston;Cairo;Chicago;Copenhagen;Dublin;Geneva;Hanoi;Helsinki;"
    "Istanbul;Kyoto;Lagos;Lima;Lisbon;London;Madrid;Melbourne;Mexico City;Milan;Montreal;Mumbai;"
    "Nairobi;New York;Oslo;Paris;Porto;Prague;Rome;San Francisco;Santiago;Seattle;Seoul;Singapore;"
    "Stockholm;Sydney;Tokyo;Toronto;Vienna;Warsaw;Zurich"
)
_COUNTRIES = _split(
    "Argentina;Australia;Austria;Belgium;Brazil;Canada;Chile;Colombia;Denmark;Egypt;Finland;France;"
    "Germany;Greece;India;Ireland;Italy;Japan;Kenya;Mexico;Morocco;Netherlands;New Zealand;Nigeria;"
    "Norway;Peru;Poland;Portugal;Singapore;South Korea;Spain;Sweden;Switzerland;Turkey;Vietnam"
)
_COUNTRY_CODES = _split(
    "AR AU AT BE BR CA CH CL DE DK ES FI FR GB GR IE IN IT JP KE KR MX NL NO NZ PE PL PT SE SG US"
)
_LANGUAGES = _split(
    "Arabic Chinese Danish Dutch English Finnish French German Greek Hindi Italian Japanese Korean "
    "Polish Portuguese Spanish Swedish Turkish"
)
_LANGUAGE_CODES = _split("ar da de el en es fi fr hi it ja ko nl pl pt sv tr zh")
_CURRENCIES = _split("AUD BRL CAD CHF CNY DKK EUR GBP INR JPY KRW MXN NOK NZD PLN SEK SGD USD")
_ZONES = _split(
    "America/Bogota America/Chicago America/New_York America/Sao_Paulo Asia/Kolkata Asia/Seoul "
    "Asia/Singapore Asia/Tokyo Australia/Sydney Europe/Berlin Europe/Lisbon Europe/London "
    "Europe/Paris UTC"
)
_COLORS = _split(
    "amber black blue brown coral cyan gold gray green indigo ivory magenta navy olive orange pink "
    "purple red silver teal violet white yellow"
)
_STREETS = _split(
    "Bridge Cedar Church Garden Harbor High Hill Lake Maple Market Mill Oak Park River School Spring Station"
)
_COMPANIES = _split("Labs Works Systems Foods Logistics Partners Studio Energy Group Trading")
_TOPICS = _split(
    "opening hours;weekly report;travel plans;delivery status;project budget;team meeting;"
    "customer feedback;release notes;invoice totals;weather forecast;market trends;garden tools;"
    "train times;book reviews;hiking trails;energy prices"
)
_JOBS = _split(
    "Account Manager;Analyst;Architect;Chef;Data Engineer;Designer;Editor;Engineer;Nurse;"
    "Product Manager;Teacher;Writer"
)
_FIRM = _split("AAPL ADBE AMD AMZN CSCO GOOG IBM INTC META MSFT NVDA ORCL SAP TSLA")
_FORMULAS = _split("x * y + {};{} * ({} + {});x**2 - {}*x + {};sqrt({}) / {};{} / {} + {};(a + b) * {}")


def tokens(name: str) -> list[str]:
    """Return the words of a name in lower case: ``userEmail``, ``user_email`` and ``User-Email`` are alike."""
    return re.findall(r"[a-z]+|[0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name[:100]).lower())


def phrase(dice: Dice, low: int = 2, high: int = 4) -> str:
    """Return a few words."""
    return " ".join(dice.pick(WORDS) for _ in range(dice.between(low, high)))


def _sentence(dice: Dice) -> str:
    start = dice.pick(
        (
            "Please check the",
            "Here is the",
            "Notes on the",
            "A short summary of the",
            "Details about the",
            "We talked about the",
        )
    )
    return f"{start} {dice.pick(_TOPICS)} for {dice.pick(WORDS)} {dice.pick(WORDS)}."


def _title(dice: Dice) -> str:
    return f"{dice.pick(WORDS)} {dice.pick(WORDS)}".capitalize()


def _slug(dice: Dice) -> str:
    return f"{dice.pick(WORDS)}-{dice.pick(WORDS)}"


def _id(dice: Dice) -> str:
    return f"{dice.pick(WORDS)}-{dice.between(100, 9999)}"


def _digits(dice: Dice, length: int) -> str:
    return str(dice.between(10 ** (length - 1), 10**length - 1))


def _hex(dice: Dice, length: int) -> str:
    return "".join(dice.pick("0123456789abcdef") for _ in range(length))


def _street(dice: Dice) -> str:
    return f"{dice.between(1, 250)} {dice.pick(_STREETS)} Street"


def _person(dice: Dice) -> str:
    return f"{dice.pick(_FIRST)} {dice.pick(_LAST)}"


def _file(dice: Dice) -> str:
    return f"{dice.pick(WORDS)}-{dice.pick(WORDS)}.{dice.pick(('txt', 'md', 'csv', 'json'))}"


def _path(dice: Dice) -> str:
    return f"/{dice.pick(('data', 'docs', 'home', 'reports', 'projects'))}/{dice.pick(WORDS)}/{_file(dice)}"


def _folder(dice: Dice) -> str:
    return f"/{dice.pick(('data', 'docs', 'home', 'projects', 'srv'))}/{dice.pick(WORDS)}"


def _phone(dice: Dice) -> str:
    return f"+1 202 555 01{dice.between(10, 99)}"


def _code(dice: Dice) -> str:
    return f"{dice.pick(WORDS)[:3].upper()}{dice.between(100, 999)}"


def _key(dice: Dice) -> str:
    return f"example-{_hex(dice, 12)}"


def _sql(dice: Dice) -> str:
    return f"SELECT * FROM {dice.pick(WORDS)}s LIMIT {dice.between(5, 50)}"  # noqa: S608 - text for a person, run by nobody


def _formula(dice: Dice) -> str:
    return dice.pick(_FORMULAS).format(*(dice.between(2, 99) for _ in range(3)))


def _search(dice: Dice) -> str:
    return f"{dice.pick(WORDS)} {dice.pick(_TOPICS)}"


def _made(form: str) -> Callable[[Dice], str]:
    def make(dice: Dice) -> str:
        from mockllm_core.arguments.formats import FORMATS

        return FORMATS[form](dice)

    return make


def _one(choices: tuple[str, ...]) -> Callable[[Dice], str]:
    return lambda dice: dice.pick(choices)


_DATE, _MOMENT = _made("date"), _made("date-time")
_NAMED: dict[str, Callable[[Dice], str]] = {}
for _names, _make in (
    ("email mail recipient cc bcc", _made("email")),
    ("url uri link website homepage webhook endpoint href callback", _made("uri")),
    ("host hostname domain server", _made("hostname")),
    ("ip ipv4", _made("ipv4")),
    ("uuid guid", _made("uuid")),
    ("date day birthday deadline departure arrival checkin checkout dob from_date to_date", _DATE),
    ("datetime timestamp created updated modified expires deleted published", _MOMENT),
    ("since until before after starts ends", _MOMENT),
    ("time hour", lambda dice: f"{dice.between(6, 21):02}:{dice.pick(('00', '15', '30', '45'))}"),
    ("city town location destination origin place municipality", _one(_CITIES)),
    ("country nation", _one(_COUNTRIES)),
    ("country_code", _one(_COUNTRY_CODES)),
    ("language lang", _one(_LANGUAGES)),
    ("language_code lang_code locale", _one(_LANGUAGE_CODES)),
    ("currency currencies base_currency target_currency", _one(_CURRENCIES)),
    ("timezone tz zone", _one(_ZONES)),
    ("color colour", _one(_COLORS)),
    ("first_name firstname given_name", _one(_FIRST)),
    ("last_name lastname surname family_name", _one(_LAST)),
    (
        "author person customer patient student employee passenger assignee full_name fullname contact",
        _person,
    ),
    (
        "username user login owner handle reviewer",
        lambda dice: f"{dice.pick(_FIRST)}.{dice.pick(_LAST)}".lower(),
    ),
    (
        "company organization organisation org employer vendor",
        lambda dice: f"{dice.pick(WORDS)} {dice.pick(_COMPANIES)}".title(),
    ),
    ("address street street_address", _street),
    ("zip zipcode zip_code postcode postal_code", lambda dice: _digits(dice, 5)),
    ("phone telephone mobile fax phone_number", _phone),
    ("id key ref reference", _id),
    ("sku code", _code),
    ("symbol ticker", _one(_FIRM)),
    ("query q search keywords keyword term search_query", _search),
    ("title subject heading headline label", _title),
    (
        "description summary body content message text comment note notes details reason bio abstract caption",
        _sentence,
    ),
    ("prompt instruction instructions question input task thought feedback", _sentence),
    ("path file filepath file_path source", _path),
    ("filename file_name", _file),
    ("directory dir folder cwd root", _folder),
    ("repo repository project branch slug head base package module", _slug),
    ("sha hash commit digest checksum", lambda dice: _hex(dice, 40)),
    ("token secret password api_key apikey", _key),
    ("sql", _sql),
    ("expression formula equation", _formula),
    ("job occupation role profession job_title", _one(_JOBS)),
    ("topic category", _one(_TOPICS)),
    ("version", lambda dice: f"{dice.between(1, 4)}.{dice.between(0, 20)}.{dice.between(0, 9)}"),
    (
        "mime mimetype mime_type content_type media_type",
        _one(("application/json", "application/pdf", "image/png", "text/csv", "text/plain")),
    ),
    ("price amount cost total", lambda dice: f"{dice.between(1, 400)}.{dice.between(0, 99):02}"),
    ("count number quantity", lambda dice: str(dice.between(1, 40))),
    ("year", lambda dice: str(dice.between(1990, 2026))),
    (
        "month",
        _one(_split("January February March April May June July August September October November December")),
    ),
    ("cursor", lambda dice: f"{_hex(dice, 12)}"),
    ("command cmd", lambda dice: f"ls -l {dice.pick(WORDS)}"),
):
    for _name in _names.split():
        _NAMED[_name] = _make

_KEYED = frozenset(
    _split(
        "annotations attributes config context dependencies env environment extra filter filters header headers "
        "kwargs labels meta metadata options parameters params payload properties query settings tags variables"
    )
)
_STARTS = frozenset(_split("start from begin since after earliest checkin departure min first"))
_ENDS = frozenset(_split("end to until before latest checkout return max last due expires deadline"))


@lru_cache(maxsize=2048)
def _maker(name: str) -> Callable[[Dice], str] | None:
    words = tokens(name)
    if not words:
        return None
    for many in (
        "_".join(words),
        "_".join(words[-2:]),
        "".join(words[-2:]),
        words[-1],
        words[-1].removesuffix("s"),
    ):
        if many in _NAMED:
            return _NAMED[many]
    if words[-1] == "at" and len(words) > 1:
        return _NAMED["datetime"]
    if words[-1] in ("name", "names"):
        return _NAMED.get(
            words[0],
            _person if words[0] in ("user", "customer", "display", "author", "patient", "guest") else _title,
        )
    return next((_NAMED[word] for word in words if word in _NAMED and word not in _WEAK), None)


_CODED: dict[str, Callable[[Dice], str]] = {
    "country": _one(_COUNTRY_CODES),
    "nation": _one(_COUNTRY_CODES),
    "language": _one(_LANGUAGE_CODES),
    "lang": _one(_LANGUAGE_CODES),
    "locale": _one(_LANGUAGE_CODES),
    "currency": _one(_CURRENCIES),
    "state": _one(_split("CA CO FL GA IL MA NY OR TX WA")),
}
_WEAK = frozenset(
    _split("id from to key base head source count number total user day hour q ref code text input user file")
)


def known(name: str) -> bool:
    """Return whether the name calls for a text of its own kind."""
    return _maker(name) is not None


def coded(name: str, dice: Dice) -> str:
    """Return the short code that stands for what the name calls for (``DE``, ``en``, ``EUR``), or ``""``."""
    words = tokens(name)
    for word, make in _CODED.items():
        if word in words:
            return make(dice)
    return ""


def text_named(name: str, dice: Dice) -> str:
    """Return text that fits the name, or one plain word and a number where the name says nothing."""
    make = _maker(name) if name else None
    if make in (_DATE, _MOMENT):
        from mockllm_core.arguments.formats import dated

        return dated("date" if make is _DATE else "date-time", dice, name)
    return make(dice) if make else phrase(dice, 1, 3)


def half(name: str) -> int:
    """Return 1 for a name that starts a span, 2 for one that ends it, else 0."""
    words = tokens(name)
    if _STARTS.intersection(words):
        return 1
    return 2 if _ENDS.intersection(words) else 0


def keyed_by_words(name: str) -> bool:
    """Return whether a dictionary of that name has words as keys.

    Of others a schema tells no difference: words and numbers are both keys there, and what reads numbers may refuse words.
    """
    return not _KEYED.isdisjoint(tokens(name))
