"""The mail port: kept or sent, once, and nothing breaks out of a header."""

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from app import jobs, mail, smtp
from app.accounts import sessions
from app.db import db, now
from app.errors import Invalid
from app.jobs import QueuedJob
from app.mail import MailMessage, MailState
from tasks.mail import deliver


class Postbox:
    """What an SMTP server was handed; says no as told."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.recipients: list[list[str]] = []
        self.says = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients.append(envelope.rcpt_tos)
        return self.says


@pytest.fixture
def postbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A real SMTP server, which SMTP_URL names."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    url = f"smtp://127.0.0.1:{port}?from=hello@leenops.example"
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], smtp_url=url))
    yield box
    controller.stop()


def a_message(key: str = "welcome-1", **fields: Any) -> MailMessage:
    given: dict[str, Any] = {"to": ["ada@fennelrye.example"], "subject": "Welcome", "text": "Hello Ada"} | fields
    message = mail.send(**given, key=key)
    db.session.commit()
    return message


def test_without_smtp_mail_is_kept_at_once(app: Flask) -> None:
    message = a_message()

    assert message.state == MailState.KEPT
    assert db.session.scalars(select(QueuedJob)).all() == []


def test_the_same_key_is_written_once(app: Flask) -> None:
    first, second = a_message(), a_message(subject="Again")

    assert first.id == second.id
    assert second.subject == "Welcome"


def test_with_smtp_mail_waits_for_its_job(postbox: Postbox) -> None:
    message = a_message()

    queued = db.session.scalars(select(QueuedJob)).one()
    assert (message.state, queued.name, queued.args) == (MailState.QUEUED, jobs.DELIVER_MAIL.name, [message.id])


def test_delivering_twice_sends_once(postbox: Postbox) -> None:
    message = a_message()

    deliver(message.id)
    deliver(message.id)

    assert message.state == MailState.SENT
    assert [m["Subject"] for m in postbox.messages] == ["Welcome"]
    assert postbox.messages[0]["From"] == "LeenOps <hello@leenops.example>"


def test_recipients_do_not_see_each_other(postbox: Postbox) -> None:
    deliver(a_message(to=["ada@fennelrye.example", "bob@northwind.example"]).id)

    assert postbox.recipients == [["ada@fennelrye.example", "bob@northwind.example"]]
    assert "bob@" not in str(postbox.messages[0])


def test_a_refusal_for_good_is_not_tried_again(postbox: Postbox) -> None:
    postbox.says = "550 No such person"
    message = a_message()

    deliver(message.id)

    assert (message.state, message.problem) == (MailState.FAILED, "the mail server answered 550")


def test_a_refusal_for_now_is_tried_again(postbox: Postbox) -> None:
    postbox.says = "451 Later"
    message = a_message()

    with pytest.raises(smtp.MailServerAway):
        deliver(message.id)
    postbox.says = "250 OK"
    deliver(message.id)

    assert message.state == MailState.SENT


LINK = "https://ops.leenops.example/reset-password/" + sessions.new_token()[0]
LETTER = f"Hello Ada,\n\nopen this page:\n\n{LINK}\n\nLeenOps\n"


@pytest.fixture
def in_production(app: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> Postbox:
    """Production, with a mail server."""
    real = replace(app.config["SETTINGS"], env="production", base_url="https://ops.leenops.example")
    monkeypatch.setitem(app.config, "SETTINGS", real)
    return postbox


@pytest.mark.parametrize(("says", "state"), [("250 OK", MailState.SENT), ("550 No such person", MailState.FAILED)])
def test_a_link_that_works_once_is_not_kept_after_its_mail_left(in_production: Postbox, says: str, state: str) -> None:
    in_production.says = says
    message = a_message(text=LETTER, to=["ada@fennelrye.example", "bob@fennelrye.example"])

    deliver(message.id)

    db.session.refresh(message)
    assert message.state == state
    assert LINK.rpartition("/")[2] not in message.text
    assert message.text == LETTER.replace(LINK, mail.LEFT_OUT)
    assert (message.subject, len(message.recipients)) == ("Welcome", 2)


def test_the_mail_itself_still_has_its_link(in_production: Postbox) -> None:
    deliver(a_message(text=LETTER).id)

    assert LINK in in_production.messages[0].get_content()


def test_a_mail_that_waits_keeps_its_link(in_production: Postbox) -> None:
    in_production.says = "451 Later"
    message = a_message(text=LETTER)

    with pytest.raises(smtp.MailServerAway):
        deliver(message.id)
    in_production.says = "250 OK"
    deliver(message.id)

    assert LINK in in_production.messages[0].get_content()


def test_other_addresses_in_a_sent_mail_are_kept(in_production: Postbox) -> None:
    words = f"https://ops.leenops.example/w/fennel-rye/approvals/{'a1' * 10} https://x.example/{'t' * 43}"
    message = a_message(text=words)

    deliver(message.id)

    db.session.refresh(message)
    assert message.text == words


def test_outside_production_a_sent_mail_keeps_its_link(postbox: Postbox) -> None:
    letter = LETTER.replace("https://ops.leenops.example", "http://localhost")
    message = a_message(text=letter)

    deliver(message.id)

    db.session.refresh(message)
    assert (message.state, message.text) == (MailState.SENT, letter)


def test_a_delivery_in_progress_is_left_alone_until_it_is_stale(postbox: Postbox) -> None:
    message = a_message()
    assert mail.claim(message.id)
    db.session.commit()

    deliver(message.id)
    assert postbox.messages == []

    message.claimed_at = now() - timedelta(seconds=mail.CLAIM_SECONDS + 1)
    db.session.commit()
    deliver(message.id)
    assert len(postbox.messages) == 1


def test_no_server_means_try_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], smtp_url="smtp://127.0.0.1:9"))
    message = a_message()

    with pytest.raises(smtp.MailServerAway):
        deliver(message.id)

    assert db.session.get_one(MailMessage, message.id).state == MailState.QUEUED


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: all@evil.test", "Hi\nthere", "Hi\rthere", "Hi\x00", "Hi\u2028there"])
def test_a_subject_of_several_lines_is_refused(app: Flask, subject: str) -> None:
    with pytest.raises(Invalid):
        mail.send(to=["ada@fennelrye.example"], subject=subject, text="x", key="k")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@x.example",
        "ada@x.example\r\nBcc: b@evil.test",
        "ada@x.example\n",
        "a@x.example,b@evil.test",
        "Ada <ada@x.example>",
        "ada@x.example b@evil.test",
        "аda@x.example",
        "ada@x..example",
        "a" * 65 + "@x.example",
        "ada@" + "x" * 300,
        "ada%evil.test@x.example",
        "evil.test!ada@x.example",
        "ada@evil.test@x.example",
        '"ada@evil.test"@x.example',
        "@evil.test:ada@x.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(app: Flask, address: str) -> None:
    with pytest.raises(Invalid):
        mail.send(to=[address], subject="x", text="x", key="k")


def test_a_password_never_leaves_without_encryption(app: Flask) -> None:
    server = smtp.server("smtp://ada:secret@mail.example.com:587")

    assert server.needs_encryption
    assert "secret" not in repr(server)
    assert not smtp.server("smtp://ada:secret@127.0.0.1:25").needs_encryption


def test_kept_mail_can_be_read_in_development(client: Any) -> None:
    message = a_message(text="Open http://localhost/verify <b>now</b>")

    client.get("/dev/mail")
    page = client.get(f"/dev/mail/{message.public_id}")

    assert page.h1 == "Welcome"
    assert "<b>now</b>" in page.text


def test_kept_mail_is_not_there_in_production(app: Flask, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    message = a_message()
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], env="production"))

    assert client.get("/dev/mail").status == 404
    assert client.get(f"/dev/mail/{message.public_id}").status == 404
