"""The shape of what people type about a workspace. Rules live in the services."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, ValidationError

from app.accounts.forms import mail_address, plain_name
from app.errors import Invalid
from app.formats import read_money
from app.workspaces.absences import LONGEST_NOTE
from app.workspaces.deadlines import DeadlineSteps
from app.workspaces.hours import DAYS, MOST_SPANS, BusinessHours, Holiday, Span, meeting_day
from app.workspaces.models import Role
from app.workspaces.services import CARD_HOURS, HOLD_SECONDS

LONGEST_DAY = 60
LONGEST_HOLIDAY = 80
LONGEST_HOLIDAYS = 20_000
NOTE_WORDS = f"Shorten the note to {LONGEST_NOTE} characters."
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


class SecondPersonForm(FlaskForm):
    """What one person cannot publish alone."""

    rules_need_two = BooleanField("Approval rules")
    versions_need_two = BooleanField("Versions of agents")


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
    timezone = StringField("Time zone", [InputRequired("Choose a time zone."), Length(max=40)])

    def values(self) -> dict[str, Any]:
        """What `change_settings` takes. One domain a line, or separated by commas."""
        typed = (self.domains.data or "").replace(",", "\n")
        plain = ("name", "hold_seconds", "timezone")
        return {key: self[key].data for key in plain} | {"domains": typed.splitlines()}


_STEP = NumberRange(1, CARD_HOURS[1] - 1, f"Enter a number from 1 to {CARD_HOURS[1] - 1}, or leave it blank.")


class DeadlinesForm(FlaskForm):
    """What happens to a card that nobody decides, each after so many hours; a blank step is left out."""

    remind = WholeNumberField("Remind after", [Optional(), _STEP])
    delegate = WholeNumberField("Ask the stand-in after", [Optional(), _STEP])
    escalate = WholeNumberField("Tell owners and admins after", [Optional(), _STEP])
    card_hours = WholeNumberField("Expire after", [NumberRange(*CARD_HOURS, CARD_WORDS)])
    in_business_hours = BooleanField("Count business hours only")

    @classmethod
    def about(cls, steps: DeadlineSteps) -> "DeadlinesForm":
        """The form with these steps in it."""
        return cls(formdata=None, data=steps.kept() | {"card_hours": steps.expire})

    def steps(self) -> DeadlineSteps:
        """What was typed. Raises Invalid with the first step that does not come after those before it."""
        last = 0
        for field in (self.remind, self.delegate, self.escalate, self.card_hours):
            if field.data is not None and field.data <= last:
                sentence = f"Enter more than {last}: each step comes after the one before it."
                raise Invalid(sentence, field=field.name)
            last = field.data or last
        before = (self.remind.data, self.delegate.data, self.escalate.data)
        return DeadlineSteps(*before, self.card_hours.data or 0, in_business_hours=self.in_business_hours.data)


def _day(name: str) -> StringField:
    return StringField(name, [_times_of_a_day])


def _times_of_a_day(form: FlaskForm, field: StringField) -> None:
    typed = _short(field, LONGEST_DAY)
    try:
        read = read_spans(typed)
    except ValueError as error:
        sentence = f"{field.label.text}: write times as in 09:00-12:30, 13:30-17:00, or leave it blank when closed."
        raise ValidationError(sentence) from error
    if len(read) > MOST_SPANS:
        raise ValidationError(f"{field.label.text}: enter one or two times of a day.")


def _days_with_names(form: FlaskForm, field: TextAreaField) -> None:
    typed = _short(field, LONGEST_HOLIDAYS)
    try:
        days = [holiday.on for holiday in read_holidays(typed)]
    except ValueError as error:
        raise ValidationError(f"Write each holiday as in 2026-12-25 Christmas Day. {error}") from error
    if twice := next((day for n, day in enumerate(days) if day in days[:n]), None):
        raise ValidationError(f"{twice} is there twice. Keep one line of it.")


def _short(field: StringField, longest: int) -> str:
    typed = field.data or ""
    if len(typed) > longest:
        raise ValidationError(f"{field.label.text}: shorten this to {longest:,} characters.")
    return typed


def read_spans(text: str) -> tuple[Span, ...]:
    """The times of one day as typed, with commas between them. Raises ValueError."""
    return tuple(sorted(Span.read(part) for part in text.replace(";", ",").split(",") if part.strip()))


def read_holidays(text: str) -> tuple[Holiday, ...]:
    """Holidays as typed, one to a line. Raises ValueError with a sentence about the first line that is none."""
    return tuple(sorted(_holidays(text)))


def _holidays(text: str) -> Iterator[Holiday]:
    for number, line in enumerate(text.splitlines(), 1):
        day, _, name = " ".join(line.split()).partition(" ")
        if not day:
            continue
        try:
            on = date.fromisoformat(day)
        except ValueError as error:
            raise ValueError(f"Line {number} has no such day.") from error
        if not name or len(name) > LONGEST_HOLIDAY or not name.isprintable():
            raise ValueError(f"Line {number} has no name of up to {LONGEST_HOLIDAY} characters.")
        yield Holiday(on, name)


class HoursForm(FlaskForm):
    """When the workspace is open."""

    when = StringField("When it is open", [AnyOf(("always", "week"), "Choose when it is open.")])
    monday = _day("Monday")
    tuesday = _day("Tuesday")
    wednesday = _day("Wednesday")
    thursday = _day("Thursday")
    friday = _day("Friday")
    saturday = _day("Saturday")
    sunday = _day("Sunday")
    holidays = TextAreaField("Holidays", [_days_with_names])

    @classmethod
    def about(cls, hours: BusinessHours) -> "HoursForm":
        """The form with these hours in it."""
        days = {day.lower(): ", ".join(map(str, spans)) for day, spans in zip(DAYS, hours.week or (), strict=False)}
        holidays = "\n".join(f"{holiday.on} {holiday.name}" for holiday in hours.holidays)
        when = "always" if hours.week is None else "week"
        return cls(formdata=None, data=days | {"when": when, "holidays": holidays})

    def hours(self, timezone: str) -> BusinessHours:
        """What was typed, once it is valid. Raises Invalid with the day whose hours run into the next ones."""
        if self.when.data == "always":
            return BusinessHours(timezone)
        week = tuple(read_spans(self[day.lower()].data or "") for day in DAYS)
        if (day := meeting_day(week)) is not None:
            raise Invalid(f"{DAYS[day]}: these times run into the next ones.", field=DAYS[day].lower())
        return BusinessHours(timezone, week, read_holidays(self.holidays.data or ""))


class DayField(DateField):
    """A day; anything else is answered in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a day like 2026-12-24.") from error


class AbsenceForm(FlaskForm):
    """Who is away from when to when, and who stands in; people by their public ids."""

    person = StringField("Who is away")
    first_day = DayField("First day", [InputRequired("Enter the first day.")])
    last_day = DayField("Last day", [InputRequired("Enter the last day.")])
    stand_in = StringField("Who stands in")
    note = StringField("Note", [Length(max=LONGEST_NOTE, message=NOTE_WORDS)])
