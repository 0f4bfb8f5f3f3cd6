"""The form that makes a collection."""

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from app.workspaces.models import TEAMS


class CollectionForm(FlaskForm):
    name = StringField(
        "Name",
        validators=[InputRequired("Give the collection a name."), Length(max=80, message="Use at most 80 characters.")],
    )
    teams = SelectMultipleField("Teams", choices=[(team, team.capitalize()) for team in TEAMS])
