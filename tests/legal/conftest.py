"""A shelf of its own for tests of the policies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.db import db
from app.legal import importing, library
from app.legal.models import PolicyVersion
from app.notices.models import NoticeRecipient, PolicyNotice

CLAUSES = """
## Before you start {#preamble}

1. These rules are for everyone. {#preamble-scope}

## What you may do {#may}

1. Automate **your own** work. {#may-own}
2. Ask, for example at [our address](mailto:hello@leenops.com):
    - once,
    - twice. {#may-ask}

## What you may not do {#may-not}

1. Break things. {#may-not-break}
"""


class Shelf:
    """A folder of policies in the place of content/legal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str = "1.0", body: str = CLAUSES, **changes: object) -> Path:
        matter: dict[str, object] = {
            "slug": "rules",
            "title": "House rules",
            "version": f'"{name}"',
            "change_type": "major",
            "material": "true",
            "published_on": "2026-06-13",
            "effective_on": "2026-06-13",
            "notice_days": 0,
            "acceptance": "click",
            "summary": f"Summary of {name}",
        } | changes
        path = self.folder / "rules" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        lines = [f"{name}: {value}" for name, value in matter.items() if value is not None]
        path.write_text("---\n" + "\n".join(lines) + "\n---\n" + body)
        return path

    def publish(self) -> int:
        """Import what was put there; how many versions were new."""
        count = len(importing.import_policies())
        db.session.commit()
        return count


@pytest.fixture
def shelf(app, tmp_path, monkeypatch) -> Iterator[Shelf]:
    """Nothing is published but what the test puts there."""
    with monkeypatch.context() as patched:
        patched.setattr(importing, "CONTENT", tmp_path)
        _clear()
        yield Shelf(tmp_path)
        db.session.rollback()
        _clear()
    importing.import_policies()
    db.session.commit()


def _clear() -> None:
    for model in (NoticeRecipient, PolicyNotice, PolicyVersion):
        db.session.execute(delete(model))
    db.session.commit()
    library.forget()
