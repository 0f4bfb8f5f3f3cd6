"""What a run has read after a call."""

from hypothesis import given
from hypothesis import strategies as st

from app.dataflow.labels import PRIVATE, UNTRUSTED, Flow, Sink, labels_of_result

LABELS = st.frozensets(st.sampled_from([PRIVATE, UNTRUSTED, "other"]))


def test_a_tool_that_declares_nothing_reads_everything_whatever_its_call_says():
    assert labels_of_result(None, {PRIVATE, UNTRUSTED}) == {PRIVATE, UNTRUSTED}


@given(st.booleans(), st.booleans(), LABELS, LABELS)
def test_a_call_has_no_label_that_its_tool_does_not_declare_and_keeps_those_it_may_not_lack(
    untrusted, private, may_lack, lacks
):
    flow = Flow(Sink.NOWHERE, reads_untrusted=untrusted, reads_private=private, may_lack=may_lack)
    declared, read = labels_of_result(flow), labels_of_result(flow, lacks)

    assert declared - may_lack <= read <= declared
    assert declared - read <= lacks
