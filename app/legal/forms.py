"""The shape of a version as staff write it. What a version may be is the rule of app.legal.drafting."""

import re
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, ValidationError

from app.legal import library, texts
from app.legal.drafting import Wording
from app.legal.texts import Policy
from app.legal.timeline import NOTICE_DAYS

_NOTE = re.compile(r"#([a-z0-9-]+)\s+(.*)")
_MOVED = re.compile(r"([a-z0-9-]+)\s*->\s*([a-z0-9-]+)")
_LONG = Length(max=texts.LONGEST, message=f"Shorten this box to {texts.LONGEST:,} characters.")


class _Day(DateField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter the day it takes effect like 2026-06-13.") from error


class _Days(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter the days of notice as a number from 0 to 365.") from error


class WordingForm(FlaskForm):
    """A version but for its policy and its number, which a draft keeps."""

    title = StringField(
        "Title",
        [InputRequired("Give the policy its title."), Length(max=200, message="Shorten the title to 200 characters.")],
    )
    change_type = RadioField(
        "Kind of change",
        [InputRequired("Choose the kind of change.")],
        choices=[("major", "Major"), ("minor", "Minor")],
    )
    material = BooleanField("Material: it changes what somebody may do, must do or pays, or what we do with data")
    effective_on = _Day("Takes effect on", [InputRequired("Choose the day it takes effect.")])
    notice_days = _Days(
        "Days of notice", [NumberRange(0, 365, "Enter the days of notice as a number from 0 to 365.")], default=0
    )
    acceptance = RadioField(
        "How it binds who uses LeenOps already",
        [InputRequired("Choose how it binds.")],
        choices=[(one.value, one.value) for one in texts.Acceptance],
    )
    summary = TextAreaField(
        "Summary in plain words", [Length(max=1000, message="Shorten the summary to 1,000 characters.")]
    )
    notes = TextAreaField("What changes, one sentence a line", [_LONG])
    moved = TextAreaField("Anchors that have a new name", [_LONG])
    body = TextAreaField("Text", [InputRequired("Write the text."), _LONG])

    def validate_moved(self, field: TextAreaField) -> None:
        for line in _lines(field.data):
            if not _MOVED.fullmatch(line):
                raise ValidationError("Write each new name of an anchor as old-anchor -> new-anchor.")

    def wording(self, slug: str, version: str) -> Wording:
        """What was typed, for this policy and this number."""
        return Wording(
            slug=slug,
            version=version,
            title=_plain(self.title.data),
            change_type=self.change_type.data,
            is_material=bool(self.material.data),
            effective_on=self.effective_on.data or date.min,
            notice_days=self.notice_days.data or 0,
            acceptance=self.acceptance.data,
            summary=" ".join(_plain(self.summary.data).split()),
            notes=tuple(_note(line) for line in _lines(self.notes.data)),
            moved=dict(_MOVED.fullmatch(line).groups() for line in _lines(self.moved.data)),  # type: ignore[union-attr,misc]
            body=_plain(self.body.data),
        )


_BOXES = {
    "title": "Title",
    "change_type": "Kind of change",
    "material": "Material",
    "effective_on": "Takes effect on",
    "notice_days": "Days of notice",
    "acceptance": "How it binds",
    "summary": "Summary",
    "notes": "What changes",
    "moved": "Anchors that have a new name",
}
"""How each name of the front matter is called on the screens of staff."""


class NewVersionForm(WordingForm):
    """A version of a policy that has none at work yet."""

    slug = StringField(
        "Policy",
        [
            InputRequired("Name the policy."),
            Regexp(texts.SLUG.pattern + "$", message="Name the policy with a-z, 0-9 and hyphens."),
        ],
    )
    version = StringField(
        "Version",
        [
            InputRequired("Give the version a number."),
            Regexp(texts.VERSION.pattern + "$", message="Write the version like 1.1."),
        ],
    )


def typed(wording: Wording) -> dict[str, Any]:
    """A wording as the form shows it."""
    plain = ("slug", "version", "title", "change_type", "effective_on", "notice_days", "acceptance", "summary", "body")
    return {name: getattr(wording, name) for name in plain} | {
        "material": wording.is_material,
        "notes": "\n".join(
            f"#{note['at']} {note['says']}" if note.get("at") else note["says"] for note in wording.notes
        ),
        "moved": "\n".join(f"{old} -> {new}" for old, new in wording.moved.items()),
    }


def suggested(policy: Policy) -> dict[str, Any]:
    """A new version of `policy`, to start from: its text, the next number, and the first day it could count."""
    *most, last = policy.order
    return {
        "slug": policy.slug,
        "version": ".".join(str(part) for part in (*most, last + 1)),
        "title": policy.title,
        "change_type": "major",
        "material": False,
        "effective_on": library.today() + timedelta(days=NOTICE_DAYS + 7),
        "notice_days": NOTICE_DAYS,
        "acceptance": policy.acceptance,
        "body": policy.source,
    }


def blamed(form: WordingForm, error: texts.BrokenPolicy, wording: Wording) -> WordingForm:
    """The form with what is wrong with the text, at the line of the box it stands in."""
    front, _ = texts.divided(wording.text())
    above = front.count("\n") + 3  # two lines of --- and an empty one
    where = f"Line {error.line - above}: " if error.line > above else ""
    field = form.body if where or error.field not in form._fields else form._fields[error.field]
    field.errors = [*field.errors, f"{where}{error.why if where else _sentence(error.why)}"]
    return form


def in_words(error: texts.BrokenPolicy) -> str:
    """What is wrong with a version that is no form now: the box of the form it is about, and why."""
    label = _BOXES.get(error.field, "Text")
    return f"{label}: {error.why}"


def _sentence(why: str) -> str:
    return why[:1].upper() + why[1:]


def _note(line: str) -> dict[str, str]:
    found = _NOTE.fullmatch(line)
    return {"at": found[1], "says": found[2]} if found else {"says": line}


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in _plain(text).split("\n") if line.strip()]


def _plain(text: str | None) -> str:
    """Without what no text needs: control characters but line breaks."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or c.isprintable())
