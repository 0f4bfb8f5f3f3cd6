"""Zero bytes and lone surrogates, wherever they are put: as if they had not been typed, on every database."""

import io
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.agents.models import AgentVersion
from app.integrations.models import Attachment
from app.knowledge.models import Collection, Document
from app.runs.models import RunState
from app.typed import TypedRequest, text
from app.workspaces.models import Membership, Role, Team
from tests.factories import PASSWORD, a_member, a_run, an_agent, an_approval
from tests.pages import Browser, Page

BAD = "a\x00b"
NOWHERE = ("before", "after", "q", "who", "kind", "subject", "text", "state", "tab", "next", "shown", "start", "since")


@pytest.fixture
def owner(app: Flask) -> Membership:
    return a_member(role=Role.OWNER)


@pytest.fixture
def browser(owner, browser_of) -> Browser:
    return browser_of(owner.user)


@pytest.fixture
def home(owner) -> str:
    return f"/w/{owner.workspace.slug}"


def post(browser: Browser, path: str, **fields: Any) -> Page:
    return browser.post(path, MultiDict({"csrf_token": browser.token()} | fields))


def read(app: Flask, **request: Any) -> TypedRequest:
    with app.test_request_context(**request):
        from flask import request as current

        current.files, current.form, current.args  # noqa: B018  # parsed while the context is open
        found: TypedRequest = current._get_current_object()  # type: ignore[attr-defined]
        return found


def test_what_is_no_text_is_not_there(app):
    found = read(app, path="/?q=a%00b&q=%00&%00who=x", method="POST", data={"na\x00me": BAD, "good": "ü\n\t🦊"})

    assert found.args.getlist("q") == ["ab", ""] and found.args["who"] == "x"
    assert found.form.to_dict() == {"name": "ab", "good": "ü\n\t🦊"}
    assert text("a\ud800b\udfff") == "ab"


def test_the_name_of_a_file_is_text(app):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; '
    both = b"filename*=UTF-8''a%00b.txt\r\n\r\nHello\r\n" + head + b'filename="c\x00d.txt"\r\n\r\nBye\r\n--x--\r\n'

    found = read(app, path="/", method="POST", data=head + both, content_type="multipart/form-data; boundary=x")

    assert [file.filename for file in found.files.getlist("files")] == ["ab.txt", "cd.txt"]


def test_bytes_that_are_no_text_in_an_address_are_answered(client):
    page = client.get("/login", environ_overrides={"QUERY_STRING": "next=/account\xff&\xed\xa0\x80=1"})

    assert page.status == 200


def test_no_page_breaks_on_a_zero_byte_in_its_parameters(app, browser, home, owner):
    agent = an_agent(owner.workspace)
    broken = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith(("<path:filename>", "/events")):
            continue
        known = {"workspace": owner.workspace.slug, "slug": agent.slug, "person": owner.public_id}
        path = app.url_map.bind("localhost").build(
            rule.endpoint, {name: known.get(name, 1) for name in rule.arguments}, force_external=False
        )
        page = browser.get(f"{path}?" + "&".join(f"{name}=%00" for name in NOWHERE), follow=False)
        if page.status >= 500:
            broken.append((path, page.status))

    assert broken == []


def test_people_and_devices_can_be_paged_from_nowhere(browser, home):
    for path in (f"{home}/members?before=%00", f"{home}/agents?after=%00", "/account/sessions?before=%00"):
        assert browser.get(path).status == 200


def test_names_and_settings_are_kept_without_it(browser, home, owner, db):
    settings = {
        "name": "Fen\x00nel", "domains": "rye\x00.example", "hold_seconds": "1\x000", "timezone": "UTC",
    }  # fmt: skip

    assert post(browser, "/account", name="Mi\x00na").status == 303
    assert post(browser, f"{home}/settings", **settings).status == 303
    assert post(browser, f"{home}/settings/teams", **{"team-name": "Le\x00gal"}).status == 303

    db.session.expire_all()
    assert owner.user.name == "Mina" and owner.workspace.name == "Fennel"
    assert (owner.workspace.domains, owner.workspace.hold_seconds) == (["rye.example"], 10)
    assert "Legal" in [team.name for team in db.session.query(Team)]


def test_only_a_zero_byte_is_nothing_typed(browser, home):
    assert post(browser, "/account", name="\x00").status == 422
    assert post(browser, f"{home}/members/invitations", email="\x00", role="reviewer").status == 422
    assert post(browser, f"{home}/knowledge/collections", name="\x00").status == 422


def test_agents_runs_and_knowledge_take_it_for_nothing(browser, home, owner, db):
    agent = an_agent(owner.workspace)
    edit = {"name": BAD, "purpose": BAD, "instructions": BAD, "note": BAD, "max_steps": "20"}
    sent = [
        post(browser, f"{home}/agents", template="brand_review", name=BAD),
        post(browser, f"{home}/agents/{agent.slug}/edit", **edit),
        post(browser, f"{home}/agents/{agent.slug}/runs", request=BAD, start_key=BAD),
        post(browser, f"{home}/knowledge/collections", name=BAD),
        post(browser, f"{home}/keys", name=BAD, provider="openai", base_url="", secret="sk-\x00aaaaaaaaaaaa1"),
        post(browser, f"{home}/members/invitations", email="c\x00d@x.example", role="reviewer"),
    ]

    assert [page.status for page in sent] == [303] * len(sent)
    assert all("\x00" not in version.instructions for version in db.session.query(AgentVersion))


def test_a_decision_takes_it_for_nothing(browser, home, owner):
    approval = an_approval(a_run(an_agent(owner.workspace), state=RunState.AWAITING_APPROVAL, wake_at=None))
    path = f"{home}/approvals/{approval.public_id}/decisions"
    answers = [
        post(browser, path, version="1", **fields)
        for fields in (
            {"decision": BAD, "idempotency_key": "1"},
            {"decision": "reject", "reason": BAD, "idempotency_key": "2"},
            {"decision": "reject", "reason": "wrong", "note": BAD, "idempotency_key": BAD},
        )
    ]

    assert all(page.status < 500 for page in answers), answers


def test_a_file_with_a_broken_name_is_kept_under_what_is_left(browser, home, owner, db):
    post(browser, f"{home}/knowledge/collections", name="Handbook")
    collection = db.session.query(Collection).one()
    file = (io.BytesIO(b"Refunds take three days."), "hand\x00book.txt")

    page = post(browser, f"{home}/knowledge/collections/{collection.public_id}/documents", files=file, rights="y")

    assert page.status < 500
    assert all("\x00" not in row.name for row in db.session.query(Attachment))
    assert all("\x00" not in row.title for row in db.session.query(Document))


@pytest.mark.parametrize("email", ["a\x00b@c.example", "\x00"])
def test_signing_in_and_registering_take_it_for_nothing(client, email):
    for path in ("/login", "/support/login", "/register", "/forgot-password"):
        token = client.token()
        typed = {"csrf_token": token, "email": email, "password": "x\x00y", "name": "Mi\x00na", "code": "\x00"}
        assert client.post(path, typed).status in (303, 422)


def test_a_password_is_the_same_with_and_without_it(client, owner):
    typed = {"csrf_token": client.token(), "email": owner.user.email, "password": "\x00" + PASSWORD}

    assert client.post("/login", typed).status == 303


def test_an_address_with_a_zero_byte_is_nowhere(browser, home):
    for path in (f"{home}/runs/%00", "/invites/a%00", "/reset-password/%00", "/%00", "/static/%00"):
        assert browser.get(path).status == 404
