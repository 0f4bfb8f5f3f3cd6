"""The pages of the agreement register: what each needs to be shown."""

from datetime import date

from flask import request
from flask.typing import ResponseReturnValue

from app.access import staff_member
from app.agreements import queries, rules
from app.agreements.forms import AgreementForm, Errors, OverrideForm
from app.agreements.models import Agreement, Kind
from app.agreements.parameters import CURRENCIES, TABLE, UNITS, read
from app.agreements.wording import EFFECTS, KINDS, PARTIES, STATES
from app.db import db, now
from app.legal import library
from app.legal.texts import to_html
from app.web import render
from app.workspaces.models import Workspace


def form_page(
    whose: Workspace, form: AgreementForm, found: Agreement | None = None, *, errors: Errors | None = None
) -> ResponseReturnValue:
    return render(
        "support/agreement_form.html",
        status=422 if errors else 200,
        subject=whose,
        form=form,
        agreement=found,
        version=request.form.get("version", found.version) if found else 0,
        errors=errors or {},
        kinds=[(kind.value, KINDS[kind]) for kind in Kind],
        parties=[(party.value, words) for party, words in PARTIES.items()],
        amendable=[(one.public_id, queries.as_signed(one).source) for one in queries.amendable(whose.id)],
    )


def clause_page(found: Agreement, form: OverrideForm, errors: Errors | None = None) -> ResponseReturnValue:
    policy = library.find_in_force(form.policy) if form.policy else None
    clauses = {c.anchor: (s, c) for s in (policy.sections if policy else ()) for c in s.clauses}
    section, standard = clauses.get(form.clause, (None, None))
    return render(
        "support/agreement_clause.html",
        status=422 if errors else 200,
        agreement=found,
        name=queries.as_signed(found).name,
        subject=queries.workspace_of(found),
        policies=[(one.slug, one.title) for one in library.index()],
        policy=policy,
        section=section,
        standard=standard,
        said={(row.policy, row.clause) for row in queries.overrides_of(found)},
        form=form,
        errors=errors or {},
        sets_figure=any((p.policy, p.clause) == (form.policy, form.clause) for p in TABLE.values()),
        parameters=TABLE,
        currencies=[(code, code) for code in CURRENCIES],
        units=list(UNITS.items()),
    )


def show_page(found: Agreement, errors: Errors | None = None) -> ResponseReturnValue:
    base = db.session.get(Agreement, found.amends_id) if found.amends_id else None
    return render(
        "support/agreement.html",
        status=422 if errors else 200,
        agreement=found,
        signed=queries.as_signed(found),
        base=queries.as_signed(base) if base else None,
        amendments=queries.amendments_of(found),
        subject=queries.workspace_of(found),
        overrides=[(row, *_place(row.policy, row.clause), to_html(row.text)) for row in queries.overrides_of(found)],
        figures=lambda row: [TABLE[name].in_words(value) for name, value in read(row.parameters).items()],
        signatories=[who | {"signed_on": date.fromisoformat(who["signed_on"])} for who in found.signatories],
        missing=rules.missing(found),
        is_author=staff_member().id in found.authors,
        names=queries.names_of(found),
        errors=errors or {},
        typed=request.form,
        kinds=KINDS,
        effects=EFFECTS,
        parties=PARTIES,
        states=STATES,
        today=now().date(),
    )


def _place(slug: str, anchor: str) -> tuple[str, str]:
    """The policy's title and the clause's number and section, as in the version in force."""
    found = library.find_in_force(slug)
    for section in found.sections if found else ():
        for clause in section.clauses:
            if clause.anchor == anchor:
                return found.title if found else slug, f"{clause.number} {section.title}"
    return found.title if found else slug.replace("-", " ").capitalize(), "clause no longer in the document"
