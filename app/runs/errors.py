"""How a run can fail, by name. The name is stored; the sentence is shown."""

from app.errors import Conflict, DomainError

SENTENCES = {
    "provider_timeout": "The model's provider did not answer in time.",
    "provider_rate_limited": "The model's provider is refusing requests because there were too many.",
    "provider_error": "The model's provider reported an error of its own.",
    "provider_garbage": "The model's provider sent an answer that cannot be read. Nothing was executed from it.",
    "provider_refused": "The model's provider refused the request. Check the key and the model's name.",
    "provider_unreachable": "The model's provider could not be reached.",
    "model_unavailable": "This agent's model key is missing or switched off.",
    "result_declined": "The result was not handed over.",
    "step_limit": "The agent used all the steps its version allows.",
    "token_limit": "The agent used all the tokens its version allows.",
    "internal_error": "LeenOps itself failed while working on this step. Nothing was executed from it.",
}


class ProviderFailed(Exception):
    """A model call that brought no usable answer. `name` is one of SENTENCES."""

    def __init__(self, name: str, detail: str, *, passing: bool, retry_after: float | None = None) -> None:
        self.name, self.detail, self.passing, self.retry_after = name, detail, passing, retry_after
        super().__init__(f"{name}: {detail}")


class AnswerTooLarge(Exception):
    """A provider sent more than an answer can be; reading stopped there."""


class RunBusy(Conflict):
    sentence = "This run is already working."


class NotStartable(DomainError):
    status = 409
    sentence = "This agent is not live. Make a version live first."
