"""The form that adds entries, one a line."""

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from app.directory.models import EntryKind
from app.directory.values import LONGEST

KINDS: dict[EntryKind, tuple[str, str]] = {
    EntryKind.ADDRESS: ("Mail address", "Exactly this address."),
    EntryKind.DOMAIN: ("Mail domain", "Every address at exactly this domain, and none below it."),
    EntryKind.PARTY: ("Company or person", "Who may get money, under exactly this name."),
    EntryKind.LINK: ("Web address", "Exactly this address, with its path and query."),
    EntryKind.WORD: ("Account, channel or record", "Exactly this sign, such as #incidents."),
}
"""How each kind is called, and what it names."""


class EntriesForm(FlaskForm):
    kind = StringField("What is it?", [AnyOf(set(EntryKind), "Choose what it is.")])
    lines = TextAreaField("Who or what", [InputRequired("Write at least one line."), Length(max=200 * (LONGEST + 2))])
    note = StringField("Why", [Length(max=200, message="Shorten the note to 200 characters.")])

    def typed(self) -> list[str]:
        """The lines, also the empty ones. Nothing but a line break ends one."""
        return (self.lines.data or "").replace("\r\n", "\n").split("\n")
