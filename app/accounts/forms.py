"""The shape of what people type about themselves. Rules live in the services."""

from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.accounts.registration import AUTHORITY
from app.accounts.services import checked_name
from app.errors import DomainError, Invalid
from app.mail import checked_address


def plain_name(form: FlaskForm, field: StringField) -> None:
    """A name that can stand in pages and mail."""
    _obey(checked_name, field.data)


def mail_address(form: FlaskForm, field: StringField) -> None:
    """One mail address."""
    try:
        checked_address(field.data or "")
    except Invalid as error:
        raise ValidationError("Enter a mail address like name@company.example.") from error


Form = TypeVar("Form", bound=FlaskForm)


def blame(form: Form, error: DomainError) -> Form:
    """The form with what a service refused, at the question it is about or at the first one."""
    field = form._fields.get(getattr(error, "field", None) or next(iter(form._fields)))
    if field is not None and not form.errors:
        field.errors = [error.sentence]
    return form


def _obey(rule: Any, value: str | None) -> None:
    try:
        rule(value or "")
    except Invalid as error:
        raise ValidationError(error.sentence) from error


class SignInForm(FlaskForm):
    email = StringField("Mail address", [InputRequired("Enter your mail address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=1000)])


class RegisterForm(FlaskForm):
    """Who somebody is, and what they agree to."""

    name = StringField("Your name", [InputRequired("Enter your name."), plain_name])
    email = StringField("Work mail address", [InputRequired("Enter your mail address."), mail_address])
    password = PasswordField("Password", [InputRequired("Choose a password.")])
    terms = BooleanField("I accept the terms of service.", [DataRequired("Accept the terms to go on.")])
    authority = BooleanField(AUTHORITY, [DataRequired("Say that you may accept them for your organisation.")])


class JoinForm(RegisterForm):
    """The same for somebody whose address is known from an invitation."""

    email = None


class ConfirmForm(FlaskForm):
    password = PasswordField("Password", [InputRequired("Enter the password you chose."), Length(max=1000)])


class ForgotForm(FlaskForm):
    email = StringField("Mail address", [InputRequired("Enter your mail address."), mail_address])


class NewPasswordForm(FlaskForm):
    password = PasswordField("New password", [InputRequired("Choose a new password.")])


class ChangePasswordForm(FlaskForm):
    current = PasswordField("Current password", [InputRequired("Enter your current password."), Length(max=1000)])
    password = PasswordField("New password", [InputRequired("Choose a new password.")])


class NameForm(FlaskForm):
    name = StringField("Your name", [InputRequired("Enter your name."), plain_name])
