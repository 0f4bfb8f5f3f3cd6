"""The approval rules: those in force, the draft of the next, and every version there was."""

from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, may, me, member, membership, workspace
from app.agents.queries import names_of
from app.approvals.autonomy import earned
from app.approvals.models import Approval
from app.approvals.publishing import ask_for_rules
from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.integrations.tools.registry import ACTIONS
from app.rules import forms, queries, services
from app.rules.changes import changes
from app.rules.forms import RuleForm
from app.rules.models import RuleDraft
from app.rules.policy import Mode, RuleLine
from app.rules.sentences import Words, because, sentence
from app.web import done, page_key, render, typed_number
from app.workspaces.queries import teams_of, today

bp = Blueprint("rules", __name__, url_prefix="/w/<workspace>/rules")


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    live, draft = queries.live_set(workspace().id), queries.draft_of(workspace().id)
    words = _words()
    lines, drafted = services.lines_of(live), services.lines_of(draft)
    waiting = len(changes(lines, drafted, words)) if draft else 0
    found = earned(workspace().id, today(workspace())) if may(Permission.RULES_EDIT) else []
    return render(
        "rules/index.html",
        live=live,
        draft=draft,
        lines=_read_back(lines, words),
        waiting=waiting,
        proposed=[(one, sentence(one.rule, words)) for one in found],
        seen=_seen(draft),
    )


@bp.post("/draft/earned")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def add_earned() -> ResponseReturnValue:
    """Put what an agent has earned into the draft, just before the rule that asks today."""
    wanted = (request.form.get("agent", ""), request.form.get("tool", ""))
    found = (one for one in earned(workspace().id, today(workspace())) if (one.rule.agent, one.tool) == wanted)
    one = next(found, None)
    if one is None:
        raise Conflict("It is not earned any more: somebody decided otherwise since.")
    services.put_before(workspace().id, one.rule, one.before, seen=typed_number("seen"), by=me())
    return _changed("Added to the draft. Read it, rehearse it, and publish it when it is right.")


@bp.get("/draft")
@member(Permission.RULES_EDIT)
def draft() -> ResponseReturnValue:
    return _draft()


def _draft(*, errors: dict[str, list[str]] | None = None, status: int = 200) -> ResponseReturnValue:
    live, here = queries.live_set(workspace().id), queries.draft_of(workspace().id)
    words = _words()
    before, lines = services.lines_of(live), services.lines_of(here or live)
    return render(
        "rules/draft.html",
        status=status,
        draft=here,
        live=live,
        seen=here.version if here else 0,
        is_outdated=bool(here and here.base != (live.number if live else 0)),
        lines=_read_back(lines, words),
        changes=changes(before, lines, words),
        errors=errors or {},
    )


@bp.get("/draft/new")
@member(Permission.RULES_EDIT)
def new() -> ResponseReturnValue:
    needs = (forms.NeedRow("1"),)
    return _rule_page(RuleForm("", needs=needs), seen=_seen(queries.draft_of(workspace().id)))


@bp.get("/draft/<key>")
@member(Permission.RULES_EDIT)
def edit(key: str) -> ResponseReturnValue:
    here = queries.draft_of(workspace().id)
    rule = _find(key, here)
    form = RuleForm.about(rule, workspace().currency)
    if rule.name == because(rule, _words()):  # our words: they follow what the rule comes to say
        form = replace(form, name="")
    return _rule_page(form, seen=_seen(here))


@bp.post("/draft/rules")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def save() -> ResponseReturnValue:
    """One rule as typed, new or changed."""
    key = request.form.get("key", "")
    form, seen = RuleForm.typed(key, request.form), typed_number("seen")
    if "more" in request.form:  # another line for a condition, without scripts
        return _rule_page(form, seen=seen, rows=len(form.rows) + 2)
    got = _checked(form)
    if got.rule is None:
        return _rule_page(form, seen=seen, errors=got.errors, status=422)
    if key:
        _find(key, queries.draft_of(workspace().id))
    try:
        services.save_rule(workspace().id, _named(got.rule, key or services.new_key()), seen=seen, by=me())
    except Conflict as error:  # what was typed stays, to be saved on top of what the other wrote
        return _rule_page(form, seen=_seen(queries.draft_of(workspace().id)), note=error.sentence, status=409)
    except Invalid as error:
        return _rule_page(form, seen=seen, errors={"tool": [error.sentence]}, status=422)
    db.session.commit()
    return done(
        None, to=url_for("rules.draft", workspace=workspace().slug), say="Saved in the draft. Not in force yet."
    )


@bp.post("/draft/preview")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE, reads_first=True)
def preview() -> ResponseReturnValue:
    """What the rule being typed says, as a sentence."""
    got = _checked(RuleForm.typed("", request.form))
    return render_template("rules/_sentence.html", said=sentence(got.rule, _words()) if got.rule else "")


@bp.post("/draft/rules/<key>/move")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def move(key: str) -> ResponseReturnValue:
    places = {"up": -1, "down": 1}.get(request.form.get("to", ""), 0)
    services.move_rule(workspace().id, key, places=places, seen=typed_number("seen"), by=me())
    return _changed()


@bp.post("/draft/rules/<key>/mode")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def switch(key: str) -> ResponseReturnValue:
    mode = request.form.get("mode", "")
    if mode not in set(Mode):
        raise NotFound()
    services.switch_rule(workspace().id, key, Mode(mode), seen=typed_number("seen"), by=me())
    return _changed()


@bp.post("/draft/rules/<key>/delete")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def delete(key: str) -> ResponseReturnValue:
    services.delete_rule(workspace().id, key, seen=typed_number("seen"), by=me())
    return _changed("Left out of the draft. It stays in force until you publish.")


@bp.post("/draft/discard")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def discard() -> ResponseReturnValue:
    services.discard(workspace().id, seen=typed_number("seen"))
    db.session.commit()
    return done(None, to=url_for("rules.index", workspace=workspace().slug), say="The draft is gone. Nothing changed.")


@bp.post("/draft/publication")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def publish() -> ResponseReturnValue:
    note = " ".join(request.form.get("note", "").split())
    if not note:
        return _draft(errors={"note": ["Say why the rules change."]}, status=422)
    if workspace().rules_need_two:
        card = ask_for_rules(workspace(), seen=typed_number("seen"), note=note, by=membership())
        db.session.commit()
        return done(None, to=_card(card), say="A second person is asked. The draft is in force once they agree.")
    made = services.publish(workspace().id, seen=typed_number("seen"), note=note, by=me())
    db.session.commit()
    said = f"Version {made.number} is in force. Cards whose rule changed are asked again."
    return done(None, to=url_for("rules.index", workspace=workspace().slug), say=said)


def _card(card: Approval) -> str:
    return url_for("approvals.show", workspace=workspace().slug, approval=card.public_id)


@bp.get("/versions")
@member(Permission.VIEW)
def versions() -> ResponseReturnValue:
    rows, before = queries.sets(workspace().id, before=page_key())
    return render("rules/versions.html", rows=rows, before=before)


@bp.get("/versions/<int:number>")
@member(Permission.VIEW)
def version(number: int) -> ResponseReturnValue:
    """One version, and what it changed."""
    shown, words = queries.get_set(workspace().id, number), _words()
    lines = services.lines_of(shown)
    old = services.lines_of(queries.get_set(workspace().id, number - 1)) if number > 1 else []
    return render(
        "rules/version.html",
        shown=shown,
        lines=_read_back(lines, words),
        changes=changes(old, lines, words) if number > 1 else [],
        seen=_seen(queries.draft_of(workspace().id)),
    )


@bp.post("/versions/<int:number>/restore")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def restore(number: int) -> ResponseReturnValue:
    services.restore(workspace().id, queries.get_set(workspace().id, number), seen=typed_number("seen"), by=me())
    return _changed(f"The draft says what version {number} said. It is not in force yet.")


def _changed(say: str = "The draft is changed. It is not in force yet.") -> ResponseReturnValue:
    db.session.commit()
    return done(None, to=url_for("rules.draft", workspace=workspace().slug), say=say)


def _rule_page(
    form: RuleForm,
    *,
    seen: int,
    errors: dict[str, list[str]] | None = None,
    note: str = "",
    rows: int = 0,
    status: int = 200,
) -> ResponseReturnValue:
    got = _checked(form)
    words = _words()
    return render(
        "rules/rule.html",
        status=status,
        form=form,
        seen=seen,
        rows=min(max(rows, len(form.rows) + 1, 2), forms.MOST_CONDITIONS),
        errors=errors or {},
        note=note,
        said=sentence(got.rule, words) if got.rule else "",
        tools=ACTIONS.values(),
        words=words,
        forms=forms,
    )


def _checked(form: RuleForm) -> forms.Read:
    words = _words()
    return forms.read(form, currency=words.currency, teams=words.teams, agents=words.agents)


def _named(rule: RuleLine, key: str) -> RuleLine:
    """The rule under its key; one without words of its own is shown as what it says."""
    return replace(rule, key=key, name=rule.name or because(rule, _words()))


def _find(key: str, here: RuleDraft | None) -> RuleLine:
    lines = services.lines_of(here or queries.live_set(workspace().id))
    found = next((line for line in lines if line.key == key), None)
    if found is None:
        raise NotFound("This rule is not there any more.")
    return found


def _words() -> Words:
    here = workspace()
    return Words(here.currency, names_of(here.id), {team.key: team.name for team in teams_of(here)})


def _read_back(lines: list[RuleLine], words: Words) -> list[tuple[RuleLine, str]]:
    return [(line, sentence(line, words)) for line in lines]


def _seen(here: RuleDraft | None) -> int:
    return here.version if here else 0
