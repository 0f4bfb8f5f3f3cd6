"""The end of a run: its result is handed over, once the gate lets it be."""

from pydantic_ai.messages import ModelRequest, UserPromptPart

from app.integrations.tools.registry import RESULT
from app.runs import prompt
from app.runs.held import Held
from app.runs.models import RunState
from app.runs.ports import Answer, Permit, Proposal

SUMMARY_CHARS = 160


def hand_over(held: Held, text: str) -> bool:
    """End the run with `text`, ask people first, or tell the model what they said. True: the model goes on."""
    proposal = _proposal(held, text)
    permit = held.gate.permit(proposal)
    match permit.answer:
        case Answer.GO if _consumed(held, proposal, permit):
            _finish(held, permit, text)
            return False
        case Answer.DENIED:
            return _refused(held, permit)
    held.wait(wake_at=permit.wake_at)
    return False


def _proposal(held: Held, text: str) -> Proposal:
    key = f"{held.run.public_id}:{held.run.step}:result"
    context, arguments = held.context(key), RESULT.arguments.model_validate({"output": text})
    return Proposal(held.run, key, "result", RESULT, arguments, context, RESULT.describe(arguments, context), "")


def _consumed(held: Held, proposal: Proposal, permit: Permit) -> bool:
    """Use the approval up, where one was needed, for what was approved."""
    if permit.approval_id is None:
        return True
    approved = proposal.with_arguments(RESULT.arguments.model_validate(permit.args))
    return held.gate.consume(permit.approval_id, approved)


def _finish(held: Held, permit: Permit, text: str) -> None:
    output = str(permit.args["output"]) if permit.args else text
    held.run.output, held.run.summary = output, _first_sentence(output)
    if permit.approval_id is not None:
        held.gate.settle(permit.approval_id, "done", "The result was handed over")
    held.finish(RunState.SUCCEEDED, "Finished")


def _refused(held: Held, permit: Permit) -> bool:
    """Tell the model, and let it write another result if one is wanted. A retry of the run begins from here too."""
    words = f"Your result was not handed over: {permit.words} Write it anew."
    request = ModelRequest(parts=[UserPromptPart(content=words)])
    held.checkpoint.history = held.checkpoint.history + prompt.dump([request])
    if permit.is_final:
        held.fail("result_declined", permit.words)
    return not permit.is_final


def _first_sentence(text: str) -> str:
    line = next((part.strip(" #*") for part in text.splitlines() if part.strip(" #*")), "")
    head, stop, _ = line.partition(". ")
    sentence = head + "." if stop else line
    return sentence if len(sentence) <= SUMMARY_CHARS else sentence[: SUMMARY_CHARS - 1].rstrip() + "…"
