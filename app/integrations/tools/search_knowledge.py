"""Searching the workspace's own documents."""

from typing import Any

from pydantic import Field

from app.dataflow.labels import PRIVATE, Flow, Sink
from app.integrations.tools.base import Action, EffectClass, Evidence, Risk, Tool, ToolContext
from app.integrations.tools.values import Arguments, Line
from app.knowledge import queries

QUOTE = 300


class Query(Arguments):
    query: Line = Field(description="What you want to know, in a few words or as a question.")
    limit: int = Field(default=5, ge=1, le=10, description="How many passages at most.")


def run(args: Query, ctx: ToolContext) -> dict[str, Any]:
    """The passages that fit best, each with where it stands."""
    shelves = queries.readable_by(ctx.workspace_id, ctx.collections, ctx.team)
    names = [shelf.public_id for shelf in shelves]
    hits = queries.search(ctx.workspace_id, args.query, collections=names, limit=args.limit)
    read = {hit.passage.collection_id for hit in hits} or {shelf.id for shelf in shelves}  # "none" says it of them all
    if all(shelf.is_public for shelf in shelves if shelf.id in read):
        ctx.lacks.add(PRIVATE)
    for hit in hits:
        quote = hit.passage.text[:QUOTE]
        ctx.cite(Evidence("passage", hit.document.name, hit.passage.place, quote, hit.passage.public_id))
    return {"passages": [_told(hit) for hit in hits]}


def _told(hit: queries.Hit) -> dict[str, Any]:
    passage = hit.passage
    return {"document": hit.document.name, "place": passage.place, "text": passage.text, "ref": passage.public_id}


def describe(args: Query, ctx: ToolContext) -> Action:
    return Action(title=f"Search knowledge for “{args.query}”", facts=(("Looks for", args.query),))


def phrase(args: Query, result: dict[str, Any]) -> str:
    count = len(result.get("passages", ()))
    found = "nothing found" if not count else "1 passage" if count == 1 else f"{count} passages"
    return f"Searched knowledge for “{args.query}”: {found}"


TOOL = Tool(
    name="search_knowledge",
    version=1,
    title="Search knowledge",
    summary="Search the company's own documents. Returns passages with document, place and ref to cite.",
    arguments=Query,
    risk=Risk.LOW,
    effect=EffectClass.READ,
    flow=Flow(Sink.NOWHERE, may_lack=frozenset({PRIVATE})),
    run=run,
    describe=describe,
    phrase=phrase,
)
