"""Who stands in for whom at one moment. Pure, so that a caller asks the database once for a whole workspace."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cover:
    """The members who are away, by the ids of their memberships."""

    named: Mapping[int, int | None]
    """By who is away, whom they named to stand in."""
    able: frozenset[int]
    """Of those named, who is a member and may decide on cards."""

    def is_away(self, membership_id: int) -> bool:
        """Whether this member is away."""
        return membership_id in self.named

    def of(self, membership_id: int) -> int | None:
        """Who stands in for an absent member: the first in the chain who is here.

        None when nobody was named, when the chain comes to somebody who may not decide or back to somebody it has
        passed, and for a member who is not away.
        """
        passed, found = {membership_id}, self.named.get(membership_id)
        while found in self.able and found not in passed:
            if not self.is_away(found):
                return found
            passed.add(found)
            found = self.named[found]
        return None
