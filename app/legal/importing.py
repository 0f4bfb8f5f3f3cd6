"""content/legal into the table. All of it or nothing: a problem leaves the site with what it had."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from app.audit.services import record
from app.config import ROOT
from app.db import db, now
from app.legal import library, texts
from app.legal.models import Origin, PolicyVersion, Stage
from app.legal.texts import BrokenPolicy, Policy
from app.legal.timeline import check_timeline

CONTENT = ROOT / "content" / "legal"


def import_policies() -> list[PolicyVersion]:
    """Publish every file that is not yet a version. Flushes. Returns the new versions.

    Raises BrokenPolicy, before anything is written, when a file cannot be read, a published text was
    changed or removed, or the dates of a policy's versions do not follow one another.
    """
    found, rows = check_policies(), _rows()
    fresh = []
    for path, policy in found.items():
        row = rows.get((policy.slug, policy.version))
        if row is None:
            fresh.append(_publish(PolicyVersion(), policy))
        elif _gives_way(row, policy):
            fresh.append(_publish(row, policy))
        elif not row.source:  # published before texts were kept in the table
            row.source = path.read_text()
    db.session.flush()
    library.forget_after_commit()
    return fresh


def check_policies() -> dict[Path, Policy]:
    """Every file, read and compared with what was published. Changes nothing. Raises BrokenPolicy."""
    found = {path: _read(path) for path in sorted(CONTENT.glob("*/*.md"))}
    rows = _rows()
    for path, policy in found.items():
        _compare(path, policy, rows.get((policy.slug, policy.version)))
    names = {(policy.slug, policy.version) for policy in found.values()}
    for (slug, version), row in rows.items():
        if row.origin == Origin.FILE and (slug, version) not in names:
            why = "it was removed after it was published. Restore it and publish a new version instead."
            raise BrokenPolicy(f"content/legal/{slug}/{version}.md", 1, why)
    _check_timelines(found, rows.values())
    return found


def altered() -> list[str]:
    """The names of published versions whose text in the table no longer fits its checksum."""
    published = select(PolicyVersion).where(PolicyVersion.published_at.is_not(None)).order_by(PolicyVersion.id)
    return [row.name for row in db.session.scalars(published) if texts.sha256_of(row.source) != row.text_sha256]


def _read(path: Path) -> Policy:
    name = _name(path)
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise BrokenPolicy(name, 1, f"it is not UTF-8 at byte {error.start}.") from error
    policy = texts.parse(text, name=name)
    if (policy.slug, policy.version) != (path.parent.name, path.stem):
        why = "slug and version must be those of its folder and name, like terms/1.0.md."
        raise BrokenPolicy(name, policy.line_of("slug"), why)
    return policy


def _compare(path: Path, policy: Policy, row: PolicyVersion | None) -> None:
    if row is None or _gives_way(row, policy):
        texts.check_kind(policy, _name(path))
        return
    if not row.was_published:
        raise BrokenPolicy(_name(path), 1, "a draft of this version is at work in the support console.")
    if row.text_sha256 != policy.sha256:
        line = _first_difference(row.source, path.read_text())
        why = "it was changed after it was published. Restore it and publish a new version instead."
        raise BrokenPolicy(_name(path), line, why)


def _check_timelines(found: dict[Path, Policy], rows: Iterable[PolicyVersion]) -> None:
    """The files and what staff published, policy by policy, in the order of their versions."""
    named = {(policy.slug, policy.version): (policy, _name(path)) for path, policy in found.items()}
    gone = set()
    for row in rows:
        if row.was_published and row.stage == Stage.WITHDRAWN:
            gone.add((row.slug, row.version))
        elif row.was_published and (row.slug, row.version) not in named:
            named[row.slug, row.version] = (texts.parse(row.source, name=row.name), row.name)
    by_slug: dict[str, list[tuple[Policy, str]]] = {}
    for key, policy in named.items():
        if key not in gone:
            by_slug.setdefault(key[0], []).append(policy)
    for policies in by_slug.values():
        check_timeline(policies)


def _gives_way(row: PolicyVersion, policy: Policy) -> bool:
    """A version of the demo does to a real one."""
    return row.origin == Origin.DEMO and row.text_sha256 != policy.sha256


def _publish(row: PolicyVersion, policy: Policy) -> PolicyVersion:
    row.slug, row.version, row.title = policy.slug, policy.version, policy.title
    row.stage, row.origin = Stage.PUBLISHED, Origin.FILE
    row.source, row.text_sha256 = policy.text, policy.sha256
    row.effective_on, row.published_on, row.published_at = policy.effective_on, policy.published_on, now()
    row.authors = []
    db.session.add(row)
    what = {"version": policy.version, "sha256": policy.sha256, "effective_on": str(policy.effective_on)}
    summary = f"{policy.title} {policy.version} was published from its file"
    record("system:policy:published", summary, workspace_id=None, subject=f"policy:{policy.slug}", after=what)
    return row


def _rows() -> dict[tuple[str, str], PolicyVersion]:
    return {(row.slug, row.version): row for row in db.session.scalars(select(PolicyVersion))}


def _name(path: Path) -> str:
    return f"content/legal/{path.parent.name}/{path.name}"


def _first_difference(before: str, after: str) -> int:
    """The first line in which two texts differ."""
    old, new = before.split("\n"), after.split("\n")
    same = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    return (min(len(old), len(new)) if same is None else same) + 1
