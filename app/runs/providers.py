"""Talking to models: the Sandbox model, OpenAI-compatible servers and Anthropic.

One attempt per call here: retries with back-off are the engine's, so that waiting holds no worker.
"""

import asyncio
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from pydantic_ai import exceptions as errors
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from app.db import db
from app.keys.models import ModelKey
from app.keys.services import mark_used, reveal
from app.runs.errors import AnswerTooLarge, ProviderFailed
from app.runs.models import Run

log = structlog.get_logger()
SANDBOX = "sandbox"
LABEL = "Sandbox model"


@dataclass(frozen=True)
class Turn:
    """One usable answer of a model."""

    response: ModelResponse
    cost_microdollars: int
    priced: bool
    """False when nobody knows this model's price."""


@lru_cache(maxsize=1)
def _sandbox() -> Model:
    from app.runs.sandbox import model  # a large package: only workers need it

    return model()


def model_for(run: Run) -> Model:
    """The model of this run's version. Raises ProviderFailed(model_unavailable)."""
    version = run.version
    if version.model == SANDBOX:
        return _sandbox()
    key = db.session.get(ModelKey, version.key_id) if version.key_id else None
    if key is None or key.workspace_id != run.workspace_id or key.disabled_at is not None:
        raise ProviderFailed("model_unavailable", version.model, passing=False)
    mark_used(key)
    wanted = (key.provider, version.model, key.base_url, reveal(key))
    db.session.commit()  # the first import of an SDK takes a second or more: no write lock may be held for it
    return _provider_model(*wanted)


def _provider_model(provider: str, name: str, base_url: str, secret: str) -> Model:
    """SDKs are imported here and not at start: the web process never needs them."""
    from app.runs.egress import guarded_client

    if provider == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        anthropic = AsyncAnthropic(
            api_key=secret, base_url=base_url or None, max_retries=0, http_client=guarded_client()
        )
        return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=anthropic))
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(api_key=secret, base_url=base_url or None, max_retries=0, http_client=guarded_client())
    return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client))


def ask(
    model: Model, messages: list[ModelMessage], parameters: ModelRequestParameters, *, timeout_seconds: float
) -> Turn:
    """One answer of `model`, checked. Raises ProviderFailed; never returns a malformed answer."""
    settings = ModelSettings(timeout=timeout_seconds)

    async def call() -> ModelResponse:
        request = model_request(model, messages, model_settings=settings, model_request_parameters=parameters)
        return await asyncio.wait_for(request, timeout_seconds)

    try:
        response = asyncio.run(call())
    except Exception as error:
        raise _named(error) from error
    _check(response)
    return Turn(response, *_price(response))


def _check(response: ModelResponse) -> None:
    """An answer is text, or calls whose arguments are JSON objects; anything else is garbage."""
    if not any(isinstance(p, ToolCallPart) or (isinstance(p, TextPart) and p.content.strip()) for p in response.parts):
        raise ProviderFailed("provider_garbage", "an answer without text or tool calls", passing=True)
    ids = [p.tool_call_id for p in response.parts if isinstance(p, ToolCallPart)]
    if len(set(ids)) < len(ids):
        raise ProviderFailed("provider_garbage", "two tool calls with the same id", passing=True)
    if response.finish_reason == "length" and any(isinstance(p, ToolCallPart) for p in response.parts):
        raise ProviderFailed("provider_garbage", "an answer cut off in a tool call", passing=True)


def _named(error: Exception) -> ProviderFailed:
    """Which failure this is, and whether trying again can help."""
    detail = f"{type(error).__name__}: {error}"[:500]
    status = getattr(error, "status_code", None)
    if large := _too_large(error):
        return ProviderFailed("provider_garbage", str(large), passing=True)
    if isinstance(error, TimeoutError | errors.ModelTimeoutError):
        return ProviderFailed("provider_timeout", detail, passing=True)
    if status == 429:
        return ProviderFailed(
            "provider_rate_limited", detail, passing=True, retry_after=getattr(error, "retry_after", None)
        )
    if isinstance(status, int) and status >= 500:
        return ProviderFailed("provider_error", detail, passing=True)
    if isinstance(status, int):
        return ProviderFailed("provider_refused", detail, passing=False)
    if isinstance(error, errors.ModelConnectionError) or "Connect" in type(error).__name__:
        return ProviderFailed("provider_unreachable", detail, passing=True)
    if isinstance(error, errors.UnexpectedModelBehavior | json.JSONDecodeError | ValueError | TypeError | KeyError):
        return ProviderFailed("provider_garbage", detail, passing=True)
    if isinstance(error, errors.ModelAPIError):
        return ProviderFailed("provider_unreachable", detail, passing=True)
    log.exception("provider.unexpected")
    return ProviderFailed("provider_garbage", detail, passing=True)


def _too_large(error: BaseException | None) -> AnswerTooLarge | None:
    """What ended the reading of an answer: the SDKs take it for a lost connection."""
    while error is not None and not isinstance(error, AnswerTooLarge):
        error = error.__cause__ or error.__context__
    return error


def _price(response: ModelResponse) -> tuple[int, bool]:
    """Micro-dollars by the embedded price table; an unknown model costs 0 and says so."""
    if response.model_name == LABEL or not response.provider_name:
        return 0, True
    try:
        price: Any = response.cost().total_price
    except (LookupError, AssertionError, ValueError):  # also of an answer that does not say what it used
        return 0, False
    return int(price * 1_000_000), True
