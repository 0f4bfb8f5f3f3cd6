"""What a request carries as text. Two kinds of characters are no text and never typed: zero bytes and lone surrogates.

PostgreSQL takes neither, so one of them anywhere in a query would be a server error. They are left out here, once,
before any view, form or limit reads a field: as if they had not been typed.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from htmx_flask.requests import HtmxAwareRequest
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def text(given: str) -> str:
    """`given` without what no text has."""
    return _NO_TEXT.sub("", given)


def plain(given: str) -> str:
    """`given` without what no letter needs: control characters but line breaks, and space around it."""
    given = given.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in given if c == "\n" or c.isprintable()).strip()


class TypedFields(ImmutableMultiDict[str, Any]):
    """Parameters, form fields or files whose names, values and file names are text."""

    def __init__(self, mapping: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        given = MultiDict(mapping or ()).items(multi=True)
        super().__init__([(text(name or ""), _clean(value)) for name, value in given])


class TypedRequest(HtmxAwareRequest):
    """The request as every view of ours gets it."""

    parameter_storage_class = TypedFields
    query_string: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_string = self.query_string.decode("utf-8", "replace").encode()  # raw bytes stop Werkzeug


def _clean(value: Any) -> Any:
    if isinstance(value, FileStorage):
        value.filename = text(value.filename or "")
        return value
    return text(value)
