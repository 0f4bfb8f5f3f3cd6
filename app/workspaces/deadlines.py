"""What happens to a card that nobody decides, and when: remind, stand-in, escalate, expire. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from app.workspaces.hours import BusinessHours, NeverOpen


class Step(StrEnum):
    """What is done about a waiting card, in this order."""

    REMIND = "remind"
    DELEGATE = "delegate"
    ESCALATE = "escalate"
    EXPIRE = "expire"


@dataclass(frozen=True)
class DeadlineSteps:
    """After how many hours each step is due, None for one that is left out; a card always expires.

    Raises ValueError when one is not due later than those before it.
    """

    remind: int | None
    delegate: int | None
    escalate: int | None
    expire: int
    in_business_hours: bool = False

    def __post_init__(self) -> None:
        hours = [hours for _, hours in self.due_hours()]
        if hours != sorted(set(hours)) or hours[0] < 1:
            raise ValueError(hours)

    @classmethod
    def within(cls, expire: int) -> Self:
        """The steps of a workspace that chose none: after a sixth, a third and two thirds of the time, in clock hours.

        A step that would come before the first whole hour, or with another, is left out.
        """
        remind, delegate, escalate = expire // 6, expire // 3, expire * 2 // 3
        return cls(remind or None, delegate if delegate > remind else None, escalate or None, expire)

    @classmethod
    def read(cls, kept: dict[str, Any], expire: int) -> Self:
        """What `kept()` gave; nothing kept is the usual proportion of `expire`."""
        if not kept:
            return cls.within(expire)
        return cls(**kept, expire=expire)

    def kept(self) -> dict[str, Any]:
        """As JSON, without the expiry, which the workspace keeps as `card_hours`."""
        return {name: value for name, value in asdict(self).items() if name != Step.EXPIRE}

    def due_hours(self) -> list[tuple[Step, int]]:
        """The steps that take place, in order, each with its hours since the card was asked."""
        hours = zip(Step, (self.remind, self.delegate, self.escalate, self.expire), strict=True)
        return [(step, after) for step, after in hours if after is not None]

    def due(self, asked_at: datetime, hours: BusinessHours) -> list[tuple[Step, datetime]]:
        """When each step of a card asked at this moment is due, in order, in UTC.

        Business hours that never open again are passed over and the clock counts: a card must not wait for ever.
        """
        if self.in_business_hours:
            try:
                return [(step, hours.add(asked_at, timedelta(hours=after))) for step, after in self.due_hours()]
            except NeverOpen:
                pass
        always = BusinessHours(hours.timezone)
        return [(step, always.add(asked_at, timedelta(hours=after))) for step, after in self.due_hours()]
