"""Reading the mail that the pages send, as its owner would."""

import re

from app.db import db
from app.jobs import QueuedJob
from app.mail import MailMessage
from tasks.worker import perform


def work_off() -> None:
    """Do what was queued, as the worker would."""
    for row_id in [row.id for row in db.session.query(QueuedJob)]:
        perform(row_id)


def mail_to(email: str) -> list[MailMessage]:
    """What was sent to this address, oldest first."""
    db.session.expire_all()
    return [m for m in db.session.query(MailMessage).order_by(MailMessage.id) if email in m.recipients]


def link_in(message: MailMessage) -> str:
    """The path of the one link in the message."""
    found = re.findall(r"https?://[^/\s]+(/\S*)", message.text)
    assert len(found) == 1, message.text
    return str(found[0])


def last_link(email: str) -> str:
    return link_in(mail_to(email)[-1])
