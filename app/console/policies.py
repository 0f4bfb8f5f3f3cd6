"""A changed policy, shown to a member: what changes, from when, and their answer."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Permission, member, membership, workspace
from app.agreements.queries import counts_from
from app.consent.models import Act
from app.consent.queries import last_at, last_words
from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.legal import library
from app.legal.models import State
from app.legal.redline import redline
from app.legal.texts import Acceptance, Policy
from app.notices import duties, queries, services
from app.paths import safe_path
from app.web import Kind, notify, render
from app.workspaces.models import Membership

bp = Blueprint("policies", __name__, url_prefix="/w/<workspace>/policies/<slug>/<version>")
ANSWERS = {"accept": Act.ACCEPTED, "decline": Act.DECLINED}


@bp.get("")
@member(Permission.VIEW, informed=False)
def show(slug: str, version: str) -> ResponseReturnValue:
    policy, before = _changed(slug, version)
    name, here = (slug, version), membership()
    return render(
        "policies/show.html",
        policy=policy,
        before=before,
        diff=redline(before, policy),
        state=library.state(policy),
        counts_from=counts_from(policy, here.workspace),
        answer=last_words(here.user_id, here.workspace_id, [name]).get(name),
        answered_at=last_at(here.user_id, here.workspace_id, *name),
        concerns=duties.concerns(policy, here),
        notice=queries.notices_to(here.user_id, [name]).get(name),
        authority=duties.authority_of(here),
        here=safe_path(request.args.get("next")),
    )


@bp.post("/answers")
@member(Permission.VIEW, informed=False)
def answer(slug: str, version: str) -> ResponseReturnValue:
    """Accept or decline exactly the text that was on the page."""
    policy, _ = _changed(slug, version)
    act = ANSWERS.get(request.form.get("answer", ""))
    if act is None:
        raise Invalid("Choose to accept or to decline.", field="answer")
    _check_open(policy)
    if not duties.concerns(policy, membership()):
        raise Conflict("This version was in force when you joined, and you accepted it then. Nothing is asked.")
    name, here = (slug, version), membership()
    db.session.refresh(here, with_for_update={"of": Membership})  # the same answer sent twice is one
    if last_words(here.user_id, here.workspace_id, [name]).get(name) != act:
        duties.answer(here, policy, act, basis="shown in the console", address=request.remote_addr or "")
        db.session.commit()
        duties.forget(here)
    return _after(policy, act)


@bp.post("/seen")
@member(Permission.VIEW, informed=False)
def seen(slug: str, version: str) -> ResponseReturnValue:
    """That the member has read the notice: its banner goes, and they are taken to what changes."""
    policy, _ = _changed(slug, version)
    here = membership()
    notice = queries.notices_to(here.user_id, [(slug, version)]).get((slug, version))
    if notice is not None and services.mark_seen(notice[0].id, here.user):
        duties.note_seen(here, policy, address=request.remote_addr or "")
        db.session.commit()
    return redirect(url_for(".show", workspace=workspace().slug, slug=slug, version=version), 303)


def _changed(slug: str, version: str) -> tuple[Policy, Policy]:
    """A version that changed another one, and that one. Raises NotFound."""
    policy = library.version(slug, version)
    before = library.predecessor(policy)
    if before is None:
        raise NotFound("This is the first version of its policy, so nothing changed.")
    return policy, before


def _check_open(policy: Policy) -> None:
    """Raises Conflict for a version that nobody is asked about any more, or never was."""
    if policy.acceptance == Acceptance.NONE:
        raise Conflict("This policy informs. There is nothing to accept or to decline.")
    if library.state(policy) in (State.SUPERSEDED, State.WITHDRAWN):
        raise Conflict("This version does not apply any more. Open the policy to read what does.")
    if request.form.get("sha256") != policy.sha256:
        raise Conflict("This is not the text that was on your page. Read it again, then answer.")


def _after(policy: Policy, act: Act) -> ResponseReturnValue:
    slug = workspace().slug
    if act is Act.DECLINED:
        notify(Kind.INFO, f"You declined {policy.title} {policy.version}. That is written down.")
        return redirect(url_for(".show", workspace=slug, slug=policy.slug, version=policy.version), 303)
    notify(Kind.SUCCESS, f"You accepted {policy.title} {policy.version}.")
    return redirect(safe_path(request.form.get("next")) or url_for("workspaces.enter", workspace=slug), 303)
