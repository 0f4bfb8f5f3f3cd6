"""The notice that a signed agreement gives a customer before a measure, unless security or the law cannot wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.access import Capability
from app.agreements.queries import terms_for
from app.agreements.terms import Figure
from app.db import db, now
from app.errors import Invalid
from app.formats import in_utc
from app.restrictions.models import Ground, Level, Restriction
from app.workspaces.models import Workspace

AT_ONCE = frozenset({Ground.SECURITY, Ground.LEGAL})
GOOD_FOR = timedelta(days=30)
"""So long after its earliest time a notice allows what it announced; then a new one is due."""


class NoticeDue(Invalid):
    """The measure must be announced first, or was announced too recently."""


@dataclass(frozen=True)
class Due:
    """Why a measure cannot be imposed yet."""

    promise: Figure
    notice: Restriction | None
    """The one that was sent; None: none was."""
    earliest_at: datetime

    @property
    def sentence(self) -> str:
        """For staff: which agreement, what to do, and when."""
        hours = "1 hour" if self.promise.number == 1 else f"{self.promise.number} hours"
        why, at = f"{self.promise.source}: {hours} of notice come before this.", in_utc(self.earliest_at)
        if self.notice is None:
            return f"{why} Send the notice first; then it is possible from {at}. For security or law it is at once."
        return f"{why} The notice went out on {in_utc(self.notice.imposed_at)}: it is possible from {at}."


def promise(workspace: Workspace) -> Figure:
    """How many hours come between notice and measure for this workspace today, and who says so."""
    return terms_for(workspace).parameter("suspension_notice_hours")


def find_due(workspace: Workspace, level: str, ground: str, capabilities: Iterable[Capability] = ()) -> Due | None:
    """What stands in the way of this measure now; None when it may be imposed."""
    agreed = promise(workspace)
    if ground in AT_ONCE or agreed.number == 0:
        return None
    sent = find_notice(workspace, level, ground, capabilities)
    earliest = _earliest(sent, agreed.number) if sent else now() + timedelta(hours=agreed.number)
    return Due(agreed, sent, earliest) if sent is None or now() < earliest else None


def find_notice(
    workspace: Workspace, level: str, ground: str, capabilities: Iterable[Capability] = ()
) -> Restriction | None:
    """The oldest open notice that covers this measure: same ground, and it announced as much or more."""
    query = select(Restriction).where(
        Restriction.workspace_id == workspace.id,
        Restriction.level == Level.NOTICE,
        Restriction.ground == ground,
        Restriction.lifted_at.is_(None),
        Restriction.earliest_at > now() - GOOD_FOR,
    )
    rows = db.session.scalars(query.order_by(Restriction.id))
    return next((row for row in rows if _covers(row, level, set(capabilities))), None)


def check(workspace: Workspace, level: Level, ground: Ground, capabilities: Iterable[Capability] = ()) -> None:
    """Raises NoticeDue (422) while an agreement's notice stands in the way."""
    if due := find_due(workspace, level, ground, capabilities):
        raise NoticeDue(due.sentence, field="level")


def _covers(notice: Restriction, level: str, capabilities: set[Capability]) -> bool:
    if notice.announces == Level.SUSPENDED:
        return True
    return level == Level.RESTRICT and capabilities <= set(notice.capabilities)


def _earliest(notice: Restriction, hours: int) -> datetime:
    """As the notice said; or later, where more hours have been agreed since."""
    told = notice.imposed_at + timedelta(hours=hours)
    return max(told, notice.earliest_at) if notice.earliest_at else told
