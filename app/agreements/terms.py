"""Which words and figures apply to one customer on one day: our policies, clause by clause, and what was signed.

**Who wins.** An agreement counts on a day that is neither before its start nor after its end, and an amendment
only while what it amends counts. Where two that count speak about the same clause, the higher one decides:

1. an amendment, then a data processing addendum (for the policies on data, and for nothing else), then an
   order form, then a master agreement;
2. of the same kind the one signed later, then the one that starts later, then an amendment above what it
   amends, then the one entered later.

Of overrides that replace a clause or take it out, the highest alone decides; additions that rank above it stay,
those below it fall with the text they added to. Without such an override all additions stand. Only that clause
is touched, never the rest of the document. A figure counts while the override that carries it stands; of several
the highest wins, ranked as its policy ranks. A clause that today's version no longer has is still overridden.

Everything here is computed from what is passed in; queries.py reads it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from markupsafe import Markup

from app.agreements.models import Effect, Kind
from app.agreements.parameters import TABLE, Parameter, Value
from app.agreements.wording import EFFECTS, KINDS, to_html
from app.formats import short_day
from app.legal.texts import Clause, Policy, Section

DATA_POLICIES = frozenset({"dpa", "privacy", "subprocessors", "security", "data-export-deletion"})
"""What a data processing addendum may change."""
_WEIGHT = {Kind.AMENDMENT: 4, Kind.DPA: 3, Kind.ORDER_FORM: 2, Kind.MSA: 1}
Rank = tuple[int, date, date, int, int]


@dataclass(frozen=True)
class Signed:
    """An agreement as it counts here."""

    id: int
    kind: Kind
    signed_on: date
    starts_on: date
    last_day: date | None = None
    amends_id: int | None = None
    public_id: str = ""
    title: str = ""
    reference: str = ""
    document_name: str | None = None
    document_size: int | None = None

    @property
    def name(self) -> str:
        """ "Order form OF-2026-014"."""
        return f"{KINDS[self.kind]} {self.reference}".strip()

    @property
    def source(self) -> str:
        """ "Order form OF-2026-014, signed 3 Mar 2026"."""
        return f"{self.name}, signed {short_day(self.signed_on)}"

    def spans(self, day: date) -> bool:
        """Whether the day lies within its own dates."""
        return self.starts_on <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Change:
    """One override of an agreement that counts."""

    agreement: Signed
    policy: str
    clause: str
    effect: Effect
    text: str = ""
    figures: dict[str, Value] = field(default_factory=dict, hash=False)

    @property
    def html(self) -> Markup:
        return to_html(self.text)

    @property
    def in_words(self) -> str:
        return EFFECTS[self.effect]


@dataclass(frozen=True)
class ClauseTerms:
    """One clause: the standard text, what decides instead of it, what adds to it, and what all that displaced."""

    policy: str
    anchor: str
    standard: Clause | None
    """None: today's version has no such clause any more."""
    section: Section | None
    decides: Change | None
    adds: tuple[Change, ...]
    displaced: tuple[Change, ...]

    @property
    def stands(self) -> tuple[Change, ...]:
        """What applies beside or instead of the standard text, highest first."""
        return (*self.adds, self.decides) if self.decides else self.adds

    @property
    def is_changed(self) -> bool:
        return bool(self.stands)


@dataclass(frozen=True)
class PolicyTerms:
    """One policy as it applies. `policy` is None when no version is in force that day but an agreement names it."""

    slug: str
    policy: Policy | None
    sections: tuple[tuple[Section, tuple[ClauseTerms, ...]], ...]
    gone: tuple[ClauseTerms, ...]
    """Overrides of clauses that are not in this version. They still apply."""

    @property
    def title(self) -> str:
        return self.policy.title if self.policy else self.slug.replace("-", " ").capitalize()

    @property
    def clauses(self) -> Iterator[ClauseTerms]:
        for _, clauses in self.sections:
            yield from clauses
        yield from self.gone

    @cached_property
    def changed(self) -> tuple[ClauseTerms, ...]:
        return tuple(clause for clause in self.clauses if clause.is_changed)


@dataclass(frozen=True)
class Figure:
    """A figure as it applies, in words and with where it comes from."""

    parameter: Parameter
    value: Value | None
    change: Change | None
    """None: the standard."""
    displaced: tuple[Change, ...]
    """What other agreements say about it, highest first; the standard stands below them."""
    standard_source: str

    @property
    def sentence(self) -> str:
        return self.parameter.in_words(self.value)

    @property
    def source(self) -> str:
        return self.change.agreement.source if self.change else self.standard_source

    @property
    def agreement(self) -> Signed | None:
        return self.change.agreement if self.change else None

    @property
    def number(self) -> int:
        """The value of a figure that is a plain number."""
        assert isinstance(self.value, int), f"{self.parameter.name} is no plain number"
        return self.value


@dataclass(frozen=True)
class Terms:
    """What applies to one customer on one day. The policies are read when they are asked for, and only then."""

    day: date
    agreements: tuple[Signed, ...]
    """In force that day, highest first."""
    others: tuple[Signed, ...]
    """Not in force that day: over, not begun, or fallen with what they amended."""
    changes: tuple[Change, ...]
    """Of the agreements in force."""
    find_policy: Callable[[str, date], Policy | None]
    slugs: Callable[[], Iterable[str]]

    @cached_property
    def policies(self) -> tuple[PolicyTerms, ...]:
        """Every policy in force that day, by title, and those that an agreement names."""
        named = {*self.slugs(), *(change.policy for change in self.changes)}
        found = [self.policy(slug) for slug in named]
        return tuple(sorted((p for p in found if p is not None), key=lambda p: p.title))

    @property
    def changed(self) -> tuple[PolicyTerms, ...]:
        """The policies of which at least one clause is changed."""
        return tuple(policy for policy in self.policies if policy.changed)

    def policy(self, slug: str) -> PolicyTerms | None:
        """One policy as it applies; None when none is in force that day and no agreement names it."""
        found = self.find_policy(slug, self.day)
        sections = found.sections if found else ()
        rows = tuple((s, tuple(self._clause(slug, c.anchor, c, s) for c in s.clauses)) for s in sections)
        here = {clause.anchor for _, clauses in rows for clause in clauses}
        gone = dict.fromkeys(c.clause for c in self.changes if c.policy == slug and c.clause not in here)
        if found is None and not gone:
            return None
        return PolicyTerms(slug, found, rows, tuple(self._clause(slug, anchor, None, None) for anchor in gone))

    def parameter(self, name: str) -> Figure:
        """The figure as it applies, and its source. Raises KeyError for a name that parameters.py does not have."""
        parameter = TABLE[name]
        carriers = [change for change in self.changes if name in change.figures]
        carriers.sort(key=lambda change: self._rank(change.agreement, parameter.policy), reverse=True)
        standing = [change for change in carriers if self._stands(change)]
        top = standing[0] if standing else None
        value = top.figures[name] if top else parameter.standard
        rest = tuple(change for change in carriers if change is not top)
        return Figure(parameter, value, top, rest, "" if top else self._standard_source(parameter))

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """All of them, in the order of the table."""
        return tuple(self.parameter(name) for name in TABLE)

    def settle(self, slug: str, anchor: str) -> tuple[Change | None, tuple[Change, ...], tuple[Change, ...]]:
        """What decides about a clause, what adds to it, and what they displaced; each highest first."""
        said = [change for change in self.changes if (change.policy, change.clause) == (slug, anchor)]
        said.sort(key=lambda change: self._rank(change.agreement, slug), reverse=True)
        at = next((n for n, change in enumerate(said) if change.effect != Effect.SUPPLEMENTS), len(said))
        return (said[at] if at < len(said) else None), tuple(said[:at]), tuple(said[at + 1 :])

    def _clause(self, slug: str, anchor: str, standard: Clause | None, section: Section | None) -> ClauseTerms:
        return ClauseTerms(slug, anchor, standard, section, *self.settle(slug, anchor))

    def _stands(self, change: Change) -> bool:
        decides, adds, _ = self.settle(change.policy, change.clause)
        return change is decides or any(change is other for other in adds)

    def _rank(self, agreement: Signed, slug: str) -> Rank:
        return rank(agreement, slug, self.agreements)

    def _standard_source(self, parameter: Parameter) -> str:
        policy = self.find_policy(parameter.policy, self.day)
        if policy is None:
            return "LeenOps' standard"
        numbers = {clause.anchor: clause.number for section in policy.sections for clause in section.clauses}
        clause = f", clause {numbers[parameter.clause]}" if parameter.clause in numbers else ""
        return f"{policy.title} {policy.version}{clause}"


def in_force(agreements: Iterable[Signed], day: date) -> list[Signed]:
    """Those that count that day, highest first; an amendment only while what it amends counts."""
    spanning = {agreement.id: agreement for agreement in agreements if agreement.spans(day)}

    def counts(agreement: Signed, seen: frozenset[int] = frozenset()) -> bool:
        if agreement.kind != Kind.AMENDMENT:
            return True
        base = spanning.get(agreement.amends_id or 0)
        return base is not None and base.id not in seen and counts(base, seen | {agreement.id})

    found = [agreement for agreement in spanning.values() if counts(agreement)]
    return sorted(found, key=lambda agreement: rank(agreement, "dpa", found), reverse=True)


def rank(agreement: Signed, slug: str, among: Iterable[Signed]) -> Rank:
    """The place of an agreement where a clause of this policy is concerned; the greatest wins."""
    weight = _WEIGHT[agreement.kind]
    if agreement.kind == Kind.DPA and slug not in DATA_POLICIES:
        weight = 0
    return weight, agreement.signed_on, agreement.starts_on, _depth(agreement, among), agreement.id


def _depth(agreement: Signed, among: Iterable[Signed]) -> int:
    """How many amendments lie between it and what they all amend."""
    known, depth = {other.id: other for other in among}, 0
    while agreement.amends_id in known and depth <= len(known):
        agreement, depth = known[agreement.amends_id], depth + 1
    return depth
