"""Any provider, or an OpenAI-compatible server of one's own, through litellm; the only module that imports it.

litellm reads a table of prices from the network when it is imported, waits for 6,000 seconds, tries three times, and sends what it
takes for OpenAI's to OpenAI; each of that is switched off here (seen in litellm 1.106).
"""

import logging
import os
import queue
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from correlator.errors import ModelMisnamed, ModelRefused, ModelUnavailable, SettingsInvalid
from correlator.models import MOST_CHARACTERS, Answer, Reach
from prompts import Asked

_LOCAL = frozenset(("hosted_vllm", "llamafile", "lm_studio", "ollama", "ollama_chat", "text-completion-openai", "vllm"))
"""Providers that are somebody's own server, so that there is no address to assume."""
_PASSING = frozenset((408, 409, 425, 429))
"""Statuses of 4xx that say: later."""
_NOT_THIS = frozenset((400, 413, 422))
"""Statuses that say: not this prompt. Others of 4xx say that name, key or address are wrong, whatever is asked."""
_TRIES = 2
_PAUSE_S = 0.5


class LiteLLM:
    """A model by litellm's name for it, such as `anthropic/claude-…`, or `openai/NAME` with the address of a server."""

    def __init__(self, reach: Reach, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raises `SettingsInvalid` where litellm is missing, or the name needs an address."""
        self.name = reach.model
        self._reach = reach
        self._sleep = sleep
        self._litellm = _imported()
        provider, _, model = reach.model.partition("/")
        unknown = provider == "openai" and model not in self._litellm.open_ai_chat_completion_models
        if reach.url is None and (provider in _LOCAL or unknown or not model):
            raise SettingsInvalid(
                f"{reach.model!r} is no model of a provider that is known; set CLEW_MODEL_URL to the address of the server that "
                "has it, such as http://127.0.0.1:8080/v1, and name it as openai/NAME."
            )

    def reply(self, asked: Asked, *, most_tokens: int, seconds: float) -> Answer:
        """See `LanguageModel.reply`."""
        until = time.monotonic() + seconds
        for left in reversed(range(_TRIES)):
            try:
                return self._within(until, asked, most_tokens)
            except ModelMisnamed:
                raise
            except ModelUnavailable:
                if not left or time.monotonic() + _PAUSE_S >= until:
                    raise
                self._sleep(_PAUSE_S)
        raise AssertionError("unreachable")

    def _within(self, until: float, asked: Asked, most_tokens: int) -> Answer:
        """Ask in a thread of its own: a server may send a byte a second, and no time-out of its reads ends that."""
        done: queue.Queue[Answer | Exception] = queue.Queue(1)
        seconds = max(0.1, until - time.monotonic())

        def ask() -> None:
            try:
                done.put(self._asked(asked, most_tokens, seconds))
            except Exception as error:  # noqa: BLE001 - handed to who waits
                done.put(error)

        threading.Thread(target=ask, name="clew model", daemon=True).start()
        try:
            found = done.get(timeout=seconds)
        except queue.Empty:
            raise ModelUnavailable(f"{self.name} did not reply within {seconds:.0f} s.") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _asked(self, asked: Asked, most_tokens: int, seconds: float) -> Answer:
        messages = [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.user}]
        given: dict[str, Any] = {"api_base": self._reach.url} if self._reach.url else {}
        given |= {"api_key": self._reach.key} if self._reach.key else ({"api_key": "none"} if self._reach.url else {})
        try:
            found = self._litellm.completion(
                model=self._reach.model, messages=messages, response_format=asked.reply, max_tokens=most_tokens,
                temperature=0.2, timeout=seconds, max_retries=0, num_retries=0, drop_params=True, **given,
            )  # fmt: skip
        except Exception as error:
            # litellm has some thirty kinds of errors and no root of its own; each of them has a status, of HTTP or made up.
            status = getattr(error, "status_code", None)
            if isinstance(status, int) and 400 <= status < 500 and status not in _PASSING:
                if status in _NOT_THIS:
                    raise ModelRefused(f"{self.name} refuses to reply to this: {self._short(error)}.") from error
                raise ModelMisnamed(
                    f"{self.name} refuses: {self._short(error)}. Check name, key and address."
                ) from error
            raise ModelUnavailable(f"{self.name} cannot be reached: {self._short(error)}.") from error
        return self._answer(asked, found)

    def _answer(self, asked: Asked, found: Any) -> Answer:
        try:
            choice, used = found.choices[0], found.usage
            text = choice.message.content or ""
            told = (int(used.prompt_tokens), int(used.completion_tokens)) if used is not None else (0, 0)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise ModelUnavailable(f"{self.name} replied with something else than a message.") from error
        if len(text) > MOST_CHARACTERS:
            raise ModelUnavailable(f"{self.name} replied {len(text)} characters.")
        cost = None
        with suppress(Exception):  # the model has no price in the table
            cost = float(self._litellm.completion_cost(found))
        # Where a server does not say, or less than nothing: as a rule of thumb, four characters are a token.
        tokens_in = told[0] if told[0] > 0 else (len(asked.system) + len(asked.user)) // 4
        return Answer(text, tokens_in, told[1] if told[1] > 0 else len(text) // 4, cost)

    def _short(self, error: Exception) -> str:
        """Return what an error says, without the key that a server may say again, and without what is no Unicode."""
        said = " ".join(str(error).encode("utf-8", "replace").decode().split())
        said = said.replace(self._reach.key, "…") if self._reach.key else said
        return said[:200].rstrip(".") or type(error).__name__


def _imported() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        import litellm
    except ModuleNotFoundError as error:
        raise SettingsInvalid(
            f"{error.name} is not installed: pip install --no-deps -r requirements/llm.lock"
        ) from error
    # Of a provider's own types, loaded with the first call; it says nothing to who asks a model.
    warnings.filterwarnings("ignore", message=".*`ReadOnly` qualifier", category=UserWarning)
    litellm.disable_hf_tokenizer_download = True
    litellm.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm
