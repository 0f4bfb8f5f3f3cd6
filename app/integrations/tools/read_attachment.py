"""Reading a file that was given to the run."""

from typing import Any

from pydantic import Field

from app.dataflow.labels import READS
from app.integrations import extract, files, queries
from app.integrations.models import Attachment
from app.integrations.tools.base import Action, EffectClass, Evidence, Risk, Tool, ToolContext, ToolRefused
from app.integrations.tools.values import Arguments, Line

MAX_CHARS = 40_000
MAX_ROWS = 500
QUOTE = 300


class Which(Arguments):
    name: Line = Field(description="The file's name as listed in the request, or its id.")


def run(args: Which, ctx: ToolContext) -> dict[str, Any]:
    """The file's text and tables, as far as a model can take them in."""
    attachment = _find(args.name, ctx)
    path = files.path_of(attachment.sha256)
    try:
        tables = extract.tables(path, attachment.media_type)
        text, is_cut = ("", False) if tables else _text(attachment)
    except (extract.Unreadable, FileNotFoundError) as problem:
        raise ToolRefused(f"{attachment.name} cannot be read: {problem}") from problem
    told = [{"name": t.name, "header": t.columns, "rows": [cells for _, cells in t.rows[:MAX_ROWS]]} for t in tables]
    is_cut = is_cut or any(len(t.rows) > MAX_ROWS for t in tables)
    words = text or "; ".join(cell for table in told[:1] for row in table["rows"][:3] for cell in row if cell)
    place = f"{sum(len(t.rows) for t in tables)} rows" if tables else ""
    ctx.cite(Evidence("attachment", attachment.name, place, words[:QUOTE], attachment.public_id))
    return {"name": attachment.name, "text": text, "tables": told, "truncated": is_cut}


def _find(wanted: str, ctx: ToolContext) -> Attachment:
    given = queries.attachments_of_run(ctx.workspace_id, ctx.run_id)
    for test in (
        lambda a: a.public_id == wanted,
        lambda a: a.name == wanted,
        lambda a: a.name.lower() == wanted.lower(),
    ):
        if found := [a for a in given if test(a)]:
            return found[0]
    names = ", ".join(a.name for a in given) or "none"
    raise ToolRefused(f"There is no attached file “{wanted}”. Attached: {names}.")


def _text(attachment: Attachment) -> tuple[str, bool]:
    parts, left = list[str](), MAX_CHARS
    for place, text in extract.passages(files.path_of(attachment.sha256), attachment.media_type):
        shown = f"[{place}]\n{text}" if place.startswith("page ") else text
        parts.append(shown[:left])
        left -= len(shown)
        if left < 0:
            return "\n\n".join(parts), True
    return "\n\n".join(parts), False


def describe(args: Which, ctx: ToolContext) -> Action:
    return Action(title=f"Read {args.name}", facts=(("File", args.name),))


def phrase(args: Which, result: dict[str, Any]) -> str:
    rows = sum(len(table["rows"]) for table in result.get("tables", ()))
    size = f"{rows} rows" if rows else f"{len(result.get('text', '').split())} words"
    return f"Read {result.get('name', args.name)}: {size}{', the rest was cut' if result.get('truncated') else ''}"


TOOL = Tool(
    name="read_attachment",
    version=1,
    title="Read an attached file",
    summary="Read a file attached to this request: PDF, DOCX and text as text; CSV and XLSX as tables.",
    arguments=Which,
    risk=Risk.LOW,
    effect=EffectClass.READ,
    flow=READS,
    run=run,
    describe=describe,
    phrase=phrase,
)
