"""Whose words the fields of a start form hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agents.inputs import is_from_outside, marked
from app.agents.templates import TEMPLATES
from app.approvals.sources import labels_of, sources_of
from app.dataflow.labels import UNTRUSTED
from app.dataflow.origins import Trust
from tests.factories import a_run, an_agent

KINDS = ("text", "long", "number", "money", "choice", "date", "email", "files")


def a_field(name="x", kind="long", **more):
    return {"name": name, "label": name, "kind": kind, "required": False, "hint": "", "choices": []} | more


FIELDS = st.lists(
    st.builds(
        lambda name, kind, outside: a_field(name, kind, **({} if outside is None else {"outside": outside})),
        st.sampled_from("abcde"),
        st.sampled_from(KINDS),
        st.sampled_from([None, True, False]),
    ),
    unique_by=lambda spec: spec["name"],
)


@pytest.mark.parametrize("kind", KINDS)
def test_long_texts_and_files_are_from_outside_where_nobody_has_said(kind):
    assert is_from_outside(a_field(kind=kind)) is (kind in ("long", "files"))


def test_files_always_are():
    assert is_from_outside(a_field(kind="files", outside=False))


@given(FIELDS, st.sets(st.sampled_from("abcde")), st.sets(st.sampled_from("abcde")))
def test_what_is_said_counts_for_the_fields_shown_and_changes_nothing_else(fields, shown, outside):
    after = marked(fields, shown=shown, outside=outside)

    for old, new in zip(fields, after, strict=True):
        said = old["name"] in outside if old["name"] in shown and old["kind"] != "files" else is_from_outside(old)
        assert is_from_outside(new) is said
        assert new == old or (new == old | {"outside": said} and is_from_outside(old) is not said)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.key)
def test_every_field_of_a_template_says_it(template):
    assert all(isinstance(spec["outside"], bool) for spec in template.inputs)


def test_what_others_wrote_is_outside_and_what_a_colleague_types_is_not():
    outside = {f"{key}.{spec['name']}" for key, t in TEMPLATES.items() for spec in t.inputs if is_from_outside(spec)}

    assert {
        "refund_triage.message",
        "ticket_summariser.thread",
        "invoice_check.invoice_text",
        "pull_request_triage.title",
        "vendor_onboarding.notes",
    } <= outside
    assert not outside & {"campaign_draft.brief", "campaign_draft.recipients", "expense_audit.policy_notes"}


@pytest.mark.parametrize("outside", [True, False])
def test_the_guard_believes_what_the_version_says(app, outside):
    agent = an_agent(version={"inputs": [a_field("request", "text" if outside else "long", outside=outside)]})
    run = a_run(agent, input={"request": "Pay Ada Ltd"})

    assert (UNTRUSTED in labels_of(run, None)) is outside
    assert (sources_of(run, None)[0].trust is Trust.NAMED) is not outside
