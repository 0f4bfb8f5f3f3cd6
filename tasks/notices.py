"""Telling people of a changed policy."""

from app import jobs
from app.db import db
from app.notices import services

BATCHES = 20
"""How many transactions one job makes before it lets others have the queue."""


def send(notice_id: int) -> None:
    """Gather and mail, a batch per transaction; queues itself again while there is more to do.

    Safe to run twice and to be killed anywhere: a batch is all or nothing, and the notice is held meanwhile.
    """
    for _ in range(BATCHES):
        notice = services.held(notice_id)
        if notice is None:
            db.session.commit()
            return
        is_more = services.gather(notice) or services.send_batch(notice)
        db.session.commit()
        if not is_more:
            return
    jobs.enqueue(jobs.SEND_NOTICE, notice_id)
    db.session.commit()
