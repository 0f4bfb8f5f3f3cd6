"""A notice to ten thousand people, its process killed again and again: everybody is written to, and nobody twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app import create_app
from app.accounts.models import User
from app.config import ROOT, load
from app.db import begin_mode, db, new_public_id
from app.legal import library, texts
from app.legal.models import Origin, PolicyVersion, Stage
from app.mail import MailMessage
from app.notices import services
from app.notices.models import NoticeRecipient, PolicyNotice
from app.workspaces.models import Membership, Role
from tests.conftest import ENVIRONMENT
from tests.factories import a_workspace
from tests.legal.conftest import CLAUSES

PEOPLE = 10_000
KILLS = 5
SEND = """
import sys
from app import create_app
from app.db import db
from app.notices import services
from tasks import notices
with create_app().app_context():
    while services.held(int(sys.argv[1])) is not None:
        db.session.rollback()
        notices.send(int(sys.argv[1]))
"""


@pytest.fixture
def alone(tmp_path: Path, settings) -> dict[str, str]:
    """A LeenOps of its own, without a mail server: what would be sent is kept."""
    return ENVIRONMENT | {"LEENOPS_DATA": str(tmp_path), "REDIS_URL": settings.redis_url}


@pytest.fixture
def town(alone: dict[str, str]) -> Iterator[Flask]:
    app = create_app(load(alone))
    mode = begin_mode.set("IMMEDIATE")
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()
    begin_mode.reset(mode)


def settle() -> None:
    """PEOPLE members of one workspace."""
    workspace = a_workspace()
    people = [{"email": f"p{n}@fennelrye.example", "name": f"Person {n}", "password_hash": "-"} for n in range(PEOPLE)]
    db.session.execute(insert(User), [one | {"public_id": new_public_id()} for one in people])
    rows = [
        {"workspace_id": workspace.id, "user_id": user, "role": Role.REVIEWER, "teams": []}
        for user in db.session.scalars(select(User.id))
    ]
    db.session.execute(insert(Membership), [row | {"public_id": new_public_id()} for row in rows])
    db.session.commit()


def announce() -> int:
    """House rules 1.1 after 1.0; the id of its notice."""
    today = library.today()
    for version, published, effective in (("1.0", -90, -90), ("1.1", 0, 30)):
        matter = {
            "slug": "rules",
            "title": "House rules",
            "version": version,
            "change_type": "major",
            "material": True,
            "published_on": today + timedelta(published),
            "effective_on": today + timedelta(effective),
            "notice_days": effective - published,
            "acceptance": "click",
            "summary": "Something changes.",
        }
        policy = texts.parse(texts.compose(matter, CLAUSES), name="rules")
        row = PolicyVersion(
            slug="rules", version=version, title=policy.title, stage=Stage.PUBLISHED, origin=Origin.STAFF,
            source=policy.text, text_sha256=policy.sha256, effective_on=policy.effective_on,
            published_on=policy.published_on, authors=[], published_at=library.now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.commit()
        library.forget()
    notice = services.announce(row)
    db.session.commit()
    assert notice is not None
    return notice.id


def written() -> int:
    db.session.rollback()
    count = db.session.scalar(select(func.count(MailMessage.id))) or 0
    db.session.rollback()
    return count


def test_a_notice_to_ten_thousand_survives_kills_and_reaches_each_once(town: Flask, alone: dict[str, str]) -> None:
    settle()
    notice = announce()
    begin_mode.set("DEFERRED")  # the test only looks from here on
    around = os.environ | alone | {"PYTHONPATH": str(ROOT)}
    kills, process = 0, None
    end = time.monotonic() + 240

    while time.monotonic() < end:
        process = subprocess.Popen([sys.executable, "-c", SEND, str(notice)], cwd=ROOT, env=around)
        goal = written() + PEOPLE // (KILLS + 1)
        while kills < KILLS and process.poll() is None and written() < goal:
            time.sleep(0.02)
        if kills == KILLS:
            assert process.wait(180) == 0
            break
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1

    assert kills == KILLS, "it was too quick to be killed"
    to = [address for found in db.session.scalars(select(MailMessage.recipients)) for address in found]
    assert len(to) == PEOPLE and len(set(to)) == PEOPLE
    assert db.session.scalar(select(func.count()).where(NoticeRecipient.mail_id.is_(None))) == 0
    assert db.session.get_one(PolicyNotice, notice).finished_at is not None
