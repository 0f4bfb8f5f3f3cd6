"""Checking what people fill in: the start form of a version, and an agent's new version."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import FileStorage, MultiDict

from app.agents.inputs import Input, marked
from app.agents.models import AgentVersion
from app.dataflow.impact import AREAS
from app.errors import Invalid
from app.integrations.files import Stored, given, note, store_all
from app.integrations.models import Attachment
from app.numbers import read_number

LONGEST = {"long": 40_000}
LONGEST_LINE = 1_000


@dataclass
class Start:
    """What a start form carried: clean values and written files, or what to correct by field."""

    values: dict[str, Any] = field(default_factory=dict)
    files: list[Stored] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """The field that each of `files` came in."""
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, []).append(sentence)

    def attachments(self, workspace_id: int) -> list[Attachment]:
        """Note the files as attachments of a run that is about to start. Flushes."""
        given = zip(self.fields, self.files, strict=True)
        return [note(file, workspace_id=workspace_id, field=name) for name, file in given]


def validate_start(version: AgentVersion, form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> Start:
    """Check `form` and `files` against the version's inputs. Files that fit are written.

    Asks the database nothing beyond the loaded `version`: reading files takes seconds, and no transaction
    may be open meanwhile.
    """
    start = Start()
    for spec in version.inputs:
        if spec["kind"] == "files":
            _take_files(start, spec, files.getlist(spec["name"]))
        else:
            _take_value(start, spec, form.get(spec["name"], ""))
    one_of = version.settings.get("needs_one_of") or []
    if one_of and not any(start.values.get(name) for name in one_of) and not start.files and not start.errors:
        labels = [spec["label"] for spec in version.inputs if spec["name"] in one_of]
        start.refuse(one_of[0], f"Fill in at least one of these: {', '.join(labels)}.")
    return start


def _take_value(start: Start, spec: dict[str, Any], text: str) -> None:
    name, text = spec["name"], text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        if spec["required"]:
            start.refuse(name, f"Fill in “{spec['label']}”.")
        return
    longest = LONGEST.get(spec["kind"], LONGEST_LINE)
    if len(text) > longest:
        start.refuse(name, f"Shorten “{spec['label']}” to {longest:,} characters.")
        return
    try:
        start.values[name] = _READ.get(spec["kind"], str)(text)
    except (ValueError, EmailNotValidError):
        start.refuse(name, _HOW[spec["kind"]].format(label=spec["label"]))
        return
    if spec["kind"] == "choice" and text not in spec["choices"]:
        start.refuse(name, f"Choose one of the answers to “{spec['label']}”.")


def _take_files(start: Start, spec: dict[str, Any], storages: list[FileStorage]) -> None:
    """Take what can be read; each refused file says why, and stops the start so that nobody misses it."""
    try:
        real = given(storages)
    except Invalid as problem:
        start.refuse(spec["name"], problem.sentence)
        return
    stored, refused = store_all(real)
    start.files += stored
    start.fields += [spec["name"]] * len(stored)
    for refusal in refused:
        start.refuse(spec["name"], refusal.sentence)
    if spec["required"] and not real:
        start.refuse(spec["name"], f"Choose a file for “{spec['label']}”.")


def _email(text: str) -> str:
    return validate_email(text, check_deliverability=False, test_environment=True).normalized


_READ = {
    "number": read_number,
    "money": read_number,
    "date": lambda t: date.fromisoformat(t).isoformat(),
    "email": _email,
}
_HOW = {
    "number": "Write “{label}” as a number, for example 12.5.",
    "money": "Write “{label}” as an amount, for example 1840.00.",
    "date": "Write “{label}” as a date, for example 2026-11-22.",
    "email": "Write “{label}” as a mail address, for example ada@company.example.",
}


def read_inputs(form: MultiDict[str, str], inputs: list[Input]) -> list[Input]:
    """The start form with what the edit form says of its fields. One that it did not show stays as it is."""
    return marked(inputs, shown=form.get("fields", "").split(","), outside=form.getlist("outside"))


@dataclass
class Draft:
    """What the edit form carried: the new version's content, or what to correct by field."""

    name: str
    purpose: str
    note: str
    content: dict[str, Any]
    errors: dict[str, list[str]]


def read_draft(form: MultiDict[str, str], *, tools: set[str], collections: set[str], keys: dict[str, int]) -> Draft:
    """Check the edit form. `keys` are this workspace's usable model keys by public id."""
    errors: dict[str, list[str]] = {}
    name, purpose = form.get("name", "").strip(), form.get("purpose", "").strip()
    instructions = form.get("instructions", "").replace("\r\n", "\n").strip()
    for control, text, longest in (
        ("name", name, 100),
        ("purpose", purpose, 400),
        ("instructions", instructions, 20_000),
    ):
        if not text or len(text) > longest:
            errors[control] = [f"Write the {control} in 1 to {longest:,} characters."]
    steps = form.get("max_steps", "20").strip()
    if not re.fullmatch(r"[0-9]{1,2}", steps) or not 1 <= int(steps) <= 50:
        errors["max_steps"] = ["Choose between 1 and 50 steps."]
    key, model = form.get("key", ""), form.get("model", "").strip()
    if key and key not in keys:
        errors["key"] = ["Choose one of the keys of this workspace."]
    if key and not re.fullmatch(r"[\w.:/@+-]{1,120}", model):
        errors["model"] = ["Write the model's name as the provider calls it."]
    content = {
        "instructions": instructions,
        "model": model if key else "sandbox",
        "key_id": keys.get(key),
        "tools": [tool for tool in form.getlist("tools") if tool in tools],
        "collections": [item for item in form.getlist("collections") if item in collections],
    }
    settings = {"max_steps": steps, "areas": [area for area in AREAS if area in form.getlist("areas")]}
    return Draft(name, purpose, form.get("note", ""), content | {"settings": settings}, errors)
