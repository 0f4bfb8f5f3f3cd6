"""What a plan reads: passages of the workspace's documents, and attached files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.runs.sandbox.reading.tables import Table, from_text, of_lists


@dataclass(frozen=True)
class Passage:
    """A piece of the workspace's own documents."""

    document: str
    place: str
    text: str
    ref: str

    @property
    def source(self) -> str:
        return f"{self.document}, {self.place}" if self.place else self.document

    @classmethod
    def of(cls, item: Any) -> "Passage":
        """From the search's answer."""
        item = item if isinstance(item, dict) else {"text": str(item)}
        text, place = str(item.get("text") or ""), str(item.get("place") or "")
        document = str(item.get("document") or "Document")
        return cls(document, place, text, str(item.get("ref") or f"{document}:{item.get('place')}:{text[:40]}"))


@dataclass
class Sheet:
    """An attached file as it was read."""

    name: str
    text: str
    tables: list[Table]

    @property
    def source(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        return "file:" + self.name

    @classmethod
    def of(cls, name: str, content: Any) -> "Sheet":
        """From the reader's answer; a text that is a table counts as one."""
        content = content if isinstance(content, dict) else {"text": str(content or "")}
        text = str(content.get("text") or "")
        read = [t for t in content.get("tables") or [] if isinstance(t, dict)]
        tables = [of_lists(t.get("header") or [], t.get("rows") or [], name) for t in read]
        tables = [t for t in tables if t.rows]
        if not tables and (typed := from_text(text, name)) is not None:
            tables = [typed]
        return cls(str(content.get("name") or name), text, tables)

    @property
    def rows(self) -> list[list[str]]:
        """The rows of its tables, headings included."""
        return [row for t in self.tables for row in (t.header, *t.rows)]

    @property
    def words(self) -> str:
        """Everything in it as text, tables included."""
        return self.text or "\n".join("; ".join(c for c in row if c) for row in self.rows)


def tables_of(sheets: Sequence[Sheet], pasted: str) -> list[Table]:
    """The tables in the files and in what was pasted."""
    typed = [t for part in re.split(r"\n[ \t]*\n", pasted) if (t := from_text(part)) is not None]
    whole = from_text(pasted)
    if whole is not None and len(whole.rows) >= sum(len(t.rows) for t in typed):
        typed = [whole]
    return [*(t for s in sheets for t in s.tables), *typed]
