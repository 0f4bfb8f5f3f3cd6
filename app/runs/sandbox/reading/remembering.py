"""Answers that are kept. The model runs a plan again from its start at each turn, so it asks the same of the same texts."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def remembered(size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep the last `size` answers of a pure function whose answers nobody changes. Its arguments are hashable."""

    def keep(function: Callable[P, T]) -> Callable[P, T]:
        return cast(Callable[P, T], lru_cache(maxsize=size)(function))

    return keep
