"""Delivering mail that waits in the table."""

from app import mail, smtp
from app.db import db
from app.mail import MailState


def deliver(message_id: int) -> None:
    """Hand one queued message to the SMTP server; raised to be tried again when no server took it.

    Safe to run twice: the claim is a conditional update, committed before the server is called. After a
    crash in between, the message goes out again with the same Message-ID, which mailboxes drop; one that
    may leave only once counts as failed instead.
    """
    message = mail.claim(message_id)
    if message is None:
        return
    to, subject, text, public_id = list(message.recipients), message.subject, message.text, message.public_id
    at_most_once = message.at_most_once
    db.session.commit()  # no lock is held while the server is called
    try:
        problem = mail.hand_over(to=to, subject=subject, text=text, message_id=public_id)
    except smtp.MailRefused as error:
        _settle(message_id, MailState.FAILED, str(error))
    except (smtp.MailServerAway, smtp.MailOutcomeUnknown) as error:
        if at_most_once and isinstance(error, smtp.MailOutcomeUnknown):
            _settle(message_id, MailState.FAILED, str(error))
            return
        _settle(message_id, MailState.QUEUED, str(error))
        raise
    else:
        _settle(message_id, MailState.SENT, problem)


def _settle(message_id: int, state: MailState, problem: str | None) -> None:
    mail.settle(message_id, state, problem)
    db.session.commit()
