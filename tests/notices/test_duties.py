"""What a member must answer before going on, and what is written down of it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from app.consent.models import Engagement
from app.consent.services import verify
from app.db import db, now
from app.legal import library
from app.legal.models import PolicyVersion
from app.mail import MailMessage, MailState
from app.notices import duties
from app.workspaces.models import Role
from tests.factories import a_member, a_run, an_agent, an_approval
from tests.notices.conftest import member_since_long, recipients, send
from tests.pages import Browser


@pytest.fixture
def browser(ada, browser_of) -> Browser:
    return browser_of(ada.user)


def acts() -> list[tuple[str, str, str]]:
    db.session.expire_all()
    return [
        (row.act, row.version, row.basis) for row in db.session.scalars(select(Engagement).order_by(Engagement.seq))
    ]


def home(member) -> str:
    return f"/w/{member.workspace.slug}/agents"


def question(member) -> str:
    return f"/w/{member.workspace.slug}/policies/rules/1.1"


def test_who_was_reached_and_goes_on_has_that_written_down_once(change, ada, browser):
    send(change())

    assert browser.get(home(ada)).path == home(ada)
    browser.get(home(ada))

    assert acts() == [("continued_use", "1.1", "notice by mail")]
    row = db.session.scalars(select(Engagement)).one()
    assert row.text_sha256 == library.version("rules", "1.1").sha256 and row.organisation == ada.workspace.name
    assert row.authority == f"I have the authority to answer for {ada.workspace.name}." and verify() == (1, None)


@pytest.mark.parametrize("fate", ["bounced", "returned", "queued", "not told"])
def test_who_was_not_reached_is_shown_it_first_and_nothing_is_written(change, ada, browser, fate):
    notice = change()
    if fate != "not told":
        send(notice)
    state = {"bounced": MailState.FAILED, "queued": MailState.QUEUED}.get(fate)
    if state:
        db.session.execute(update(MailMessage).values(state=state))
    if fate == "returned":
        recipients()[0].returned_at = now()
    db.session.commit()

    page = browser.get(home(ada))

    assert page.path.startswith(question(ada)) and acts() == []
    assert "House rules changed on" in page.h1 and page.find("ins").text == "[added] who works here"


def test_after_accepting_the_person_goes_where_they_wanted(change, ada, browser):
    change("click")
    page = browser.get(home(ada))
    assert page.path.startswith(question(ada))

    page = browser.submit("answers", answer="accept")

    assert page.path == home(ada) and "You accepted House rules 1.1." in page
    assert acts() == [("accepted", "1.1", "shown in the console")]
    assert browser.get(home(ada)).path == home(ada)


def test_a_click_is_asked_even_of_who_was_reached(change, ada, browser):
    send(change("click"))

    assert browser.get(home(ada)).path.startswith(question(ada)) and acts() == []


def test_who_declines_reads_and_exports_and_changes_nothing(change, ada, browser):
    agent = an_agent(ada.workspace)
    change("click")
    browser.get(home(ada))

    page = browser.submit("answers", answer="decline")

    assert "You declined this change on " in page and page.find("a", href=f"/w/{ada.workspace.slug}/audit.csv")
    for path in ("agents", f"agents/{agent.slug}", "approvals", "runs", "audit", "audit.csv", "ledger.csv", "settings"):
        assert browser.get(f"/w/{ada.workspace.slug}/{path}").status == 200, path
    assert "You declined House rules 1.1." in browser.get(home(ada))
    refused = browser.post(f"/w/{ada.workspace.slug}/agents/{agent.slug}/runs", {"csrf_token": browser.token()})
    assert refused.status == 423 and "You can still accept it." in refused
    assert not browser.get(f"/w/{ada.workspace.slug}/agents/{agent.slug}").all("form", action=f"{agent.slug}/runs")

    browser.get(question(ada))
    assert browser.submit("answers", answer="accept").status == 200
    assert [act for act, _, _ in acts()] == ["declined", "accepted"]
    assert "You declined" not in browser.get(home(ada))


def test_who_declined_is_offered_no_decision(change, browser_of):
    reviewer = member_since_long(Role.REVIEWER)
    card = an_approval(a_run(an_agent(reviewer.workspace)))
    browser = browser_of(reviewer.user)
    path = f"{home(reviewer).rsplit('/', 1)[0]}/approvals/{card.public_id}"
    assert [button for button in browser.get(path).find("main").all("button") if "Approve" in button.text]
    change("click")
    browser.get(question(reviewer))
    browser.submit("answers", answer="decline")

    page = browser.get(path)
    assert "You declined House rules 1.1, so you decide nothing" in page
    assert not [button for button in page.find("main").all("button") if "Approve" in button.text]


def test_a_member_answers_for_themselves_alone(change, ada, browser, browser_of):
    builder = member_since_long(Role.BUILDER, workspace=ada.workspace, name="Tom Baker")
    change("click")
    browser.get(home(ada))
    browser.submit("answers", answer="accept")

    page = browser_of(builder.user).get(home(builder))

    assert page.path.startswith(question(builder))
    assert f"I use LeenOps as a member of {ada.workspace.name} and answer for myself." in page


def test_who_came_after_the_change_accepted_it_with_the_account(change, browser_of):
    late = a_member()
    change("click")

    assert browser_of(late.user).get(home(late)).path == home(late)


def test_a_first_version_asks_nothing_of_anybody(shelf, ada, browser):
    shelf.put("1.0", acceptance="click")
    shelf.publish()

    assert browser.get(home(ada)).path == home(ada) and acts() == []


def test_before_its_day_there_is_a_banner_until_it_is_read(change, ada, browser):
    send(change(counts=12))

    page = browser.get(home(ada))
    assert page.path == home(ada) and "House rules changes on" in page and "Summary of 1.1" in page

    page = browser.submit("seen")

    assert page.path == question(ada) and "You can answer now." in page
    assert acts() == [("seen", "1.1", "seen in the console")]
    assert "House rules changes on" not in browser.get(home(ada))


@pytest.mark.parametrize("how", [{"headers": {"HX-Request": "true"}}, {"method": "HEAD"}])
def test_what_a_browser_fetches_by_itself_agrees_to_nothing(change, ada, browser, how):
    send(change())

    browser.client.open(home(ada), **{"method": "GET"} | how)

    assert acts() == []
    browser.get(home(ada))
    assert [act for act, _, _ in acts()] == ["continued_use"]


def test_going_on_is_written_however_often_the_writing_failed(change, ada, browser, monkeypatch):
    send(change())

    def broken() -> None:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patched:
        patched.setattr("app.console.informed.db.session.commit", broken)
        assert browser.client.get(home(ada)).status_code >= 500
    browser.get(home(ada))

    assert acts() == [("continued_use", "1.1", "notice by mail")]


def test_reading_a_change_states_nothing(change, ada, browser):
    send(change(counts=12))
    browser.get(home(ada))
    browser.submit("seen")

    assert db.session.scalars(select(Engagement.authority)).all() == [""]
    assert "You stated" not in browser.get("/account")


def test_an_entry_put_beside_the_chain_is_found_and_never_believed(change, ada, browser):
    send(change(counts=12))
    browser.get(question(ada))
    browser.submit("answers", answer="accept")
    table = Engagement.__table__
    entry = dict(db.session.execute(select(table)).mappings().first())
    forged = entry | {"id": None, "chain": 1, "public_id": "forged", "act": "declined"}
    db.session.execute(table.insert().values({k: v for k, v in forged.items() if k != "id"}))
    db.session.commit()

    assert verify()[1] == "an entry was put beside the chain"
    assert "You accepted this change" in browser.get(question(ada))


def test_an_answer_is_in_the_log_of_the_workspace(change, ada, browser):
    send(change(counts=12))
    browser.get(question(ada))
    browser.submit("answers", answer="decline")

    assert f"{ada.user.name} declined House rules 1.1" in browser.get(f"/w/{ada.workspace.slug}/audit")


def test_who_joined_later_is_offered_no_answer_and_can_give_none(change, browser_of):
    change()
    newer = a_member(role=Role.BUILDER)
    browser = browser_of(newer.user)

    page = browser.get(question(newer))
    assert "This version was in force when you joined." in page and not page.all("button", value="decline")
    sha256 = library.version("rules", "1.1").sha256
    sent = {"answer": "decline", "sha256": sha256, "csrf_token": browser.token()}
    assert browser.post(f"{question(newer)}/answers", sent).status == 409
    assert acts() == []


def test_who_answers_before_its_day_is_not_asked_again(change, ada, browser):
    send(change("click", counts=12))
    browser.get(question(ada))
    browser.submit("answers", answer="accept")

    with time_machine.travel(now() + timedelta(days=13)):
        assert browser.get(home(ada)).path == home(ada)


def test_the_same_answer_twice_is_one_entry(change, ada, browser):
    change("click")
    browser.get(question(ada))
    form = {
        "csrf_token": browser.token(),
        "answer": "accept",
        "sha256": library.version("rules", "1.1").sha256,
    }

    for _ in range(2):
        assert browser.post(f"{question(ada)}/answers", form).status == 303

    assert len(acts()) == 1


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"answer": "perhaps"}, 422),
        ({"answer": "accept", "sha256": "0" * 64}, 409),
        ({"answer": "accept", "sha256": ""}, 409),
    ],
)
def test_an_answer_is_to_the_text_that_was_shown(change, ada, browser, typed, status):
    change("click")
    right = library.version("rules", "1.1").sha256

    page = browser.post(f"{question(ada)}/answers", {"csrf_token": browser.token(), "sha256": right} | typed)

    assert page.status == status and acts() == []


def test_a_withdrawn_version_asks_nothing(change, ada, browser):
    change("click", counts=12)
    db.session.execute(update(PolicyVersion).where(PolicyVersion.version == "1.1").values(stage="withdrawn"))
    db.session.commit()
    library.forget()

    page = browser.get(question(ada))

    assert page.status == 404 or "This change was withdrawn." in page
    assert not page.all("form", action=f"{question(ada)}/answers")


@pytest.mark.parametrize("path", ["policies/rules/9.9", "policies/rules/1.0", "policies/nothing/1.0"])
def test_what_never_changed_is_not_found(change, ada, browser, path):
    change(counts=12)

    assert browser.get(f"/w/{ada.workspace.slug}/{path}").status == 404


def test_nobody_answers_for_a_workspace_they_are_not_in(change, ada, browser_of):
    stranger = member_since_long()
    change("click", counts=12)

    assert browser_of(stranger.user).get(question(ada)).status == 404


def test_the_door_costs_no_query_once_all_is_settled(change, ada, browser):
    send(change())
    browser.get(home(ada))
    assert ada.public_id  # read anew, as in a request
    seen: list[str] = []
    listen = lambda conn, cursor, statement, *_: seen.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    assert duties.duty_of(ada) is None
    event.remove(db.engine, "before_cursor_execute", listen)

    assert seen == []
