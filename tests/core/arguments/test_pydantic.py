"""Values made from a pydantic model's schema are taken by the model, which wants more than its schema says."""

# pydantic reads annotations at run time, so that their imports cannot stand under TYPE_CHECKING
from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta  # noqa: TC003
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address  # noqa: TC003
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID  # noqa: TC003

import pytest
from pydantic import (
    UUID4,
    AnyUrl,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    NonNegativeInt,
    PositiveFloat,
    RootModel,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    conlist,
)
from typing_extensions import TypedDict

from mockllm_core.arguments import generate

T = TypeVar("T")
SEEDS = 12


class Color(Enum):
    red = "red"
    green = "green"


class Level(IntEnum):
    low = 1
    high = 3


class Money(BaseModel):
    amount: Decimal
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Price(BaseModel):
    net: Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)]
    tax: Annotated[Decimal, Field(ge=0, le=1)]
    discount: Decimal | None = None


class Invoice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: Annotated[str, StringConstraints(pattern=r"^INV-\d{4}$")]
    lines: Annotated[list[Price], Field(min_length=1, max_length=4)]
    total: Money


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


class Linked(BaseModel):
    head: str
    next: Linked | None


class Left(BaseModel):
    right: Right | None = None
    name: str


class Right(BaseModel):
    left: Left
    size: NonNegativeInt


class Expression(BaseModel):
    operator: Literal["+", "-", "*"]
    terms: tuple[Expression | float, Expression | float]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Owner(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    others: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []


class Union3(BaseModel):
    value: int | str | list[bool]
    maybe: int | None = None
    either: Cat | Dog | Color


class Times(BaseModel):
    day: date
    at: time
    when: datetime
    aware: AwareDatetime
    takes: timedelta


class Nets(BaseModel):
    four: IPv4Address
    six: IPv6Address
    net: IPv4Network
    url: HttpUrl
    any_url: AnyUrl


class Ids(BaseModel):
    id: UUID
    four: UUID4
    raw: Base64Bytes
    data: bytes


class Numbers(BaseModel):
    a: Annotated[int, Field(multiple_of=7, ge=100, lt=200)]
    b: Annotated[float, Field(gt=0, lt=1)]
    c: PositiveFloat
    d: Annotated[float, Field(multiple_of=0.25, ge=-1, le=1)]
    e: Annotated[int, Field(le=-5)]


class Texts(BaseModel):
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=40)]
    hex: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
    version: Annotated[str, StringConstraints(pattern=r"^v?\d+\.\d+\.\d+$")]
    short: Annotated[str, StringConstraints(min_length=2, max_length=3)]
    long: Annotated[str, StringConstraints(min_length=200, max_length=300)]


class Choices(BaseModel):
    color: Color
    level: Level
    word: Literal["a", "b", 3] | None
    flags: set[Color]


class Maps(BaseModel):
    by_number: dict[int, str]
    by_color: dict[Color, int]
    nested: dict[str, dict[str, list[float]]]


class Point(NamedTuple):
    x: float
    y: float


class Movie(TypedDict, total=False):
    title: str
    year: int


class Shapes(BaseModel):
    point: Point
    pair: tuple[int, str]
    many: tuple[int, ...]
    movie: Movie
    unique: frozenset[int]


class Page(BaseModel, Generic[T]):
    items: list[T]
    cursor: str | None


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=False)
    from_: Annotated[str, Field(alias="from")]
    class_name: Annotated[str, Field(alias="class")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    n: int
    x: float
    ok: bool
    s: str


class Base(BaseModel):
    id: int


class Child(Base):
    parent: Base | None = None
    names: Annotated[list[str], Field(min_length=2)]


class Defaults(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    order: Literal["asc", "desc"] = "asc"
    tags: list[str] = ["new"]
    query: Annotated[str, Field(examples=["rain in May"])]


class Names(RootModel[list[str]]):
    pass


class Anything(BaseModel):
    value: Any
    payload: Json[list[int]]


class Menu(BaseModel):
    title: str
    entries: dict[str, Menu] = {}
    parent: Menu | None = None


class Deep(BaseModel):
    orders: list[Invoice]
    owner: Owner
    tree: Tree


MODELS: list[Any] = [
    Money,
    Price,
    Invoice,
    Tree,
    Linked,
    Left,
    Right,
    Expression,
    Cat,
    Owner,
    Union3,
    Times,
    Nets,
    Ids,
    Numbers,
    Texts,
    Choices,
    Maps,
    Shapes,
    Page[Money],
    Page[Tree],
    Aliased,
    Strict,
    Child,
    Defaults,
    Names,
    Anything,
    Menu,
    Deep,
    list[Annotated[Decimal, Field(ge=0)]],
    Movie,
    conlist(Point, min_length=1, max_length=3),
    int | Annotated[str, StringConstraints(min_length=4)] | None,
]


def name_of(model: Any) -> str:
    return getattr(model, "__name__", str(model))


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_model_takes_the_values_made_from_its_schema(model: Any) -> None:
    adapter = TypeAdapter(model)
    schema = adapter.json_schema()
    refused: Counter[str] = Counter()
    for seed in range(SEEDS):
        made = generate(schema, str(seed))
        assert made.valid, made.notes
        try:
            adapter.validate_json(_json(made.value))
        except ValidationError as error:
            refused[f"{made.value}: {error}"] += 1
    assert not refused


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


def test_there_are_thirty_models() -> None:
    assert len(MODELS) >= 30
