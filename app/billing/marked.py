"""A YAML file read name by name, so that whatever is wrong with it is said with its line."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from app.errors import DomainError


class BrokenPlan(DomainError):
    """A plan's file cannot be published as it is; says which file, which line and why."""

    status = 500


class Part:
    """A mapping in a file. What it asks for must be there; what nobody asked for is refused by `close`."""

    def __init__(self, file: str, node: yaml.Node | None, line: int = 1) -> None:
        self.file, self.line, self.asked = file, line, set[str]()
        if not isinstance(node, yaml.MappingNode):
            raise self.broken("lines of name: value are expected here.")
        self.nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            self._at(key)
            if key.value in self.nodes:
                raise self.broken(f"{key.value} is there twice.")
            self.nodes[key.value] = value
        self.line = line

    @classmethod
    def of(cls, file: str, text: str) -> "Part":
        """The whole file. Raises BrokenPlan when it is no YAML."""
        try:
            return cls(file, yaml.compose(text, yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BrokenPlan(f"{file}, line {line}: {error.problem}.") from error
        except yaml.YAMLError as error:
            raise BrokenPlan(f"{file}, line 1: this is no text: {error}") from error

    def broken(self, why: str) -> BrokenPlan:
        """To raise: file, the line last read, and why."""
        return BrokenPlan(f"{self.file}, line {self.line}: {why}")

    def text(self, name: str, longest: int = 500) -> str:
        found = self._value(name)
        if type(found) is not str or not found.strip() or len(found) > longest or not found.isprintable():
            raise self.broken(f"{name} must be words on one line, at most {longest} characters. Numbers need quotes.")
        return found.strip()

    def whole(self, name: str, least: int = 0) -> int:
        found = self._value(name)
        if type(found) is not int or not least <= found < 2**53:
            raise self.broken(f"{name} must be a whole number of at least {least}.")
        return found

    def flag(self, name: str) -> bool:
        found = self._value(name)
        if type(found) is not bool:
            raise self.broken(f"{name} must be true or false.")
        return found

    def day(self, name: str) -> date:
        found = self._value(name)
        if type(found) is not date:
            raise self.broken(f"{name} must be a day, like 2026-06-13.")
        return found

    def texts(self, name: str) -> list[str]:
        found = self._value(name)
        if not isinstance(found, list) or not all(isinstance(item, str) and item.strip() for item in found):
            raise self.broken(f"{name} must be a list of words.")
        return found

    def part(self, name: str) -> "Part":
        node = self._node(name)
        return Part(self.file, node, self.line)

    def has(self, name: str) -> bool:
        return name in self.nodes

    def close(self) -> None:
        """Raises BrokenPlan for a name that means nothing here."""
        for name in self._unknown():
            self._at(self.nodes[name])
            raise self.broken(f"nothing is known about {name}.")

    def _unknown(self) -> Iterator[str]:
        return (name for name in self.nodes if name not in self.asked)

    def _node(self, name: str) -> yaml.Node:
        if name not in self.nodes:
            raise self.broken(f"{name} is missing.")
        self.asked.add(name)
        self._at(self.nodes[name])
        return self.nodes[name]

    def _value(self, name: str) -> Any:
        node = self._node(name)
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise self.broken(f"{name} cannot be read: {error}") from error

    def _at(self, node: yaml.Node) -> None:
        self.line = node.start_mark.line + 1
