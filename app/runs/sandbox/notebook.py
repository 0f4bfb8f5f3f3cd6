"""What a plan read, with a number for each source it cites."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.runs.sandbox.case import Outcome
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.sentences import best_match, whole_sentences
from app.runs.sandbox.reading.terms import stems
from app.runs.sandbox.sources import Passage, Sheet
from app.runs.sandbox.wording import line


@dataclass
class Notebook:
    """Sources in the order they are first cited, and what did not work."""

    passages: list[Passage] = field(default_factory=list)
    cited: dict[str, str] = field(default_factory=dict)
    """ref -> title"""
    problems: list[str] = field(default_factory=list)

    def keep(self, outcomes: Iterable[Outcome]) -> list[Passage]:
        """Keep the passages of some searches, each once; returns the new ones."""
        known = {p.ref for p in self.passages}
        found: list[Passage] = []
        for passage in (Passage.of(p) for o in outcomes if o.done for p in o.get("passages") or []):
            if passage.text and passage.ref not in known:
                known.add(passage.ref)
                found.append(passage)
        self.passages += found
        return found

    def problem(self, sentence: str) -> None:
        """Note what did not work."""
        self.problems.append(sentence)

    @property
    def knowledge(self) -> str:
        """All passages as one text, a paragraph each."""
        return "\n\n".join(p.text for p in self.passages)

    def cite(self, source: Passage | Sheet) -> str:
        """`[1]`: the number of this source, given when it is first cited."""
        self.cited.setdefault(source.ref, source.source)
        return f"[{list(self.cited).index(source.ref) + 1}]"

    def cite_tables(self, sheets: Iterable[Sheet]) -> str:
        """A paragraph that names the files whose tables were read; empty when there are none."""
        marks = " ".join(self.cite(s) for s in sheets if s.tables)
        return f"\n\nFrom {marks}" if marks else ""

    def cite_sentence(self, sentence: str) -> str:
        """The number of the passage a sentence came from; empty when it is none of ours."""
        plain = _single_spaced(sentence)
        source = next((p for p in self.passages if plain in _single_spaced(p.text)), None)
        return self.cite(source) if source else ""

    def quoted(self, sentence: str, limit: int = 0) -> str:
        """A sentence in quotation marks with its number, cut at `limit`."""
        return f"“{line(sentence, limit) if limit else sentence}” {self.cite_sentence(sentence)}"

    def most_about(self, about: str) -> tuple[str, str]:
        """(sentence, citation) of the sentence in the passages that is most about `about`."""
        sentence = best_match([s for p in self.passages for s in whole_sentences(p.text)], stems(about))
        return (sentence, self.cite_sentence(sentence)) if sentence else ("", "")

    def guidance(self, about: str, limit: int = 300) -> list[str]:
        """That sentence quoted; nothing when no passage is about it."""
        sentence, mark = self.most_about(about)
        return [f"“{line(sentence, limit)}” {mark}"] if sentence else []

    def sources(self) -> str:
        """The list that ends an answer; empty when nothing was cited."""
        listed = [f"[{n}] {title}" for n, title in enumerate(self.cited.values(), 1)]
        return "\n".join(["Sources", *listed]) if listed else ""


@remembered(512)
def _single_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)
