"""The audit log of a workspace: read, filter, export. No edit, no delete."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from app.access import Permission, member, workspace
from app.audit import queries
from app.audit.queries import PAGE, Filter
from app.web import render

bp = Blueprint("audit", __name__, url_prefix="/w/<workspace>")
COLUMNS = ("number", "at", "who", "what", "kind", "subject", "before", "after", "hash")


@bp.get("/audit")
@member(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    wanted = _wanted()
    rows = queries.entries(workspace().id, wanted, before=request.args.get("before", type=int))
    older = {**request.args.to_dict(), "before": rows[-1].seq} if len(rows) == PAGE else None
    return render("audit/index.html", entries=rows, wanted=wanted, older=older)


@bp.get("/audit.csv")
@member(Permission.RECORDS_EXPORT)
def export() -> Response:
    rows = stream_with_context(_csv(workspace().id, _wanted()))
    name = f"audit-{workspace().slug}-{date.today().isoformat()}.csv"
    return Response(rows, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _csv(chain: int, wanted: Filter) -> Iterator[str]:
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(COLUMNS)
    for entry in queries.every(chain, wanted):
        states = (json.dumps(entry.before), json.dumps(entry.after))
        values = (entry.seq, entry.at.isoformat(), entry.actor, entry.summary, entry.kind, entry.subject, *states)
        write([_inert(str(value)) for value in (*values, entry.hash)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet must not run what an agent wrote."""
    return "'" + cell if cell[:1] in "=+-@\t\r" else cell


def _wanted() -> Filter:
    words = {name: request.args.get(name, "").strip()[:200] for name in ("who", "kind", "subject", "text")}
    return Filter(**words, since=_day("since"), until=_day("until"))


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
