"""The shape of what people type about a workspace. Rules live in the services."""

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.accounts.forms import mail_address, plain_name
from app.workspaces.models import Role, Team

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

    role = SelectField("Role", [InputRequired("Choose a role.")], validate_choice=True)
    teams = SelectMultipleField("Only these teams")

    def offer(self, roles: tuple[Role, ...], teams: list[Team]) -> "RoleForm":
        """Fill the choices: only roles the viewer may give, only teams of this workspace."""
        self.role.choices = [(str(role), role.capitalize()) for role in roles]
        self.teams.choices = [(team.key, team.name) for team in teams]
        return self


class InviteForm(RoleForm):
    email = StringField("Mail address", [InputRequired("Enter a mail address."), Length(max=254), mail_address])


class TeamForm(FlaskForm):
    name = StringField("Name of the team", [InputRequired("Enter a name."), plain_name])


class SettingsForm(FlaskForm):
    name = StringField("Name of the workspace", [InputRequired("Enter a name."), plain_name])
    domains = TextAreaField("Your company's mail domains", [Length(max=4000)])
    hold_seconds = IntegerField("Seconds to undo an approval", [InputRequired("Enter a number from 0 to 60.")])
    card_hours = IntegerField("Hours a card waits for a decision", [InputRequired("Enter a number from 1 to 168.")])
    timezone = StringField("Time zone", [InputRequired("Choose a time zone."), Length(max=40)])
