"""HTML as a tree, with the standard library only: what the test client looks at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

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


_TAG = re.compile(
    r"<!--.*?-->|<!doctype[^>]*>|<(/?)([a-z][\w-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_RAW = frozenset(["script", "style"])
"""What is between their tags is no HTML."""


def read(html: str) -> Node:
    """The tree of a page or fragment, as it is written: nothing is put right. Faster than html.parser."""
    root = at = Node("#root", {})
    done = 0
    for found in _TAG.finditer(html):
        ends, tag, attrs = found.groups()
        if at.tag in _RAW and not (ends and tag.lower() == at.tag):
            continue
        start, end = found.span()
        if start > done:
            at.children.append(_words(html[done:start], at))
        done = end
        if tag is None:
            continue
        if ends:
            at = _closed(at, tag.lower())
            continue
        node = Node(tag.lower(), _attributes(tag, attrs) if attrs else {}, at)
        at.children.append(node)
        if node.tag not in VOID and not attrs.endswith("/"):
            at = node
    if done < len(html):
        at.children.append(_words(html[done:], at))
    return root


def _words(written: str, at: Node) -> str:
    return unescape(written) if "&" in written and at.tag not in _RAW else written


def _attributes(tag: str, written: str) -> dict[str, str]:
    attrs: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        name = name.lower()
        assert name not in attrs, f"<{tag}> has an attribute twice: {name}"
        value = double or single or bare
        attrs[name] = unescape(value) if "&" in value else value
    return attrs


def _closed(at: Node, tag: str) -> Node:
    """Where reading goes on after this closing tag: above the nearest such element, if there is one."""
    for node in (at, *at.above()):
        if node.tag == tag and node.parent is not None:
            return node.parent
    return at
