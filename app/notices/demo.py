"""Changed policies of a development installation: one that took effect, one that is announced, one reworded."""

from datetime import date, timedelta
from pathlib import Path

from app.accounts.models import StaffMember
from app.db import db, now
from app.legal import drafting, library, texts
from app.legal.models import Origin, PolicyVersion, Stage
from app.notices.services import announce

TEXTS = Path(__file__).parents[1] / "demo_content" / "legal"
DAYS = {"acceptable-use": (-55, -20), "support-status": (-40, -40), "enforcement-appeals": (-4, 30)}
"""For each, the day it was published and the day it takes effect, counted from today."""


def seed_policies(author: StaffMember, approver: StaffMember) -> None:
    """Publish the second versions as staff would have, and have people told of the one to come. Flushes."""
    for slug, (published, effective) in DAYS.items():
        row = _publish(slug, library.today() + timedelta(published), library.today() + timedelta(effective))
        row.authors, row.approved_by, row.approved_sha256 = [author.id], approver.id, row.text_sha256
        db.session.flush()
        if effective > 0:
            announce(row)
    library.forget_after_commit()


def _publish(slug: str, published_on: date, effective_on: date) -> PolicyVersion:
    text = (TEXTS / slug / "1.1.md").read_text()
    matter = texts.front_matter(text) | {"published_on": published_on, "effective_on": effective_on}
    policy = texts.parse(texts.compose(matter, texts.divided(text)[1]), name=drafting.NAME)
    moment = now()
    row = PolicyVersion(
        slug=slug, version=policy.version, title=policy.title, stage=Stage.PUBLISHED, origin=Origin.DEMO,
        source=policy.text, text_sha256=policy.sha256, effective_on=effective_on, published_on=published_on,
        submitted_at=moment, approved_at=moment, published_at=moment, authors=[],
    )  # fmt: skip
    db.session.add(row)
    return row
