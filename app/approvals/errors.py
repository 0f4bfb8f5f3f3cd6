"""What a decision can meet. Each carries the card, so that the answer shows it as it is now."""

from app.errors import Conflict, Gone, Invalid, NotAllowed


class AlreadyDecided(Conflict):
    sentence = "Someone else decided this first."


class CardChanged(Conflict):
    sentence = "This card changed while you were reading. Read it again before you decide."


class TooLate(Gone):
    sentence = "This card has expired. Nothing was done."


class OwnRequest(NotAllowed):
    sentence = "You started this run, so someone else decides."


class AlreadyVoted(Conflict):
    sentence = "You have already approved this. A second person is needed."


class NotYourCard(NotAllowed):
    sentence = "This card needs someone with another role or team."


class Claimed(Conflict):
    sentence = "Somebody else is deciding this."


class OverLimit(NotAllowed):
    sentence = "This is more than you may approve."


class EditRefused(Invalid):
    sentence = "The change does not fit this action."
