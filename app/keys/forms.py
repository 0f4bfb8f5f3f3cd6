"""The form that takes a model key."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from app.keys.services import LONGEST


class KeyForm(FlaskForm):
    name = StringField(
        "Name", validators=[InputRequired("Give the key a name."), Length(max=80, message="Use at most 80 characters.")]
    )
    provider = RadioField(
        "Provider",
        choices=[("openai", "OpenAI, or any server that speaks its protocol"), ("anthropic", "Anthropic")],
        validators=[InputRequired("Choose a provider.")],
    )
    base_url = StringField("Base URL", validators=[Length(max=500, message="Use at most 500 characters.")])
    secret = PasswordField("Key", validators=[InputRequired("Paste the key."), Length(max=LONGEST)])
