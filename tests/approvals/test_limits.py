"""How much one person may approve: no approval and no edit goes beyond it."""

import pytest
from sqlalchemy import select

from app.approvals.errors import EditRefused, OverLimit
from app.approvals.inbox import inbox
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.audit.models import AuditEntry
from app.db import db
from app.errors import NotAllowed
from app.workspaces.members import set_limit
from app.workspaces.models import Role
from tests.approvals.deciding import reviewer, say
from tests.factories import an_approval

REFUND = {"party": "Hartwell Ltd", "amount": "184.00", "reference": "20418", "reason": "charged twice"}


@pytest.fixture
def card(app) -> Approval:
    return an_approval(tool="book_refund", args=REFUND, original_args=REFUND, amount=184_00)


def test_up_to_ones_limit_one_approves(card):
    assert say(card, Decision.APPROVE, reviewer(card, approves_up_to=184_00)).state == "approved"


def test_above_it_somebody_else_approves(card):
    ada = reviewer(card, approves_up_to=183_99)

    with pytest.raises(OverLimit, match="up to €183.99"):
        say(card, Decision.APPROVE, ada)
    db.session.rollback()

    assert [c.id for c in inbox(ada, "others").cards] == [card.id]
    assert say(card, Decision.REJECT, ada, reason="wrong").state == "rejected"


def test_an_edit_never_raises_the_amount_beyond_it(card):
    ada = reviewer(card, approves_up_to=200_00)

    with pytest.raises(EditRefused, match="up to €200.00") as refused:
        say(card, Decision.EDIT, ada, args={"amount": "200.01"})
    db.session.rollback()

    assert refused.value.context["typed"] == {"amount": "200.01"}
    assert (card.version, card.args["amount"]) == (1, "184.00")


def test_an_edit_can_bring_it_below(card):
    ada = reviewer(card, approves_up_to=100_00)

    say(card, Decision.EDIT, ada, args={"amount": "100.00"})

    assert (card.state, card.amount) == ("approved", 100_00)


def test_an_approval_counts_only_while_it_is_within_the_limit(card):
    card.quorum = [{"role": None, "count": 2}]
    ada, ben, cem = (reviewer(card) for _ in range(3))
    say(card, Decision.APPROVE, ada)
    ada.approves_up_to = 1
    db.session.commit()

    assert say(card, Decision.APPROVE, ben).state == "pending"
    assert say(card, Decision.APPROVE, cem).state == "approved"


def test_an_owner_has_no_limit(card):
    assert say(card, Decision.APPROVE, reviewer(card, Role.OWNER, approves_up_to=1)).state == "approved"


def test_what_moves_no_money_has_no_limit(card):
    card.amount = None
    db.session.commit()

    assert say(card, Decision.APPROVE, reviewer(card, approves_up_to=0)).state == "approved"


def test_a_limit_is_set_by_somebody_else_and_written_down(card):
    admin, ada = reviewer(card, Role.ADMIN), reviewer(card)
    set_limit(ada.workspace, ada, 500_00, by=admin)
    db.session.commit()

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member:membership:limit")).one()
    assert (entry.before, entry.after) == ({"approves_up_to": None}, {"approves_up_to": 500_00})
    with pytest.raises(NotAllowed):
        set_limit(ada.workspace, admin, None, by=admin)


def test_an_admin_limits_no_owner(card):
    with pytest.raises(NotAllowed):
        set_limit(card.run.workspace, reviewer(card, Role.OWNER), 1, by=reviewer(card, Role.ADMIN))
