"""Writing to us without an account: contact, and reports of abuse.

The views know what app/site/intake.py made of the request, the fields without their secrets, and never look into it.
"""

from typing import Any

from flask import Blueprint, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app import secret_guard
from app.access import public
from app.accounts.services import current_user
from app.db import db
from app.extensions import csrf
from app.inbox import services
from app.inbox.forms import AbuseForm, ContactForm
from app.inbox.models import Category, Topic
from app.secret_guard import Found
from app.site import intake
from app.web import render

bp = Blueprint("contact", __name__)
bp.before_request(intake.read)


@bp.get("/contact")
@public
def contact() -> ResponseReturnValue:
    me, topic = current_user(), request.args.get("topic")
    known = {"name": me.name, "email": me.email} if me else {}
    return _contact(ContactForm(formdata=None, topic=topic if topic in set(Topic) else None, **known))


@bp.post("/contact")
@csrf.exempt  # the form checks the token itself, so that who was too slow keeps the text
@public
@intake.sent
@intake.all_sent
def write() -> ResponseReturnValue:
    form = ContactForm(formdata=g.typed)
    if _is_refused(form):
        return _contact(form, 422)
    if form.is_trap:
        return _sent("contact.contact_sent", services.new_reference(), Topic(form.topic.data))
    row = services.contact(
        name=form.name.data or "",
        email=form.email.data or "",
        topic=Topic(form.topic.data),
        message=form.message.data or "",
    )
    db.session.commit()
    return _sent("contact.contact_sent", row.reference, Topic(row.topic))


@bp.get("/contact/sent")
@public
def contact_sent() -> ResponseReturnValue:
    return _confirmation("contact.contact", "Your message is with us")


@bp.get("/report-abuse")
@public
def abuse() -> ResponseReturnValue:
    me = current_user()
    return _abuse(AbuseForm(formdata=None, email=me.email if me else ""))


@bp.post("/report-abuse")
@csrf.exempt  # as above
@public
@intake.sent
@intake.all_sent
def report() -> ResponseReturnValue:
    form = AbuseForm(formdata=g.typed)
    if _is_refused(form):
        return _abuse(form, 422)
    if form.is_trap:
        return _sent("contact.report_sent", services.new_reference(), Topic.ABUSE)
    row = services.report_abuse(
        category=Category(form.category.data),
        email=form.email.data or "",
        url=form.url.data or "",
        message=form.message.data or "",
    )
    db.session.commit()
    return _sent("contact.report_sent", row.reference, Topic.ABUSE)


@bp.get("/report-abuse/sent")
@public
def report_sent() -> ResponseReturnValue:
    return _confirmation("contact.abuse", "Your report is with us")


def _is_refused(form: ContactForm | AbuseForm) -> bool:
    """Whether nothing is taken in: a secret was sent, a field is too long to be read, or the form is not filled in."""
    valid = form.validate()
    for name in g.too_long:
        if field := form._fields.get(name):
            field.errors = [f"Shorten this to {services.LONGEST:,} characters. It was too long to be kept here."]
    if g.found:
        secret_guard.keep(g.found, place=request.endpoint or "")
        db.session.commit()
    return not valid or bool(g.found or g.too_long)


def _contact(form: ContactForm, status: int = 200) -> ResponseReturnValue:
    return _page("site/contact.html", form, status, within=services.REPLY_WITHIN)


def _abuse(form: AbuseForm, status: int = 200) -> ResponseReturnValue:
    return _page("site/report_abuse.html", form, status, categories=list(Category), within=services.REPLY_WITHIN)


def _page(name: str, form: ContactForm | AbuseForm, status: int, **context: Any) -> ResponseReturnValue:
    found: tuple[Found, ...] = g.found
    kinds = list(dict.fromkeys(one.words for one in found))
    failed = status == 422 or bool(found)
    return render(
        name,
        status=422 if found else status,
        form=form,
        removed=_listed(kinds),
        homes={one.home for one in found},
        form_failed=failed,
        **context,
    )


def _listed(words: list[str]) -> str:
    """a, b and c."""
    *most, last = words or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _sent(endpoint: str, reference: str, topic: Topic) -> ResponseReturnValue:
    session["sent"], session["sent_about"] = reference, topic.value
    return redirect(url_for(endpoint), 303)


def _confirmation(form_endpoint: str, heading: str) -> ResponseReturnValue:
    """The reference, for the browser that was given it: it stands in its session, so no address shows it to others."""
    if "sent" not in session:
        return redirect(url_for(form_endpoint), 303)
    return render(
        "site/message_sent.html",
        heading=heading,
        reference=session["sent"],
        within=services.REPLY_WITHIN[Topic(session.get("sent_about", Topic.SUPPORT))],
        is_report=form_endpoint == "contact.abuse",
        again=url_for(form_endpoint),
    )
