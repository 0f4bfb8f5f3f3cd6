"""One process full of approvers: each of the given members approves the card at the same moment, in a thread."""

import json
import threading
import time
from pathlib import Path

from flask import Flask

from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.db import db
from app.errors import DomainError
from app.workspaces.models import Membership


def main(app: Flask, told: str, at: str, card: str, *members: str) -> None:
    """Approve at the unix time `at`; what each was told goes to the file `told` as JSON."""
    said: list[str] = []

    def approve(member_id: int) -> None:
        time.sleep(max(0.0, float(at) - time.time()))
        with app.app_context():
            said.append(_approve(int(card), member_id))

    threads = [threading.Thread(target=approve, args=(int(member),)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Path(told).with_suffix(".new").write_text(json.dumps(said))
    Path(told).with_suffix(".new").rename(told)


def _approve(card_id: int, member_id: int) -> str:
    try:
        card, member = db.session.get_one(Approval, card_id), db.session.get_one(Membership, member_id)
        decide(card, Decision.APPROVE, by=member, version=1, key=f"by-{member_id}")
        db.session.commit()
        return "won"
    except DomainError as error:
        db.session.rollback()
        return type(error).__name__
