"""What a plan read, with a number for each source it cites."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.runs.sandbox.conversation import Outcome
from app.runs.sandbox.reading.sentences import best_match, split
from app.runs.sandbox.reading.tables import Table, from_text, of_lists
from app.runs.sandbox.reading.terms import stem, words


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


@dataclass
class Sheet:
    """An attached file as it was read."""

    name: str
    text: str
    tables: list[Table]
    truncated: bool = False

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
        tables = [
            of_lists(t.get("header") or [], t.get("rows") or [], name)
            for t in content.get("tables") or []
            if isinstance(t, dict)
        ]
        tables = [t for t in tables if t.rows]
        if not tables and (typed := from_text(text, name)) is not None:
            tables = [typed]
        return cls(str(content.get("name") or name), text, tables, bool(content.get("truncated")))

    @property
    def words(self) -> str:
        """Everything in it as text, tables included."""
        lines = ["; ".join(c for c in row if c) for t in self.tables for row in [t.header, *t.rows]]
        return self.text or "\n".join(lines)


@dataclass
class Notebook:
    """Sources in the order they are first cited, and what did not work."""

    passages: list[Passage] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def keep(self, outcomes: Iterable[Outcome]) -> list[Passage]:
        """Keep the passages of some searches, each once; returns the new ones."""
        known = {p.ref for p in self.passages}
        found: list[Passage] = []
        for item in (p for o in outcomes if o.done for p in o.get("passages") or []):
            passage = _passage(item)
            if passage.text and passage.ref not in known:
                known.add(passage.ref)
                found.append(passage)
        self.passages += found
        return found

    def cite(self, source: Passage | Sheet) -> str:
        """`[1]`: the number of this source, given when it is first cited."""
        if source.ref not in self.cited:
            self.cited.append(source.ref)
            self.titles[source.ref] = source.source
        return f"[{self.cited.index(source.ref) + 1}]"

    def cite_sentence(self, sentence: str) -> str:
        """The number of the passage a sentence came from; empty when it is none of ours."""
        plain = re.sub(r"\s+", " ", sentence)
        source = next((p for p in self.passages if plain in re.sub(r"\s+", " ", p.text)), None)
        return self.cite(source) if source else ""

    def problem(self, sentence: str) -> None:
        self.problems.append(sentence)

    @property
    def knowledge(self) -> str:
        """All passages as one text, a paragraph each."""
        return "\n\n".join(p.text for p in self.passages)

    def quote(self, about: str) -> tuple[str, str]:
        """(sentence, citation) of the sentence in the passages that is most about `about`."""
        terms = {stem(w) for w in words(about)}
        listed = [
            s
            for p in self.passages
            for s in split(p.text)
            if len(s.split()) > 3 and s.rstrip(')”"').endswith((".", "!", "?", ";"))
        ]
        sentence = best_match(listed, terms)
        return (sentence, self.cite_sentence(sentence)) if sentence else ("", "")

    def sources(self) -> str:
        """The list that ends an answer; empty when nothing was cited."""
        if not self.cited:
            return ""
        return "Sources\n" + "\n".join(f"[{n}] {self.titles[ref]}" for n, ref in enumerate(self.cited, 1))


def _passage(item: Any) -> Passage:
    item = item if isinstance(item, dict) else {"text": str(item)}
    text = str(item.get("text") or "")
    document = str(item.get("document") or "Document")
    return Passage(
        document,
        str(item.get("place") or ""),
        text,
        str(item.get("ref") or f"{document}:{item.get('place')}:{text[:40]}"),
    )
