"""The fields of a start form: whose words each of them holds."""

from collections.abc import Collection, Iterable
from typing import Any

Input = dict[str, Any]


def is_from_outside(spec: Input) -> bool:
    """Whether what is given in this field may be somebody else's words.

    Files always are. Long texts are, and short ones are not, unless the version says otherwise.
    """
    return spec["kind"] == "files" or bool(spec.get("outside", spec["kind"] == "long"))


def marked(inputs: Iterable[Input], *, shown: Collection[str], outside: Collection[str]) -> list[Input]:
    """The fields after somebody said of those `shown` which hold text from `outside`; the others are as before."""
    return [_marked(spec, spec["name"] in outside) if spec["name"] in shown else spec for spec in inputs]


def _marked(spec: Input, outside: bool) -> Input:
    return spec if is_from_outside(spec) is outside or spec["kind"] == "files" else spec | {"outside": outside}
