"""An agreement's way from a draft to its end: who may do what to it, and who hears of it."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO

import pytest
from sqlalchemy import event, func, select
from werkzeug.datastructures import FileStorage

from app.agreements import documents, queries, rules, services
from app.agreements.documents import Kept
from app.agreements.models import Agreement, Effect, Kind, Override, Party, State
from app.agreements.queries import terms_for
from app.agreements.rules import Facts, Signatory
from app.audit.models import AuditEntry
from app.audit.services import verify
from app.db import db, now
from app.errors import Conflict, Invalid, NotFound
from app.legal import library
from app.mail import MailMessage
from tests.factories import ZEROS, a_member, a_workspace
from tests.factories.agreements import PDF, a_colleague, an_agreement, an_override

DAY = date(2026, 3, 3)
SIGNED = (
    Signatory("Henrik Dahl", "Director", Party.CUSTOMER, DAY),
    Signatory("Dana Weiss", "Chief executive", Party.LEENOPS, DAY),
)
FACTS = Facts(Kind.ORDER_FORM, "Enterprise order", "OF-2026-014", DAY, DAY, signatories=SIGNED)
WORDS = "Ours is limited to the fees of **twelve** months."


@pytest.fixture
def northwind(app):
    workspace = a_workspace("Northwind", slug="northwind")
    a_member(workspace, name="Henrik Dahl")
    return workspace


@pytest.fixture
def arne(app):
    return a_colleague("Arne Holm")


@pytest.fixture
def dana(app):
    return a_colleague("Dana Weiss", "admin")


@pytest.fixture
def draft(northwind, arne) -> Agreement:
    made = services.draft(northwind, FACTS, by=arne)
    services.attach(made, Kept("signed.pdf", ZEROS, 99), by=arne)
    cap(made, arne)
    db.session.commit()
    return made


def cap(agreement, by, months=12, **fields):
    said = {"policy": "terms", "clause": "liability-cap", "effect": Effect.REPLACES, "text": WORDS}
    return services.put_override(agreement, by=by, figures={"liability_cap_months": months}, **said | fields)


def activate(agreement, by):
    services.activate(agreement, seen=agreement.version, by=by)
    db.session.commit()


def log(chain, action):
    query = select(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.kind == f"staff:agreement:{action}")
    return db.session.scalars(query).all()


def cap_of(workspace, day=None):
    return terms_for(workspace, day).parameter("liability_cap_months").value


def test_a_draft_counts_for_nothing(northwind, draft):
    assert cap_of(northwind) == 3
    assert terms_for(northwind).agreements == ()


def test_an_active_agreement_counts_from_its_first_day_on(northwind, draft, dana):
    activate(draft, dana)

    assert (cap_of(northwind, DAY), cap_of(northwind, DAY - timedelta(days=1))) == (12, 3)
    figure = terms_for(northwind).parameter("liability_cap_months")
    assert figure.source == "Order form OF-2026-014, signed 3 Mar 2026"


def test_nobody_elses_terms_change(draft, dana):
    activate(draft, dana)

    assert cap_of(a_workspace()) == 3


def test_terms_take_two_queries(northwind, draft, dana):
    activate(draft, dana)
    workspace, asked = northwind, list[str]()
    assert workspace.id
    event.listen(db.engine, "before_cursor_execute", note := lambda *call: asked.append(call[2]))

    found = terms_for(workspace)
    assert found.parameter("liability_cap_months").value == 12

    event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2


def test_a_moment_is_read_in_utc(northwind, draft, dana):
    activate(draft, dana)

    evening = datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert terms_for(northwind, evening).day == date(2026, 3, 3)
    assert terms_for(northwind, datetime(2026, 3, 3, tzinfo=UTC)).agreements


def test_who_wrote_it_does_not_activate_it(draft, arne):
    with pytest.raises(Conflict, match="Somebody else"):
        activate(draft, arne)


def test_who_wrote_any_part_of_it_does_not_activate_it_either(draft, dana):
    cap(draft, dana, months=60)

    with pytest.raises(Conflict, match="Somebody else"):
        activate(draft, dana)


def test_nobody_activates_what_changed_after_they_read_it(draft, arne, dana):
    seen = draft.version
    cap(draft, arne, months=60)

    with pytest.raises(Conflict, match="Read it again"):
        services.activate(draft, seen=seen, by=dana)


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [
        ({"document_sha256": None}, "Add the signed document."),
        ({"signatories": []}, "Name who signed for the customer. Name who signed for LeenOps."),
    ],
)
def test_what_is_missing_keeps_it_a_draft(draft, dana, lacking, sentence):
    for name, value in lacking.items():
        setattr(draft, name, value)
    db.session.commit()

    with pytest.raises(Conflict, match=sentence):
        activate(draft, dana)


def test_activation_stands_in_both_logs_and_goes_to_the_owners(northwind, draft, dana):
    a_member(northwind, "admin")
    activate(draft, dana)

    for chain in (northwind.id, 0):
        entry = log(chain, "activated")[0]
        assert entry.subject == f"agreement:{draft.public_id}"
        assert entry.after["overrides"][0]["parameters"] == {"liability_cap_months": 12}
        assert verify(chain)[1] is None
    assert (log(northwind.id, "activated")[0].actor, log(0, "activated")[0].actor) == ("LeenOps support", "Dana Weiss")
    letter = db.session.scalars(select(MailMessage)).one()
    assert len(letter.recipients) == 1 and "henrik" in letter.recipients[0]
    assert "OF-2026-014" in letter.subject and "/w/northwind/terms" in letter.text


def test_a_note_for_staff_is_not_in_the_customers_log(northwind, arne):
    services.draft(northwind, replace(FACTS, note="Their lawyer is slow."), by=arne)
    db.session.commit()

    assert "lawyer" not in str([vars(entry) for entry in log(northwind.id, "drafted")])


def test_edits_of_a_draft_stand_in_our_log_only(northwind, draft):
    assert len(log(0, "changed")) == 2
    assert not log(northwind.id, "changed") and len(log(northwind.id, "drafted")) == 1


@pytest.mark.parametrize("what", ["facts", "clause", "removal", "document", "discard"])
def test_an_active_agreement_is_never_edited(draft, arne, dana, what):
    activate(draft, dana)
    override = queries.overrides_of(draft)[0]
    acts = {
        "facts": lambda: services.change(draft, FACTS, seen=draft.version, by=arne),
        "clause": lambda: cap(draft, arne, months=60),
        "removal": lambda: services.remove_override(draft, override, by=arne),
        "document": lambda: services.attach(draft, Kept("other.pdf", ZEROS, 1), by=arne),
        "discard": lambda: services.discard(draft, by=arne),
    }

    with pytest.raises(Conflict, match="Only a draft"):
        acts[what]()


def test_it_ends_on_its_last_day_and_with_it_what_amends_it(northwind, draft, dana):
    activate(draft, dana)
    amendment = an_agreement(northwind, Kind.AMENDMENT, amends_id=draft.id, reference="A-1")
    an_override(amendment, parameters={"liability_cap_months": 24})
    assert cap_of(northwind) == 24

    services.end(draft, last_day=now().date(), reason="They leave.", by=dana)
    db.session.commit()

    assert (cap_of(northwind), cap_of(northwind, now().date() + timedelta(days=1))) == (24, 3)
    letter = db.session.scalars(select(MailMessage.text).order_by(MailMessage.id.desc())).first()
    assert "They leave." in letter and "Amendment A-1 ends with it." in letter
    assert log(northwind.id, "ended")[0].after["falls_with_it"] == ["A-1"]


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"reason": " "}, Invalid, "Say why"),
        ({"last_day": date(2026, 3, 4)}, Invalid, "or later"),
        ({"last_day": date(2099, 1, 1)}, Invalid, "by itself"),
        ({"last_day": date(9999, 12, 31)}, Invalid, "31 Dec 2100 or earlier"),
    ],
)
def test_an_end_needs_a_reason_and_is_never_backwards_nor_too_late(northwind, dana, fields, error, sentence):
    agreement = an_agreement(northwind, ends_on=date(2098, 1, 1))

    with pytest.raises(error, match=sentence):
        services.end(agreement, **{"last_day": now().date(), "reason": "Over."} | fields, by=dana)


def test_it_ends_once_and_a_draft_not_at_all(northwind, draft, dana):
    with pytest.raises(Conflict):
        services.end(draft, last_day=now().date(), reason="Over.", by=dana)
    activate(draft, dana)
    services.end(draft, last_day=now().date(), reason="Over.", by=dana)
    with pytest.raises(Conflict):
        services.end(draft, last_day=now().date(), reason="Again.", by=dana)


def test_a_draft_can_be_taken_away_and_leaves_its_trace(northwind, draft, arne):
    services.discard(draft, by=arne)
    db.session.commit()

    assert not db.session.scalar(select(func.count(Agreement.id)).where(Agreement.workspace_id == northwind.id))
    assert not db.session.scalar(select(func.count(Override.id)))
    assert log(northwind.id, "discarded")


TOMORROW = now().date() + timedelta(days=2)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"reference": ""}, "reference"),
        ({"signed_on": TOMORROW}, "signed_on"),
        ({"signed_on": date(1999, 12, 31)}, "signed_on"),
        ({"ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"kind": Kind.AMENDMENT}, "amends"),
        ({"signatories": SIGNED * 5}, "signatories"),
        ({"signatories": (replace(SIGNED[0], signed_on=TOMORROW),)}, "signatories"),
    ],
)
def test_facts_that_do_not_fit_are_refused(northwind, arne, wrong, field):
    with pytest.raises(Invalid) as refused:
        services.draft(northwind, replace(FACTS, **wrong), by=arne)

    assert refused.value.field == field


@pytest.mark.parametrize("why", ["another customer's", "a draft", "ended", "older than it"])
def test_an_amendment_stands_on_an_active_agreement_of_the_same_customer(northwind, arne, why):
    fields = {"another customer's": {}, "a draft": {"state": State.DRAFT}, "ended": {"state": State.ENDED}}
    base = an_agreement(
        a_workspace() if why == "another customer's" else northwind, **fields.get(why, {"signed_on": date(2026, 9, 9)})
    )

    with pytest.raises(Invalid):
        services.draft(northwind, replace(FACTS, kind=Kind.AMENDMENT, amends=base), by=arne)


def test_an_amendment_that_could_never_apply_is_refused(northwind, arne, dana):
    """What it amends ends before it starts, by itself or through what that stands on."""
    april = replace(FACTS, kind=Kind.AMENDMENT, starts_on=date(2026, 4, 1))
    over = an_agreement(northwind, Kind.MSA, ends_on=date(2026, 3, 31))
    between = an_agreement(northwind, Kind.AMENDMENT, amends_id=over.id)

    for base in (over, between):
        with pytest.raises(Invalid, match="this would never apply"):
            services.draft(northwind, replace(april, amends=base), by=arne)

    open_one = an_agreement(northwind, Kind.MSA)
    late = services.draft(northwind, replace(april, amends=open_one), by=arne)
    open_one.ends_on, late.document_sha256 = date(2026, 3, 31), ZEROS
    db.session.flush()
    with pytest.raises(Conflict, match="this would never apply"):
        rules.check_ready(late, [], dana.id)


def test_an_addendum_sets_no_figure_of_another_policy(northwind, arne):
    addendum = services.draft(northwind, replace(FACTS, kind=Kind.DPA), by=arne)
    clause = next(iter(library.in_force("dpa").sections)).clauses[0].anchor
    said = {"policy": "dpa", "clause": clause, "effect": Effect.SUPPLEMENTS, "text": "More notice."}

    with pytest.raises(Invalid, match="cannot change"):
        services.put_override(addendum, **said, figures={"suspension_notice_hours": 48}, by=arne)


@pytest.mark.parametrize(
    ("policy", "clause"),
    [
        ("refunds-cancellation", "refund-window"),
        ("policy-changes", "material-notice"),
        ("enforcement-appeals", "suspension-notice"),
    ],
)
def test_who_changes_the_words_of_a_standard_says_the_figure_anew(draft, arne, policy, clause):
    other = {"policy": policy, "clause": clause, "figures": {}, "by": arne}

    with pytest.raises(Invalid, match="Say what it is now"):
        services.put_override(draft, effect=Effect.REPLACES, text="Sixty days.", **other)
    with pytest.raises(Invalid, match="Replace it"):
        services.put_override(draft, effect=Effect.DISAPPLIES, text="", **other)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"clause": "nothing-there"}, "clause"),
        ({"policy": "nothing-there"}, "clause"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"effect": Effect.DISAPPLIES}, "text"),
        ({"figures": {"liability_cap_months": 0}}, "liability_cap_months"),
        ({"figures": {"liability_cap_months": 61}}, "liability_cap_months"),
        ({"figures": {"liability_cap_months": "12"}}, "liability_cap_months"),
        ({"figures": {"liability_cap_months": True}}, "liability_cap_months"),
        ({"figures": {"discount": 5}}, "parameters"),
        ({"figures": {"overage_rate": {"minor": -1, "currency": "EUR", "unit": "run"}}}, "overage_rate"),
        ({"figures": {"overage_rate": {"minor": 1, "currency": "XXX", "unit": "run"}}}, "overage_rate"),
        ({"figures": {"overage_rate": 5}}, "overage_rate"),
        ({"figures": {}}, "liability_cap_months"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(draft, arne, wrong, field):
    said = {"policy": "terms", "clause": "liability-cap", "effect": Effect.REPLACES, "text": WORDS}
    fields = said | {"figures": {"liability_cap_months": 12}} | wrong

    with pytest.raises(Invalid) as refused:
        services.put_override(draft, **fields, by=arne)

    assert refused.value.field == field


def test_a_clause_that_sets_a_figure_is_replaced_not_taken_out(draft, arne):
    with pytest.raises(Invalid, match="Replace it"):
        services.put_override(
            draft, policy="terms", clause="liability-cap", effect=Effect.DISAPPLIES, text="", figures={}, by=arne
        )


def test_a_figure_is_agreed_once_in_an_agreement(draft, arne):
    with pytest.raises(Invalid, match="another clause of this agreement"):
        cap(draft, arne, clause="fees-where")


def test_who_replaces_a_clause_on_which_another_agreement_hung_a_figure_says_it_anew(northwind, draft, arne):
    older = an_agreement(northwind, Kind.MSA)
    said = {"effect": Effect.SUPPLEMENTS, "parameters": {"suspension_notice_hours": 24}}
    an_override(older, "accounts-suspension", **said)

    with pytest.raises(Invalid) as refused:
        services.put_override(
            draft,
            policy="terms",
            clause="accounts-suspension",
            effect=Effect.REPLACES,
            text="We may suspend.",
            figures={},
            by=arne,
        )

    assert refused.value.field == "suspension_notice_hours"


def test_an_addendum_and_what_amends_it_change_policies_on_data_only(northwind, arne, draft):
    addendum = services.draft(northwind, replace(FACTS, kind=Kind.DPA), by=arne)
    base = an_agreement(northwind, Kind.DPA)
    amendment = services.draft(northwind, replace(FACTS, kind=Kind.AMENDMENT, amends=base), by=arne)

    for one in (addendum, amendment):
        with pytest.raises(Invalid, match="cannot change"):
            cap(one, arne)
    with pytest.raises(Invalid, match="cannot change"):
        services.change(draft, replace(FACTS, kind=Kind.DPA), seen=draft.version, by=arne)


def test_agreed_words_are_shown_without_what_could_harm(northwind, draft, arne, dana):
    cap(draft, arne, text="<script>alert(1)</script> **ours** <img src=x onerror=y> [x](javascript:alert(1))")
    activate(draft, dana)

    html = str(terms_for(northwind).policy("terms").changed[0].decides.html)
    assert "<strong>ours</strong>" in html
    assert not any(bad in html for bad in ("<script", "<img", "javascript:", "onerror"))


def test_of_many_who_activate_at_once_one_does(app, draft, dana):
    agreement, staff, seen, did, start = draft.id, dana.id, draft.version, [], threading.Barrier(6)
    db.session.rollback()

    def act() -> None:
        with app.app_context():
            start.wait()
            try:
                row, by = db.session.get_one(Agreement, agreement), db.session.get_one(type(dana), staff)
                services.activate(row, seen=seen, by=by)
                db.session.commit()
                did.append(1)
            except Conflict:
                db.session.rollback()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(did) == 1
    assert db.session.scalar(select(func.count(MailMessage.id))) == 1


def upload(content: bytes, name: str = "signed.pdf") -> FileStorage:
    return FileStorage(BytesIO(content), filename=name)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "something else inside"),
        (b"<html>%PDF-", "something else inside"),
        (PDF.replace(b"%%EOF", b""), "cut off"),
        (PDF + b" " * documents.MAX_BYTES + b"%%EOF", "at most 20 MB"),
    ],
)
def test_only_a_whole_pdf_of_bounded_size_is_kept(app, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        documents.keep(upload(content))
    with pytest.raises(Invalid, match="Choose the signed document"):
        documents.keep(upload(PDF, ""))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\contracts\\OF 14.PDF", "OF 14.pdf"),
        ("a\r\nb\u202e.pdf", "ab.pdf"),
        ('"?".pdf', "pdf.pdf"),
        ("  .  ", "agreement.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_documents_name_is_only_a_name(app, given, kept):
    found = documents.keep(upload(PDF, given))

    assert found.name == kept
    assert documents.path_of(found.sha256).read_bytes() == PDF


def test_drafts_and_other_customers_agreements_do_not_exist_for_a_customer(northwind, draft):
    theirs = an_agreement(a_workspace())

    for one in (draft, theirs):
        with pytest.raises(NotFound):
            queries.get_agreement_of(northwind, one.public_id)
