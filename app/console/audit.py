"""The audit log of a workspace: read, filter, export. No edit, no delete."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from app.access import Permission, me, member, workspace
from app.audit import queries
from app.audit.models import AuditEntry
from app.audit.queries import PAGE, Filter
from app.audit.services import record
from app.db import begin_mode, begin_writing, db, now
from app.formats import zone
from app.spreadsheets import safe
from app.web import page_key, render, search_words

bp = Blueprint("audit", __name__, url_prefix="/w/<workspace>")
COLUMNS = ("number", "at", "who", "what", "kind", "subject", "before", "after", "address", "previous hash", "hash")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


@bp.get("/audit")
@member(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    wanted = _wanted()
    rows = queries.entries(workspace().id, wanted, before=page_key(), limit=PAGE + 1)
    asked = {name: words for name, words in request.args.items() if name != "before" and words}
    older = {**asked, "before": rows[PAGE - 1].seq} if len(rows) > PAGE else None
    return render("audit/index.html", entries=rows[:PAGE], wanted=wanted, asked=asked, older=older)


@bp.get("/audit.csv")
@member(Permission.AUDIT_READ, informed=False)
def export() -> Response:
    """What the filter shows, all of it. That somebody took it away is an entry of its own."""
    wanted, name = _wanted(), f"audit-{workspace().slug}-{now().date().isoformat()}.csv"
    begin_writing()
    record("member:audit:exported", "Exported the audit log", workspace_id=workspace().id, actor=me())
    db.session.commit()
    lines = _csv(current_app._get_current_object(), workspace().id, wanted)  # type: ignore[attr-defined]
    return Response(lines, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _csv(app: Flask, chain: int, wanted: Filter) -> Iterator[str]:
    yield _lines([COLUMNS])
    batches = queries.batches(chain, wanted)
    while (batch := _next(app, batches)) is not None:
        yield _lines([_cells(entry) for entry in batch])


def _next(app: Flask, batches: Iterator[Sequence[AuditEntry]]) -> Sequence[AuditEntry] | None:
    """One batch in a context of its own: a download that is given up leaves none behind."""
    mode = begin_mode.set("DEFERRED")
    try:
        with app.app_context():
            return next(batches, None)
    finally:
        begin_mode.reset(mode)


def _lines(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    told = (str(entry.seq), entry.at.isoformat(), entry.actor, entry.summary, entry.kind, entry.subject)
    states = (json.dumps(entry.before, ensure_ascii=False), json.dumps(entry.after, ensure_ascii=False))
    return (*told, *states, entry.address, entry.prev_hash, entry.hash)


def _wanted() -> Filter:
    words = {name: search_words(name) for name in ("who", "kind", "subject", "text")}
    return Filter(**words, since=_day("since"), until=_day("until"), zone=zone())


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return min(max(day, FIRST_DAY), LAST_DAY)
