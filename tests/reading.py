"""HTML as a tree, with the standard library only: what the test client looks at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


@dataclass
class Node:
    """One element. `text` reads as a person would: what is hidden from the page's reader stays in."""

    tag: str
    attrs: dict[str, str]
    parent: "Node | None" = None
    children: list["Node | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    def get(self, name: str, default: str = "") -> str:
        return self.attrs.get(name, default)

    @property
    def id(self) -> str:
        return self.get("id")

    @property
    def text(self) -> str:
        """All text below, with runs of white space made one space."""
        return re.sub(r"\s+", " ", "".join(self._pieces())).strip()

    def _pieces(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style", "template"):
                yield from child._pieces()
                yield " " if child.tag not in ("a", "b", "em", "i", "span", "strong") else ""

    def walk(self) -> list["Node"]:
        """Every element below, in the order of the page."""
        return self._below

    @cached_property
    def _below(self) -> list["Node"]:
        found: list[Node] = []
        waiting = [child for child in reversed(self.children) if isinstance(child, Node)]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting.extend(child for child in reversed(node.children) if isinstance(child, Node))
        return found

    def all(self, tag: str = "", **attrs: str) -> list["Node"]:
        """Elements below with this tag and these attributes; `class_` means: has this class; `_` stands for `-`."""
        return [node for node in self._below if (not tag or node.tag == tag) and node.matches(**attrs)]

    def find(self, tag: str = "", **attrs: str) -> "Node":
        """The first such element. Fails the test when there is none."""
        found = self.all(tag, **attrs)
        assert found, f"no <{tag or '*'}> with {attrs} in: {self.text[:400]}"
        return found[0]

    def matches(self, **attrs: str) -> bool:
        for key, wanted in attrs.items():
            name = key.rstrip("_").replace("_", "-")
            has = wanted in self.get("class").split() if name == "class" else self.attrs.get(name) == wanted
            if not has:
                return False
        return True

    def above(self) -> Iterator["Node"]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("#root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for node in (self.at, *self.at.above()):
            if node.tag == tag and node.parent is not None:
                self.at = node.parent
                return

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read(html: str) -> Node:
    """The tree of a page or fragment."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root
