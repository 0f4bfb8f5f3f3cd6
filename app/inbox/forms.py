"""The shape of what people write to us. Built from text that the secret guard has read, never from the request."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from app.errors import Invalid
from app.inbox.models import Category, Topic
from app.inbox.services import LONGEST, LONGEST_URL, one_line, plain_text
from app.mail import checked_address

EXPIRED = "Not sent. This page was open for too long: everything you typed is still here, so send it again."
ONE_ADDRESS = "Enter a mail address like name@company.example."


def _line(value: str | None) -> str:
    return one_line(value or "")


def _text(value: str | None) -> str:
    return plain_text(value or "")


def short(form: FlaskForm, field: StringField) -> None:
    if len(field.data or "") > 80:
        raise ValidationError("Shorten the name to 80 characters.")


def address(form: FlaskForm, field: StringField) -> None:
    """One mail address, or nothing where none is needed."""
    try:
        if field.data:
            field.data = checked_address(field.data)
    except Invalid as error:
        raise ValidationError(ONE_ADDRESS) from error


def not_too_long(form: FlaskForm, field: StringField) -> None:
    if (length := len(field.data or "")) > LONGEST:
        raise ValidationError(f"Shorten the message to {LONGEST:,} characters: it has {length:,}.")


def short_url(form: FlaskForm, field: StringField) -> None:
    if (length := len(field.data or "")) > LONGEST_URL:
        raise ValidationError(f"Shorten the address to {LONGEST_URL:,} characters: it has {length:,}.")


class IntakeForm(FlaskForm):
    """What both forms share: the field that people leave empty, and words for a page that was open too long."""

    topic_detail = StringField("Leave this field empty")

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if "csrf_token" in self.errors:
            self.csrf_token.errors = [EXPIRED]
        return bool(fine)

    @property
    def is_trap(self) -> bool:
        """Whether the field that only a machine sees was filled in."""
        return bool((self.topic_detail.data or "").strip())


class ContactForm(IntakeForm):
    topic = StringField("What is it about?", [DataRequired("Choose what it is about.")])
    name = StringField("Your name", [DataRequired("Enter your name."), short], filters=[_line])
    email = StringField("Mail address", [DataRequired("Enter your mail address."), address], filters=[_line])
    message = TextAreaField("Message", [DataRequired("Write your message."), not_too_long], filters=[_text])

    def validate_topic(self, field: StringField) -> None:
        if field.data not in set(Topic):
            raise ValidationError("Choose what it is about.")


class AbuseForm(IntakeForm):
    category = StringField("What did you see?", [DataRequired("Choose what you saw.")])
    url = StringField("Where did you see it?", [short_url], filters=[_line])
    email = StringField("Your mail address", [address], filters=[_line])
    message = TextAreaField("What happened?", [DataRequired("Say what happened."), not_too_long], filters=[_text])

    def validate_category(self, field: StringField) -> None:
        if field.data not in set(Category):
            raise ValidationError("Choose what you saw.")
