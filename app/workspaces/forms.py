"""The shape of what people type about a workspace. Rules live in the services."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from app.accounts.forms import mail_address, plain_name
from app.errors import Invalid
from app.formats import read_money
from app.workspaces.models import Role
from app.workspaces.services import CARD_HOURS, HOLD_SECONDS

HOLD_WORDS = "Enter a number from 0 to 60."
CARD_WORDS = "Enter a number from 1 to 168."

ROLE_HINTS: dict[Role, str] = {
    Role.OWNER: "May do everything, bills included",
    Role.ADMIN: "May do everything but bills",
    Role.BUILDER: "Creates agents and runs them",
    Role.REVIEWER: "Decides on approval cards",
    Role.AUDITOR: "Reads and exports records",
    Role.BILLING: "Sees and pays bills",
}


class WorkspaceForm(FlaskForm):
    name = StringField("Name of the workspace", [InputRequired("Enter a name."), plain_name])


class RoleForm(FlaskForm):
    """A role, and the teams it is limited to."""

    role = StringField("Role", [InputRequired("Choose a role.")])
    teams = SelectMultipleField("Only these teams", choices=[], validate_choice=False)

    def chosen(self) -> Role:
        """The role that was chosen. Raises Invalid for what is none."""
        try:
            return Role(self.role.data or "")
        except ValueError as error:
            raise Invalid("Choose a role from the list.", field="role") from error


class LimitForm(FlaskForm):
    """How much money one approval of a member may move."""

    up_to = StringField("May approve up to", [Length(max=40)])

    def amount(self, currency: str) -> int | None:
        """In minor units; None where nothing is typed. Raises Invalid for what is no amount."""
        typed = (self.up_to.data or "").strip()
        try:
            return read_money(typed, currency) if typed else None
        except (ValueError, ArithmeticError) as error:
            words = "Write an amount, for example 500.00, or nothing for any amount."
            raise Invalid(words, field="up_to") from error


class InviteForm(RoleForm):
    email = StringField("Mail address", [InputRequired("Enter a mail address."), Length(max=254), mail_address])


class TeamForm(FlaskForm):
    name = StringField("Name of the team", [InputRequired("Enter a name."), plain_name])


class WholeNumberField(IntegerField):
    """A whole number; anything else is answered in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a whole number.") from error


class SettingsForm(FlaskForm):
    """What the workspace decides for itself."""

    name = StringField("Name of the workspace", [InputRequired("Enter a name."), plain_name])
    domains = TextAreaField("Your company's mail domains", [Length(max=4000)])
    hold_seconds = WholeNumberField("Seconds to undo an approval", [NumberRange(*HOLD_SECONDS, HOLD_WORDS)])
    card_hours = WholeNumberField("Hours a card waits for a decision", [NumberRange(*CARD_HOURS, CARD_WORDS)])
    timezone = StringField("Time zone", [InputRequired("Choose a time zone."), Length(max=40)])

    def values(self) -> dict[str, Any]:
        """What `change_settings` takes. One domain a line, or separated by commas."""
        typed = (self.domains.data or "").replace(",", "\n")
        plain = ("name", "hold_seconds", "card_hours", "timezone")
        return {key: self[key].data for key in plain} | {"domains": typed.splitlines()}
