"""The high-impact gate: where much depends on it for people, nothing becomes final on an AI's word alone.

Clause 4 of the terms. A version of an agent, or a tool, is tagged with the areas that its work touches. Then a named
person approves each result and each action that is not easily put right, with a reason and a source of their own.
"""

from collections.abc import Collection, Mapping

from app.dataflow.labels import Flow, Sink

AREAS: Mapping[str, str] = {
    "legal": "legal matters",
    "financial": "financial decisions",
    "medical": "medical matters",
    "security": "security",
    "hiring": "hiring",
    "insurance": "insurance",
    "other": "something else with a high impact on people",
}


def is_final(flow: Flow | None, *, is_result: bool, can_be_put_right: bool) -> bool:
    """Whether this action cannot simply be taken back: the result itself, what leaves, what moves money or destroys."""
    if is_result or flow is None:
        return True
    leaves = flow.sink in (Sink.RECIPIENTS, Sink.OUTSIDE)
    return leaves or (flow.sink is Sink.INSIDE and not can_be_put_right)


def why(areas: Collection[str]) -> str:
    """ "this agent works on legal matters and hiring, so a named person answers for it" """
    words = [phrase for area, phrase in AREAS.items() if area in areas]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"this agent works on {listed}, so a named person answers for it"
