"""Handing one message to an SMTP server, and what its answers mean for the message."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit


class MailRefused(Exception):
    """The mail server said no for good: the message did not leave."""


class MailServerAway(Exception):
    """No mail server took the message: it did not leave, and a later attempt may succeed."""


class MailOutcomeUnknown(Exception):
    """The connection broke while the message was handed over: nobody knows whether it left."""


@dataclass(frozen=True)
class Server:
    """Where mail is handed over, read from SMTP_URL: smtp[s]://user:password@host:port?from=...&tls=required."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    implicit_tls: bool
    requires_tls: bool

    @property
    def needs_encryption(self) -> bool:
        is_elsewhere = self.host not in ("localhost", "127.0.0.1", "::1")
        return self.requires_tls or bool(self.user and is_elsewhere)


def hand_over(to_server: Server, envelope: EmailMessage, *, sender: str, to: list[str]) -> str | None:
    """Give `envelope` to the server now. None, or a sentence on the recipients it refused.

    Raises MailRefused, MailServerAway (both: it did not leave) or MailOutcomeUnknown.
    """
    try:
        client = connect(to_server)
    except smtplib.SMTPAuthenticationError as error:
        raise MailServerAway("the mail server did not accept our sign-in") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAway(f"the mail server did not answer ({type(error).__name__})") from error
    try:
        refused = client.send_message(envelope, from_addr=sender, to_addrs=to)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise _said_no(error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailOutcomeUnknown(f"the connection to the mail server broke ({type(error).__name__})") from error
    finally:
        _leave(client)
    return f"Refused by the mail server: {', '.join(sorted(refused))}" if refused else None


def server(smtp_url: str) -> Server:
    """The server that SMTP_URL names."""
    parts = urlsplit(smtp_url)
    implicit = parts.scheme == "smtps"
    return Server(
        host=parts.hostname or "localhost",
        port=parts.port or (465 if implicit else 587 if parts.username else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=implicit,
        requires_tls=parse_qs(parts.query).get("tls") == ["required"],
    )


def connect(to: Server, timeout_seconds: float = 15) -> smtplib.SMTP:
    """A client past STARTTLS and sign-in. A password never goes out in clear to another machine."""
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if to.implicit_tls:
        client = smtplib.SMTP_SSL(to.host, to.port, timeout=timeout_seconds, context=context)
    else:
        client = smtplib.SMTP(to.host, to.port, timeout=timeout_seconds)
    try:
        if not (to.implicit_tls or _encrypt(client, context)) and to.needs_encryption:
            raise smtplib.SMTPNotSupportedError("the mail server offers no encryption")
        if to.user:
            client.login(to.user, to.password)
    except BaseException:
        client.close()
        raise
    return client


def _encrypt(client: smtplib.SMTP, context: ssl.SSLContext) -> bool:
    """STARTTLS where the server offers it."""
    client.ehlo()
    if not client.has_extn("starttls"):
        return False
    client.starttls(context=context)
    client.ehlo()
    return True


def _said_no(error: smtplib.SMTPException) -> Exception:
    """A refusal for good (5xx) or for now (4xx); the message did not leave either way."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [answer[0] for answer in error.recipients.values()]
        words = "the mail server refused every recipient"
    else:
        codes = [getattr(error, "smtp_code", 0)]
        words = f"the mail server answered {codes[0]}"
    return MailRefused(words) if all(code >= 500 for code in codes) else MailServerAway(words)


def _leave(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()
