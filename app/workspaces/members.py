"""Who belongs to a workspace: inviting, joining, changing roles, leaving.

Nobody gives, changes or takes a role that may do something they may not do themselves: otherwise an
administrator could make themselves an owner through a second address.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import func, or_, select, update

from app import events, mail
from app.access import Permission
from app.accounts import sessions
from app.accounts.models import User
from app.accounts.queries import find_user
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Gone, Invalid, NotAllowed
from app.formats import money
from app.workspaces import absences, queries
from app.workspaces.models import Invitation, Membership, Role, Workspace
from app.workspaces.permissions import TABLE, permits
from app.workspaces.services import lock_workspace

INVITATION_DAYS = 7
MAX_OPEN_INVITATIONS = 100
LAST_OWNER = "A workspace needs an owner. Make somebody else an owner first."


def grantable(membership: Membership) -> tuple[Role, ...]:
    """The roles this member may give, widest first."""
    return tuple(role for role in Role if TABLE[role] <= TABLE[Role(membership.role)])


def invite(
    workspace: Workspace, email: str, role: Role, teams: Iterable[str], *, by: Membership, link_to: Callable[[str], str]
) -> Invitation:
    """Mail an offer to join that works once, for this address, for seven days. An older one to it ends. Flushes."""
    plain = mail.checked_address(email)
    _refuse_to_give(role, by)
    if queries.present_member(lock_workspace(workspace), plain) is not None:
        raise Invalid("This person is a member already.", field="email")
    _withdraw(workspace, Invitation.email == plain)
    if len(queries.open_invitations(workspace)) >= MAX_OPEN_INVITATIONS:
        raise Invalid("Too many invitations are open. Withdraw some first.", field="email")
    token, kept = sessions.new_token()
    invitation = Invitation(
        workspace_id=workspace.id,
        email=plain,
        role=role,
        teams=checked_teams(workspace, role, teams),
        token_hash=kept,
        invited_by=by.user_id,
        expires_at=now() + timedelta(days=INVITATION_DAYS),
    )
    db.session.add(invitation)
    db.session.flush()
    text = _INVITATION.format(who=by.user.name, workspace=workspace.name, role=role, link=link_to(token))
    subject = f"{by.user.name} invites you to {workspace.name} on LeenOps"
    mail.send(to=[plain], subject=subject, text=text, workspace_id=workspace.id, key=f"invite:{invitation.public_id}")
    after = {"email": plain, "role": str(role), "teams": invitation.teams}
    summary = f"{by.user.name} invited {plain} as {role}"
    _record(workspace, "member:invitation:sent", summary, by.user, invitation, after=after)
    return invitation


def withdraw(workspace: Workspace, invitation: Invitation, *, by: Membership) -> None:
    """End an invitation nobody has accepted. Raises Conflict when it was accepted or is ended."""
    _refuse_to_give(Role(invitation.role), by)
    if not _withdraw(workspace, Invitation.id == invitation.id):
        raise Conflict("This invitation was accepted or withdrawn already.")
    summary = f"{by.user.name} withdrew the invitation to {invitation.email}"
    _record(workspace, "member:invitation:withdrawn", summary, by.user, invitation)


def accept(invitation: Invitation, workspace: Workspace, user: User) -> Membership:
    """Make the invited person a member. Raises NotAllowed for another person, Gone the second time. Flushes."""
    if user.email != invitation.email:
        raise NotAllowed(f"This invitation is for {invitation.email}. Sign in with that address to accept it.")
    lock_workspace(workspace)
    open_still = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now())
    taken = changed(update(Invitation).where(Invitation.id == invitation.id, *open_still).values(accepted_at=now()))
    if taken != 1:
        raise Gone("This invitation has been used, withdrawn or has expired.")
    membership = _seat(workspace, user, Role(invitation.role), invitation.teams)
    after = {"role": membership.role, "teams": membership.teams}
    summary = f"{user.name} joined as {membership.role}"
    _record(workspace, "member:membership:joined", summary, user, membership, after=after)
    return membership


def change_role(workspace: Workspace, member: Membership, role: Role, teams: Iterable[str], *, by: Membership) -> bool:
    """Change what a member may do, and sign them out so that it holds at once. False when nothing changed."""
    lock_workspace(workspace)
    db.session.refresh(member)
    _refuse_to_touch(member, by)
    _refuse_to_give(role, by)
    wanted = checked_teams(workspace, role, teams)
    if member.role == role and sorted(member.teams) == sorted(wanted):
        return False
    if role != Role.OWNER:
        _keep_an_owner(workspace, member)
    before = {"role": member.role, "teams": member.teams}
    member.role, member.teams = role, wanted
    if not permits(role, Permission.MEMBERS_MANAGE):
        _withdraw(workspace, Invitation.invited_by == member.user_id)
    if not permits(role, Permission.APPROVE):
        absences.stop_standing_in(workspace, member, by=by)
    summary = f"{by.user.name} made {member.user.name} {role}"
    after = {"role": str(role), "teams": wanted}
    _record(workspace, "member:membership:role", summary, by.user, member, before=before, after=after)
    _cut(workspace, member)
    return True


def set_limit(workspace: Workspace, member: Membership, up_to: int | None, *, by: Membership) -> None:
    """Limit how much money one approval of theirs may move, in minor units; None for any amount. Counts at once."""
    lock_workspace(workspace)
    db.session.refresh(member)
    _refuse_to_touch(member, by)
    if member.id == by.id:
        raise NotAllowed("Somebody else changes what you may approve.")
    before, member.approves_up_to = member.approves_up_to, up_to
    words = "any amount" if up_to is None else f"up to {money(up_to, workspace.currency)}"
    summary = f"{by.user.name} lets {member.user.name} approve {words}"
    then, since = {"approves_up_to": before}, {"approves_up_to": up_to}
    _record(workspace, "member:membership:limit", summary, by.user, member, before=then, after=since)


def remove(workspace: Workspace, member: Membership, *, by: Membership) -> None:
    """End a membership, and with it invitations sent or held and absences; whoever is removed is signed out.

    The last owner cannot go. Raises Conflict when they are gone already.
    """
    lock_workspace(workspace)
    db.session.refresh(member)
    if member.id != by.id:
        _refuse_to_touch(member, by)
    _keep_an_owner(workspace, member)
    ended = changed(
        update(Membership).where(Membership.id == member.id, Membership.ended_at.is_(None)).values(ended_at=now())
    )
    if ended != 1:
        raise Conflict("This person is not a member any more.")
    _withdraw(workspace, or_(Invitation.invited_by == member.user_id, Invitation.email == member.user.email))
    absences.end_all_of(workspace, member, by=by)
    left = member.id == by.id
    summary = f"{by.user.name} left" if left else f"{by.user.name} removed {member.user.name}"
    before = {"role": member.role, "teams": member.teams}
    _record(workspace, "member:membership:ended", summary, by.user, member, before=before)
    _cut(workspace, member, sign_out=not left)


def recheck_streams(user: User) -> None:
    """Make the live pages of everybody who shares a workspace with the person ask again whether they may go on."""
    for membership in queries.memberships_of(user):
        events.publish(membership.workspace_id, "access")


def checked_teams(workspace: Workspace, role: Role, teams: Iterable[str]) -> list[str]:
    """The keys, of this workspace's teams, that limit a builder or reviewer; other roles are not limited."""
    if role not in queries.LIMITABLE:
        return []
    wanted, known = set(teams), [team.key for team in queries.teams_of(workspace)]
    if wanted - set(known):
        raise Invalid("Choose teams from the list.", field="teams")
    return [key for key in known if key in wanted]


def is_last_owner(workspace: Workspace, member: Membership) -> bool:
    """Whether the workspace would have no owner without this member."""
    owners = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.workspace_id == workspace.id, Membership.role == Role.OWNER, Membership.ended_at.is_(None))
    )
    return member.role == Role.OWNER and (db.session.scalar(owners) or 0) <= 1


def _seat(workspace: Workspace, user: User, role: Role, teams: list[str]) -> Membership:
    """The person's one row in this workspace, new or taken up again."""
    membership = queries.find_membership(workspace.id, user)
    if membership is not None and membership.ended_at is None:
        raise Conflict("You are a member of this workspace already.")
    if membership is None:
        membership = Membership(workspace_id=workspace.id, user_id=user.id, role=role, teams=teams)
        db.session.add(membership)
    membership.role, membership.teams, membership.ended_at = role, teams, None
    db.session.flush()
    return membership


def _withdraw(workspace: Workspace, which: object) -> int:
    ended = changed(
        update(Invitation)
        .where(Invitation.workspace_id == workspace.id, which)  # type: ignore[arg-type]
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    return ended


def _cut(workspace: Workspace, member: Membership, *, sign_out: bool = True) -> None:
    """End the member's sign-ins and have every open page of the workspace checked again."""
    db.session.flush()
    if sign_out:
        sessions.revoke(member.user)
    events.publish(workspace.id, "access", "members")


def _keep_an_owner(workspace: Workspace, member: Membership) -> None:
    if is_last_owner(workspace, member):
        raise Conflict(LAST_OWNER)


def _refuse_to_give(role: Role, by: Membership) -> None:
    if role not in grantable(by):
        raise NotAllowed(f"Only an owner can give or take the role {role}.")


def _refuse_to_touch(member: Membership, by: Membership) -> None:
    _refuse_to_give(Role(member.role), by)


def _record(
    workspace: Workspace,
    kind: str,
    summary: str,
    actor: User,
    subject: Membership | Invitation,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    name = f"{'invitation' if isinstance(subject, Invitation) else 'member'}:{subject.public_id}"
    then, since = dict(before or {}), dict(after or {})
    record(kind, summary, workspace_id=workspace.id, actor=actor, subject=name, before=then, after=since)


def has_account(invitation: Invitation) -> bool:
    """Whether the invited address has an account. Only for whoever holds the mailed link."""
    return find_user(invitation.email) is not None


_INVITATION = """Hello,

{who} invites you to the workspace {workspace} on LeenOps, as {role}.
Accept within seven days here:

{link}

If you do not know {who}, do nothing: nothing happens until you accept.

LeenOps
"""
