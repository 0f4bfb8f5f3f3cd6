"""Policies for machines: Markdown, JSON, Atom, and the `Link` header (RFC 8288 with the relations of RFC 5829)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import current_app, url_for

from app.feeds import Entry, Feed, at_midnight, atom, tag_uri
from app.legal import library
from app.legal.texts import Policy

FEED_LENGTH = 100


def base_url() -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base


def address(policy: Policy) -> str:
    """The permanent address of a version."""
    return base_url() + url_for("legal.version", slug=policy.slug, version=policy.version)


def as_json(policy: Policy) -> dict[str, Any]:
    """The version with its clauses, and where every other version is."""
    return {
        "slug": policy.slug,
        "title": policy.title,
        "version": policy.version,
        "state": library.state(policy),
        "change_type": policy.change_type,
        "material": policy.is_material,
        "published_on": str(policy.published_on),
        "effective_on": str(policy.effective_on),
        "in_force_until": str(library.last_day(policy) or "") or None,
        "notice_days": policy.notice_days,
        "acceptance": policy.acceptance,
        "summary": policy.summary,
        "notes": [{"says": note.says, "at": note.at or None} for note in policy.notes],
        "moved": dict(policy.moved),
        "url": address(policy),
        "sha256": policy.sha256,
        "sections": [
            {
                "anchor": section.anchor,
                "number": section.number,
                "title": section.title,
                "clauses": [{"anchor": c.anchor, "number": c.number, "text": c.text} for c in section.clauses],
            }
            for section in policy.sections
        ],
        "versions": [_in_log(other) for other in library.versions(policy.slug)],
    }


def _in_log(policy: Policy) -> dict[str, str]:
    return {
        "version": policy.version,
        "state": library.state(policy),
        "published_on": str(policy.published_on),
        "effective_on": str(policy.effective_on),
        "summary": policy.summary,
        "sha256": policy.sha256,
        "url": address(policy),
    }


def change_log(policy: Policy) -> list[tuple[str, str, str]]:
    """(version, day it takes effect, summary) of each version up to this one, newest first."""
    known = [other for other in library.versions(policy.slug) if other.order <= policy.order] or [policy]
    return [(other.version, str(other.effective_on), other.summary) for other in known]


def links(policy: Policy) -> str:
    """The `Link` header of a version's page: its neighbours in time, the latest, the log, and its other forms."""
    slug, number = policy.slug, policy.version
    latest = library.find_in_force(slug) or policy
    found = {"bookmark": address(policy), "latest-version": address(latest)}
    for relation, other in (
        ("predecessor-version", library.predecessor(policy)),
        ("successor-version", library.successor(policy)),
    ):
        if other is not None:
            found[relation] = address(other)
    plain = [f'<{target}>; rel="{relation}"' for relation, target in found.items()]
    plain.append(f'<{base_url()}{url_for("legal.policy_feed", slug=slug)}>; rel="version-history"')
    for view, mimetype in (
        ("as_markdown", "text/markdown"),
        ("as_json", "application/json"),
        ("as_pdf", "application/pdf"),
    ):
        target = base_url() + url_for(f"legal.{view}", slug=slug, version=number)
        plain.append(f'<{target}>; rel="alternate"; type="{mimetype}"')
    return ", ".join(plain)


def feed(versions: Iterable[Policy] | None = None) -> bytes:
    """The changes of all policies, or of one, as Atom; newest first, at most FEED_LENGTH."""
    chosen = list(library.changes() if versions is None else versions)[:FEED_LENGTH]
    one = chosen[0] if versions is not None and chosen else None
    here = url_for("legal.policy_feed", slug=one.slug) if one else url_for("legal.changes_feed")
    page = url_for("legal.show", slug=one.slug) if one else url_for("legal.index")
    began = at_midnight(date(2026, 6, 13))
    return atom(
        Feed(
            id=tag_uri("legal", one.slug if one else "changes"),
            title=f"{one.title}: changes" if one else "LeenOps policies: changes",
            self_link=base_url() + here,
            link=base_url() + page,
            updated=max((_moment(policy) for policy in chosen), default=began),
            entries=tuple(_entry(policy) for policy in chosen),
        )
    )


def _entry(policy: Policy) -> Entry:
    kind = "Material change" if policy.is_material else "Change"
    return Entry(
        id=tag_uri("legal", policy.slug, policy.version),
        title=f"{policy.title} {policy.version}",
        link=address(policy),
        updated=_moment(policy),
        summary=f"{policy.summary.rstrip('.')}. {kind}, takes effect on {policy.effective_on}.",
    )


def _moment(policy: Policy) -> datetime:
    return at_midnight(policy.published_on or policy.effective_on)
