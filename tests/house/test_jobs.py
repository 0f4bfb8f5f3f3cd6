"""The table of jobs can be worked: each path leads to a function, each queue has a worker."""

import inspect

import pytest

from app.jobs import QUEUES, TABLE, Job


@pytest.mark.parametrize("job", TABLE.values(), ids=lambda job: job.name)
def test_a_job_leads_to_a_function_that_takes_ids(job: Job) -> None:
    function = job.resolve()

    assert inspect.isfunction(function)
    kinds = [str(p.annotation) for p in inspect.signature(function).parameters.values()]
    assert all("int" in kind or "str" in kind for kind in kinds), "a job's arguments are ids, never content"


def test_every_job_says_what_it_promises() -> None:
    assert [job.name for job in TABLE.values() if not inspect.getdoc(job.resolve())] == []


def test_every_queue_is_one_that_a_worker_serves() -> None:
    assert {job.queue for job in TABLE.values()} <= set(QUEUES)


def test_no_job_may_take_for_ever() -> None:
    assert all(0 < job.timeout_seconds <= 3600 and job.attempts >= 1 for job in TABLE.values())


def test_no_two_jobs_share_a_name_or_a_function() -> None:
    assert len({job.path for job in TABLE.values()}) == len(TABLE)
    assert all(name == job.name for name, job in TABLE.items())
