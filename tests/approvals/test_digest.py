"""What an approval is bound to."""

from hypothesis import given
from hypothesis import strategies as st

from app.approvals.digest import action_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_a_digest_does_not_depend_on_the_order_of_arguments(args):
    turned = dict(reversed(list(args.items())))
    parts = {"agent_version": "a", "tool": "pay", "tool_version": 1, "target": "ada"}

    assert action_digest(args=args, **parts) == action_digest(args=turned, **parts)


@given(st.integers(), st.integers())
def test_another_amount_is_another_digest(one, other):
    parts = {"agent_version": "a", "tool": "pay", "tool_version": 1, "target": "ada"}
    same = action_digest(args={"amount": one}, **parts) == action_digest(args={"amount": other}, **parts)

    assert same == (one == other)
