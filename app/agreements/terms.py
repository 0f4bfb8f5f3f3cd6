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

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from markupsafe import Markup

from app.agreements.models import Effect, Kind
from app.agreements.parameters import TABLE, Parameter, Value
from app.agreements.wording import EFFECTS, KINDS
from app.formats import short_day
from app.legal.texts import Clause, Policy, Section, to_html

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
    standard: str
    """What holds without an agreement, in words."""

    @property
    def sentence(self) -> str:
        return self.parameter.in_words(self.value) if self.change else self.standard

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
    versions: Callable[[str], Sequence[Policy]]
    """Every published version of a policy, newest first."""
    slugs: Callable[[], Iterable[str]]
    on: Callable[[date], "Terms"]
    """The same customer's terms on another day."""

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

    def find_policy(self, slug: str) -> Policy | None:
        """The version that counts for this customer that day."""
        return next((policy for policy in self.versions(slug) if self.counts_from(policy) <= self.day), None)

    def waiting(self, policy: Policy) -> Policy | None:
        """The version that others have already that day and that counts later for this customer, if there is one."""
        newer = (p for p in self.versions(policy.slug) if p.order > policy.order)
        return next((p for p in newer if p.effective_on <= self.day), None)

    def counts_from(self, policy: Policy) -> date:
        """The day a version begins to count for this customer: its own, or later where an agreement of the day on
        which it was published gives more notice of material changes."""
        published = policy.published_on
        if not policy.is_material or published is None or policy.effective_on <= published:
            return policy.effective_on
        then, _ = self.on(published)._agreed("notice_days")
        days = then.figures["notice_days"] if then else 0
        assert isinstance(days, int)
        return max(policy.effective_on, published + timedelta(days=days))

    def policy(self, slug: str) -> PolicyTerms | None:
        """One policy as it applies; None when none is in force that day and no agreement names it."""
        found = self.find_policy(slug)
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
        top, rest = self._agreed(name)
        value = top.figures[name] if top else parameter.standard
        return Figure(parameter, value, top, rest, *self._standard(parameter))

    def _agreed(self, name: str) -> tuple[Change | None, tuple[Change, ...]]:
        """The override whose figure holds, if any, and the others that carry it, highest first."""
        carriers = [change for change in self.changes if name in change.figures]
        carriers.sort(key=lambda change: self._rank(change.agreement, TABLE[name].policy), reverse=True)
        top = next((change for change in carriers if self._stands(change)), None)
        return top, tuple(change for change in carriers if change is not top)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Those that anything says something about that day, in the order of the table."""
        found = (self.parameter(name) for name in TABLE)
        return tuple(figure for figure in found if figure.change or figure.standard_source)

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

    def _standard(self, parameter: Parameter) -> tuple[str, str]:
        """Where the standard stands, and what it is. A clause with another number now is cited, not contradicted."""
        policy = self.find_policy(parameter.policy)
        if policy is None:
            return "", ""
        name, anchor = f"{policy.title} {policy.version}", parameter.stated_in or parameter.clause
        clause = next((c for section in policy.sections for c in section.clauses if c.anchor == anchor), None)
        if clause is None or not parameter.is_standard_in(clause.text):
            return name, f"{parameter.label}: as {name} says{f' in clause {clause.number}' if clause else ''}."
        return f"{name}, clause {clause.number}", parameter.in_words(parameter.standard)


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
