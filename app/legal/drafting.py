"""A version on its way: draft, in_review, approved, published. And withdrawn, from any of them before its day.

Every step is a conditional update: of two people at once, one wins and the other reads why. Who wrote a
version never approves it, and what is published is to the letter what was approved, but for the day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import StaffMember
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.legal import library, queries, texts
from app.legal.models import Origin, PolicyVersion, Stage
from app.legal.texts import BrokenPolicy, Policy
from app.legal.timeline import NOTICE_DAYS, check_timeline
from app.typed import plain

NAME = "this draft"
"""How a draft is called in a sentence about what is wrong with it."""
MOST_SAID = 2_000
"""Characters of a reason."""
STALE = "This version has changed since you opened it. Look at it as it is now."

_PUBLISHED_ON = re.compile(r"^published_on: .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Wording:
    """What staff write: the front matter but for the day of publication, and the Markdown."""

    slug: str
    version: str
    title: str
    change_type: str
    is_material: bool
    effective_on: date
    notice_days: int
    acceptance: str
    summary: str
    notes: tuple[Mapping[str, str], ...]
    moved: Mapping[str, str]
    body: str

    def text(self, published_on: date | None = None) -> str:
        """The whole text, as it is kept and, with the day, published."""
        matter: dict[str, Any] = {
            "slug": self.slug,
            "title": self.title,
            "version": self.version,
            "change_type": self.change_type,
            "material": self.is_material,
            "published_on": published_on,
            "effective_on": self.effective_on,
            "notice_days": self.notice_days,
            "acceptance": self.acceptance,
            "summary": self.summary,
            "notes": [dict(note) for note in self.notes],
            "moved": dict(self.moved),
        }
        return texts.compose({name: value for name, value in matter.items() if value not in (None, [], {})}, self.body)


def draft(wording: Wording, *, by: StaffMember) -> PolicyVersion:
    """A new version, for nobody to see but staff. Flushes. Raises Conflict when there is one, BrokenPolicy."""
    policy = _read(wording)
    if queries.find_version(wording.slug, wording.version) is not None:
        raise Conflict(f"There is a version {wording.version} of this policy already. Give this one another number.")
    row = PolicyVersion(
        slug=policy.slug, version=policy.version, title=policy.title, stage=Stage.DRAFT, origin=Origin.STAFF,
        source=policy.text, text_sha256=policy.sha256, effective_on=policy.effective_on, authors=[by.id],
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:  # drafted by somebody else since we looked
        raise Conflict(f"There is a version {wording.version} of this policy already. Look at it first.") from error
    _record("drafted", row, by)
    return row


def edit(row: PolicyVersion, wording: Wording, *, seen_sha256: str, by: StaffMember) -> None:
    """New words for a draft. Raises Conflict when it is no draft any more, or not as `by` last saw it; BrokenPolicy."""
    policy = _read(wording)
    _hold(row)
    if (policy.slug, policy.version) != (row.slug, row.version):
        raise Invalid("A draft keeps its policy and its number.", field="version")
    _step(
        row, (Stage.DRAFT,), PolicyVersion.text_sha256 == seen_sha256,
        title=policy.title, source=policy.text, text_sha256=policy.sha256, effective_on=policy.effective_on,
        authors=sorted({*row.authors, by.id}),
    )  # fmt: skip
    _record("edited", row, by)


def submit(row: PolicyVersion, *, by: StaffMember) -> None:
    """Ask for a review. Raises BrokenPolicy when it could not be published as it is, Conflict."""
    _hold(row)
    _expect(row, Stage.DRAFT)
    _publishable(row, library.today())
    _step(row, (Stage.DRAFT,), stage=Stage.IN_REVIEW, submitted_at=now(), remark=None)
    _record("submitted", row, by)


def approve(row: PolicyVersion, *, seen_sha256: str, by: StaffMember) -> None:
    """Approve exactly the text that `by` saw. Raises NotAllowed for who wrote any of it, Conflict."""
    _hold(row)
    if by.id in row.authors:
        raise NotAllowed("You wrote some of this version, so somebody else approves it.")
    _step(
        row, (Stage.IN_REVIEW,), PolicyVersion.text_sha256 == seen_sha256,
        stage=Stage.APPROVED, approved_by=by.id, approved_sha256=seen_sha256, approved_at=now(),
    )  # fmt: skip
    _record("approved", row, by, sha256=seen_sha256)


def send_back(row: PolicyVersion, *, why: str, by: StaffMember) -> None:
    """Back to the draft, with what to change; an approval falls. Raises Invalid without a reason, Conflict."""
    _step(
        row, (Stage.IN_REVIEW, Stage.APPROVED),
        stage=Stage.DRAFT, remark=_said(why), approved_by=None, approved_sha256=None, approved_at=None,
    )  # fmt: skip
    _record("sent_back", row, by, why=_said(why))


def publish(row: PolicyVersion, *, by: StaffMember) -> Policy:
    """Put an approved version on the shelf, from today, in force on its day. Flushes. Its text stays for ever.

    Raises BrokenPolicy when today is too late for its notice, Conflict when it is not approved as it is.
    """
    _hold(row)
    _expect(row, Stage.APPROVED)
    library.forget()  # another process may have published one a moment ago
    policy = _publishable(row, library.today())
    _step(
        row, (Stage.APPROVED,), PolicyVersion.text_sha256 == PolicyVersion.approved_sha256,
        stage=Stage.PUBLISHED, source=policy.text, text_sha256=policy.sha256, published_on=policy.published_on,
        published_at=now(),
    )  # fmt: skip
    _record("published", row, by, sha256=policy.sha256, effective_on=str(policy.effective_on))
    library.forget_after_commit()
    return policy


def withdraw(row: PolicyVersion, *, why: str, by: StaffMember) -> None:
    """End a version before its day. One that was announced keeps its address, which says so.

    Raises Conflict for one that is or was in force: a new version replaces it instead. Invalid without a reason.
    """
    coming = (PolicyVersion.effective_on > library.today()) | (PolicyVersion.stage != Stage.PUBLISHED)
    stages = (Stage.DRAFT, Stage.IN_REVIEW, Stage.APPROVED, Stage.PUBLISHED)
    later = [p for p in library.versions(row.slug) if p.order > texts.order(row.version)]
    if row.stage == Stage.PUBLISHED and later:
        raise Conflict(f"{row.title} {later[-1].version} follows this one. Withdraw that first.")
    _step(row, stages, coming, stage=Stage.WITHDRAWN, remark=_said(why), withdrawn_at=now())
    _record("withdrawn", row, by, why=_said(why))
    library.forget_after_commit()


def earliest_day(policy: Policy) -> date:
    """The first day on which this version could take effect if it were published today."""
    earlier = [p for p in library.versions(policy.slug) if p.order < policy.order]
    after = earlier[0].effective_on + timedelta(days=1) if earlier else library.today()
    return max(library.today() + timedelta(days=notice_days(policy)), after)


def notice_days(policy: Policy) -> int:
    """How many days before it takes effect this version must be announced."""
    is_first = not library.versions(policy.slug)
    return max(policy.notice_days, NOTICE_DAYS if policy.is_material and not is_first else 0)


def wording_of(row: PolicyVersion) -> Wording:
    """What staff wrote in this version."""
    policy, matter = texts.parse(row.source, name=NAME, is_draft=True), texts.front_matter(row.source)
    return Wording(
        slug=policy.slug,
        version=policy.version,
        title=policy.title,
        change_type=policy.change_type,
        is_material=policy.is_material,
        effective_on=policy.effective_on,
        notice_days=policy.notice_days,
        acceptance=policy.acceptance,
        summary=policy.summary,
        notes=tuple({"says": note.says} | ({"at": note.at} if note.at else {}) for note in policy.notes),
        moved=matter.get("moved") or {},
        body=policy.source,
    )


def is_as_approved(row: PolicyVersion) -> bool:
    """Whether a published file is what was approved, but for the line with the day of publication."""
    before = _PUBLISHED_ON.sub("", row.source, count=1)
    return texts.sha256_of(before) == row.approved_sha256


def _read(wording: Wording) -> Policy:
    policy = texts.parse(wording.text(), name=NAME, is_draft=True)
    texts.check_kind(policy, NAME)
    return policy


def _publishable(row: PolicyVersion, published_on: date) -> Policy:
    """The version as it would be published on that day. Raises BrokenPolicy when it cannot be."""
    if row.effective_on < published_on:
        line = texts.parse(row.source, name=NAME, is_draft=True).line_of("effective_on")
        raise BrokenPolicy(NAME, line, "its day is over. Choose another.", "effective_on")
    policy = texts.parse(wording_of(row).text(published_on), name=NAME)
    texts.check_kind(policy, NAME)
    published = [(other, f"{other.title} {other.version}") for other in library.versions(row.slug)]
    check_timeline([*published, (policy, NAME)])
    anchors = set(policy.anchors)
    if lost := sorted({new for new in policy.moved.values() if new not in anchors}):
        raise BrokenPolicy(NAME, policy.line_of("moved"), f"there is no {lost[0]} in this version.", "moved")
    if kept := sorted(anchors & set(policy.moved)):
        raise BrokenPolicy(NAME, policy.line_of("moved"), f"{kept[0]} still stands in this version.", "moved")
    return policy


def _hold(row: PolicyVersion) -> None:
    """Have `row` as it is now, and every version of its policy unchanged by others until the transaction ends."""
    query = select(PolicyVersion.id).where(PolicyVersion.slug == row.slug).order_by(PolicyVersion.id)
    db.session.execute(query.with_for_update())
    db.session.refresh(row)


def _step(row: PolicyVersion, stages: tuple[Stage, ...], *where: Any, **values: Any) -> None:
    """Change a row that is still in one of `stages`. Raises Conflict when it is not."""
    statement = update(PolicyVersion).where(PolicyVersion.id == row.id, PolicyVersion.stage.in_(stages), *where)
    won = changed(statement.values(**values).execution_options(synchronize_session=False))
    db.session.refresh(row)
    if won != 1:
        raise Conflict(STALE)


def _expect(row: PolicyVersion, stage: Stage) -> None:
    if row.stage != stage:
        raise Conflict(STALE)


def _said(why: str) -> str:
    said = plain(why)
    if not said:
        raise Invalid("Say why.", field="why")
    if len(said) > MOST_SAID:
        raise Invalid(f"Use at most {MOST_SAID:,} characters.", field="why")
    return said


def _record(what: str, row: PolicyVersion, by: StaffMember, **after: Any) -> None:
    record(
        f"staff:policy:{what}",
        f"{row.title} {row.version}: {what.replace('_', ' ')}",
        workspace_id=None,
        actor=by,
        subject=f"policy:{row.slug}",
        after={"version": row.version} | after,
    )
