"""What can go wrong, as sentences a person can read. Status codes live on the class."""

from typing import Any


class Misconfigured(Exception):
    """A setting is missing or unsafe; the message says which and what to set."""


class DomainError(Exception):
    """A rule was met. `sentence` is shown to the person; `status` answers the request.

    `context` carries what the page needs to show the current state (for example the fresh card).
    """

    status = 400
    sentence = "That cannot be done."

    def __init__(self, sentence: str | None = None, **context: Any) -> None:
        self.sentence = sentence or self.sentence
        self.context = context
        super().__init__(self.sentence)


class NotFound(DomainError):
    """Missing, or not theirs: nobody can tell which."""

    status = 404
    sentence = "There is nothing here, or it is not yours to see."


class NotAllowed(DomainError):
    """Signed in, but without the right to do this."""

    status = 403
    sentence = "You do not have the right to do this."


class Conflict(DomainError):
    """Someone else was faster; look at the current state."""

    status = 409
    sentence = "Someone else changed this first."


class Gone(DomainError):
    """Too late: it has expired."""

    status = 410
    sentence = "This has expired."


class Invalid(DomainError):
    """What was typed does not fit; says what to do. `field` names the input where there is one."""

    status = 422
    sentence = "Check what you typed."

    def __init__(self, sentence: str | None = None, *, field: str | None = None, **context: Any) -> None:
        super().__init__(sentence, **context)
        self.field = field


class Locked(DomainError):
    """The workspace is restricted or suspended."""

    status = 423
    sentence = "This workspace is suspended."


class TooMany(DomainError):
    """A rate limit; `retry_after_seconds` says when to try again."""

    status = 429
    sentence = "That was too often. Wait a little and try again."
    retry_after_seconds = 60


class Unavailable(DomainError):
    """Something we need is not answering."""

    status = 503
    sentence = "Part of LeenOps is not answering. Nothing was lost; try again in a moment."
