"""Give the names of a grammar their meaning, and refuse what has none in llguidance's words.

As there, only what ``start`` reaches is looked at. Spec: llguidance's parser/src/lark/compiler.rs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.lark.ast import Expansions, Named, Statement, Value
from mockllm_core.lark.common import COMMON
from mockllm_core.lark.forms import Forms
from mockllm_core.lark.nodes import Grammar, Lexeme, Node, Rule
from mockllm_core.lark.options import options
from mockllm_core.lark.places import GrammarError, Place, UnfollowedError
from mockllm_core.lark.reader import ENDLESS, read_items
from mockllm_core.lark.rust_text import debug
from mockllm_core.lark.schemas import check_schema
from mockllm_core.lark.special import check_special
from mockllm_core.lark.terminals import Terminals

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.lark.ast import Alternative, Atom, Item, Part
    from mockllm_core.lark.forms import Form
    from mockllm_core.lark.params import Parameter

__all__ = ["compiled"]

_MOST_TIMES = 2_000
_ONLY_TERMINALS = "temperature= and max_tokens= only supported on TERMINALS and @subgrammars"


def compiled(definition: str) -> Grammar:
    """Return a grammar that can be written.

    Raises:
        GrammarError: llguidance refuses it.
        UnfollowedError: it does not, but we cannot write it.
        TooMuchError: neither can we read it.
    """
    if not definition:
        raise GrammarError("Empty grammar")
    items = read_items(definition)
    grammar = Grammar(Node("then"), Forms())
    grammar.start = _Compiler(grammar).of(items)
    return grammar


class _Compiler:
    """Reads one grammar; those inside of it have compilers of their own."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._space = len(grammar.spaces)
        grammar.spaces.append(None)
        self._named: dict[str, Named] = {}
        self._rules: dict[str, Rule] = {}
        self._inner: list[tuple[Node, tuple[Item, ...]]] = []
        self._schemas: list[tuple[Place, Json]] = []
        self._unknown: list[str] = []
        self._terminals = Terminals(grammar.forms, self._named)

    def of(self, items: tuple[Item, ...]) -> Node:
        """Return the start of a grammar."""
        ignored: list[Expansions] = []
        for item in items:
            place = item.place if isinstance(item, Statement) else item.body.place
            try:
                self._item(item, ignored)
            except GrammarError as error:
                raise place.told(error) from None
        if "start" not in self._named:
            raise GrammarError("no start rule found")
        forms = [self._terminals.expansions(one) for one in ignored]
        if forms:
            skipped = self._grammar.forms.any_of(forms)
            self._grammar.spaces[self._space] = self._grammar.forms.times(skipped, 1, None)
        start = self._rule("start", None)
        for place, schema in self._schemas:
            try:
                check_schema(schema)
            except GrammarError as error:
                raise place.told(error) from None
        for node, inner in self._inner:
            node.parts = (_Compiler(self._grammar).of(inner),)
        if self._unknown:
            raise GrammarError(f"unknown grammar {self._unknown[0]}")
        return start

    def _item(self, item: Item, ignored: list[Expansions]) -> None:
        if isinstance(item, Named):
            if item.templated:
                raise GrammarError("params not supported yet")
            if item.prioritised:
                raise GrammarError("priority not supported yet")
            if item.name in self._named:
                kind = "token" if item.terminal else "rule"
                raise GrammarError(f"duplicate {kind}: {debug(item.name)}")
            self._named[item.name] = item
            return
        match item.kind:
            case "ignore" if item.body:
                ignored.append(item.body)
            case "import":
                for path, name in item.names:
                    self._import(path, name, item.place)
            case "llguidance":
                self._grammar.initial |= options(item.value) and self._space == 0
            case kind:
                raise GrammarError(f"{kind} statement not supported yet")

    def _import(self, path: str, name: str, place: Place) -> None:
        pattern = COMMON.get(path)
        if pattern is None:
            known = ", ".join(COMMON)
            raise GrammarError(f"Unknown common regex: {path}; following are available: {known}")
        if self._named.get(name) is not None and self._named[name].terminal:
            raise GrammarError(f"duplicate token (in import): {debug(name)}")
        self._named[name] = Named(name, terminal=True, place=place, body=self._terminals.one(pattern, place))

    # rules

    def _is_rule(self, name: str) -> bool:
        return name in self._rules or (name in self._named and not self._named[name].terminal)

    def _rule(self, name: str, given: Parameter | None) -> Node:
        rule = self._rules.get(name)
        if rule is None:
            held = self._named.get(name)
            if held is None or held.terminal:
                raise GrammarError(f"rule {debug(name)} not found")
            rule = self._rules[name] = Rule(name, held.parametric)
            self._terminals.begun.add(name)
            rule.body = self._body(held)
            self._terminals.begun.discard(name)
        if rule.parametric != (given is not None):
            told = (
                "is parametric, but no parameter provided"
                if rule.parametric
                else "is not parametric, but parameter provided"
            )
            # one whose body is being read is called so there
            called = name if rule.body else f"{name}_"
            raise GrammarError(f"rule '{called}' {told}")
        return Node("rule", rule=rule, given=given)

    def _body(self, rule: Named) -> Node:
        if rule.parametric:
            kept = (
                "stop-like is"
                if rule.ends
                else next((f"{key}= is" for key in sorted(rule.kept, reverse=True)), "")
            )
            if kept:
                raise GrammarError(f"{kept} not supported for parametric rules")
        if rule.ends is not None:
            return self._ended(rule, *rule.ends)
        if rule.stop_capture:
            raise GrammarError("stop_capture_name requires stop= or suffix=")
        if rule.kept:
            return self._kept(rule)
        body = self._expansions(rule.body)
        if needs_parameter(body) != rule.parametric:
            told = (
                f"rule {debug(rule.name)} is parametric, but its body doesn't need parameters"
                if rule.parametric
                else f"rule {debug(rule.name)} is not parametric, but its body requires parameters"
            )
            raise GrammarError(told)
        return body

    def _ended(self, rule: Named, kind: str, end: Value) -> Node:
        """Return a lexeme that ends as early as it can, at what is told."""
        forms = self._grammar.forms
        body = self._terminals.expansions(rule.body)
        last = self._terminals.value(end)
        lazy = not (kind == "stop" and last is forms.empty)
        cap = _cap(rule)
        if kind == "suffix":
            return self._lexeme(forms.then((body, last)), lazy=True, cap=cap)
        return self._lexeme(body, lazy=False, cap=cap, hidden=last if lazy else None)

    def _kept(self, rule: Named) -> Node:
        ways = rule.body.ways
        only = ways[0].all_of[0] if len(ways) == 1 and len(ways[0].all_of) == 1 else ()
        if len(only) == 1 and not only[0].operator and only[0].bounds is None:
            held = only[0].atom.held
            if isinstance(held, Value) and held.kind in ("json", "lark", "reference"):
                return self._of_value(held, rule.body.place)
        try:
            form = self._terminals.expansions(rule.body)
        except GrammarError as error:
            raise GrammarError(f"{error}; {_ONLY_TERMINALS}") from None
        return self._lexeme(form, cap=_cap(rule))

    def _expansions(self, held: Expansions) -> Node:
        ways: list[Node] = []
        for way in held.ways:
            if len(way.all_of) != 1:
                told = "& is only supported for tokens, not rules; try renaming the rule to UPPERCASE"
                raise held.place.told(GrammarError(told))
            ways.append(self._way(way, held.place))
        conditions = tuple(way.condition for way in held.ways)
        if len(ways) == 1 and conditions == (None,):
            return ways[0]
        return Node("or", parts=tuple(ways), conditions=conditions)

    def _way(self, way: Alternative, place: Place) -> Node:
        try:
            parts = tuple(self._part(part, place) for part in way.all_of[0])
        except GrammarError as error:
            raise place.told(error) from None
        return parts[0] if len(parts) == 1 else Node("then", parts=parts)

    def _part(self, part: Part, place: Place) -> Node:
        node = self._atom(part.atom, place)
        if part.operator:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[part.operator]
            return Node("times", parts=(node,), least=least, most=most)
        if part.bounds is None:
            return node
        first, last = part.bounds
        if first > last:
            raise GrammarError(f"range end must be >= start, got ({first}, {last})")
        if first < 0:
            raise GrammarError(f"range start must be >= 0, got {first}")
        if first > _MOST_TIMES:
            raise UnfollowedError("so many repetitions")
        return Node("times", parts=(node,), least=first, most=None if last == ENDLESS else last)

    def _atom(self, atom: Atom, place: Place) -> Node:
        if atom.negated:
            return self._lexeme(self._terminals.atom(atom))
        if isinstance(atom.held, Expansions):
            held = self._expansions(atom.held)
            return Node("times", parts=(held,), least=0) if atom.optional else held
        return self._of_value(atom.held, place)

    def _of_value(self, value: Value, place: Place) -> Node:
        match value.kind:
            case "name" if self._is_rule(value.text):
                return self._rule(value.text, None)
            case "applied":
                return self._rule(value.text, value.value)
            case "special":
                check_special(value.text)
                raise UnfollowedError("a special token")
            case "template":
                raise GrammarError("template usage not supported yet")
            case "reference" | "lark" | "json":
                return self._grammar_inside(value, place)
            case "string" if not value.text:
                return Node("then")
        return self._lexeme(self._terminals.value(value))

    def _grammar_inside(self, value: Value, place: Place) -> Node:
        """Return the node of another grammar, which is read when this one was."""
        node = Node("then")
        if value.kind == "lark":
            self._inner.append((node, value.items))
        elif value.kind == "json":
            self._schemas.append((place, value.value))
            apart = len(self._grammar.spaces) + 1_000
            node = Node("lexeme", lexeme=Lexeme(self._grammar.forms.none, apart, schema=(value.value,)))
        elif value.text[1:].isdigit():
            raise GrammarError("numeric grammar references no longer supported")
        else:
            self._unknown.append(value.text)
        return node

    def _lexeme(
        self, form: Form, *, lazy: bool = False, cap: int | None = None, hidden: Form | None = None
    ) -> Node:
        return Node("lexeme", lexeme=Lexeme(form, self._space, lazy, cap, hidden))


def _cap(rule: Named) -> int | None:
    return int(rule.kept["max_tokens"]) if "max_tokens" in rule.kept else None


def needs_parameter(node: Node) -> bool:
    """Return whether what a rule stands for depends on what it is called with."""
    if node.kind == "rule":
        return node.given is not None and node.given.kind != "const"
    return any(one is not None for one in node.conditions) or any(map(needs_parameter, node.parts))
