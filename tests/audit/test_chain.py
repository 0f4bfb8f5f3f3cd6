"""The chain: what is written stays as it is, or `flask audit verify` says where it was touched."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import delete, func, insert, select, update

from app.audit.models import AuditEntry, AuditHead
from app.audit.services import CHAINS, record, verify
from app.db import db
from app.workspaces.models import Workspace
from tests.factories import a_user, a_workspace


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def kept(app: Flask) -> Workspace:
    """A workspace whose log has five entries."""
    workspace = a_workspace(slug="fennel-rye")
    ada = a_user("Ada Lovelace")
    for n in range(1, 6):
        change = {"before": {"limit": n - 1}, "after": {"limit": n, "by": "€ & <b>"}}
        record("member:rule:changed", f"Limit is {n}", workspace_id=workspace.id, actor=ada, subject="rule:1", **change)
    db.session.commit()
    return workspace


def entry(workspace: Workspace, seq: int):
    return (AuditEntry.chain == workspace.id, AuditEntry.seq == seq)


def change(statement) -> None:
    db.session.execute(statement)
    db.session.commit()


def test_an_untouched_chain_is_whole(kept, cli):
    done = cli.invoke(args=["audit", "verify"])

    assert done.exit_code == 0
    assert "fennel-rye: 5 entries, whole" in done.output
    assert "LeenOps: 0 entries, whole" in done.output


def test_entries_carry_on_from_each_other(kept):
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.chain == kept.id).order_by(AuditEntry.seq)).all()

    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.prev_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


@pytest.mark.parametrize(
    "forged",
    [
        {"summary": "Limit is 3000"},
        {"actor": "Grace Hopper"},
        {"kind": "member:rule:read"},
        {"before": {"limit": 9}},
        {"after": {"limit": 9}},
        {"subject": "rule:2"},
        {"address": "192.0.2.1"},
        {"request_id": "another"},
        {"prev_hash": "f" * 64},
        {"hash": "f" * 64},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_changed_entry_is_found(kept, cli, forged):
    change(update(AuditEntry).where(*entry(kept, 3)).values(**forged))

    done = cli.invoke(args=["audit", "verify"])

    assert done.exit_code == 1
    assert "fennel-rye: 2 entries, entry 3 does not match its hash" in done.output


def test_a_moved_time_is_found(kept):
    row = db.session.scalars(select(AuditEntry).where(*entry(kept, 2))).one()
    change(update(AuditEntry).where(*entry(kept, 2)).values(at=row.at + timedelta(microseconds=1)))

    assert verify(kept.id) == (1, "entry 2 does not match its hash")


def test_a_removed_entry_is_found(kept, cli):
    change(delete(AuditEntry).where(*entry(kept, 3)))

    done = cli.invoke(args=["audit", "verify", "--workspace", "fennel-rye"])

    assert done.exit_code == 1
    assert "entry 3 is missing" in done.output


def test_a_tail_cut_off_is_found(kept):
    change(delete(AuditEntry).where(AuditEntry.chain == kept.id, AuditEntry.seq > 3))

    assert verify(kept.id) == (3, "entries after 3 are missing")


def test_a_chain_emptied_is_found(kept):
    change(delete(AuditEntry).where(AuditEntry.chain == kept.id))

    assert verify(kept.id) == (0, "entries after 0 are missing")


def test_a_chain_without_its_end_on_record_is_found(kept, cli):
    change(delete(AuditHead).where(AuditHead.chain == kept.id))

    assert cli.invoke(args=["audit", "verify"]).exit_code == 1


def test_a_last_entry_forged_with_its_hash_is_found(kept):
    """Whoever recomputes the hash of the last entry would need the end on record as well."""
    row = db.session.scalars(select(AuditEntry).where(*entry(kept, 5))).one()
    row.summary = "Limit is 5000"
    change(update(AuditEntry).where(*entry(kept, 5)).values(hash=CHAINS.digest(vars(row))))

    assert verify(kept.id) == (4, "entry 5 is not the one the chain ended with")


def test_an_entry_put_behind_the_end_is_found(kept):
    row = db.session.scalars(select(AuditEntry).where(*entry(kept, 5))).one()
    fields = {c.name: getattr(row, c.name) for c in AuditEntry.__table__.columns if c.name not in ("id", "public_id")}
    fields |= {"seq": 6, "prev_hash": row.hash, "public_id": "forged"}
    fields["hash"] = CHAINS.digest(fields)
    change(insert(AuditEntry).values(**fields))

    assert verify(kept.id)[1] == "entries after 5 were put behind the end of the chain"


def test_one_broken_chain_does_not_hide_the_others(kept, cli):
    other = a_workspace(slug="northwind")
    record("member:rule:changed", "Limit is 1", workspace_id=other.id)
    db.session.commit()
    change(delete(AuditEntry).where(*entry(kept, 1)))

    done = cli.invoke(args=["audit", "verify"])

    assert done.exit_code == 1
    assert "northwind: 1 entry, whole" in done.output
    assert cli.invoke(args=["audit", "verify", "--workspace", "northwind"]).exit_code == 0


def test_a_workspace_that_is_not_there_is_said(app, cli):
    done = cli.invoke(args=["audit", "verify", "--workspace", "nobody"])

    assert done.exit_code == 1
    assert "There is no workspace nobody." in done.output


def test_a_chain_longer_than_a_page_is_walked_to_its_end(kept):
    assert verify(kept.id, page=2) == (5, None)
    change(update(AuditEntry).where(*entry(kept, 5)).values(summary="Limit is 50"))

    assert verify(kept.id, page=2) == (4, "entry 5 does not match its hash")


def test_what_is_rolled_back_was_never_written(kept):
    record("member:rule:changed", "Limit is 6", workspace_id=kept.id)
    db.session.rollback()
    record("member:rule:changed", "Limit is 7", workspace_id=kept.id)
    db.session.commit()

    assert verify(kept.id) == (6, None)


def test_many_writers_at_once_keep_one_chain(app, kept):
    chain, failed = kept.id, []
    db.session.rollback()  # lets go of the read
    start = threading.Barrier(8)

    def write(writer: int) -> None:
        with app.app_context():
            start.wait()
            try:
                for n in range(5):
                    record("agent:run:noted", f"Writer {writer}, line {n}", workspace_id=chain)
                    db.session.commit()
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert verify(chain) == (45, None)
    assert db.session.scalar(select(func.count(func.distinct(AuditEntry.prev_hash)))) == 45
