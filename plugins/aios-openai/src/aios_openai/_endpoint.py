"""The protocol: one question to an endpoint that speaks chat completions, and its answer or the error that says what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aios_sdk import DeadlineExceeded, LimitExceeded, Malformed, Retryable, StepError, Unavailable

if TYPE_CHECKING:
    import httpx

#: Seconds without a byte after which a call without a deadline is given up, and seconds to wait for a connection.
_SILENCE: Final = 600.0
_CONNECTING: Final = 15.0
_LONGEST_WAIT: Final = 3600.0
_LONGEST_REASON: Final = 200
#: How endpoints say that a text is too long for the model.
_TOO_LONG: Final = re.compile(r"context_length|context (?:length|window|size)|too many tokens|maximum.{0,20}tokens", re.IGNORECASE)
_SCALAR: Final = re.compile(r'"value"\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,}\]{\[]+)')

KEY: Final = "AIOS_OPENAI_API_KEY"


class Answer(NamedTuple):
    """What an endpoint answered: the object, and how sure the model was of the n-th value in it (0..1), where it says so."""

    content: Any
    confidences: tuple[float, ...] = ()


class Endpoint:
    """An endpoint at ``url``; ``key`` goes to it in a header and nowhere else. Raises `Unavailable` for what is no key."""

    def __init__(self, url: str, key: str) -> None:
        import httpx

        self._url: Final = f"{url.rstrip('/')}/chat/completions"
        self._key: Final = key.strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise Unavailable(f"What {KEY} holds is no key", cause="A key is printable ASCII", fix=f"export {KEY}=...")
        # The certificates are read once; a client for each call costs little then, and none outlives the event loop it was made on.
        self._verify: Final = httpx.create_ssl_context()
        self._schema_refused = False

    async def ask(self, request: Mapping[str, Any], schema: Mapping[str, Any], remaining: float | None) -> Answer:
        """The answer to ``request``, in the shape of ``schema``.

        Raises `Retryable`, `Unavailable`, `LimitExceeded`, `DeadlineExceeded` and `Malformed`.
        """
        try:
            async with asyncio.timeout(remaining):
                return await self._ask(request, schema)
        except TimeoutError as error:
            raise DeadlineExceeded("The endpoint did not answer in time", fix="Raise the step's timeout, or lower max_tokens") from error

    async def _ask(self, request: Mapping[str, Any], schema: Mapping[str, Any]) -> Answer:
        structured = {"type": "json_schema", "json_schema": {"name": "document", "strict": True, "schema": schema}}
        if not self._schema_refused:
            response = await self._post({**request, "response_format": structured})
            if response.status_code not in (400, 422) or _TOO_LONG.search(response.text):
                return self._answer(response)
        response = await self._post({**request, "messages": _told(request["messages"], schema), "response_format": {"type": "json_object"}})
        answer = self._answer(response)
        self._schema_refused = True
        return answer

    async def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = httpx.Timeout(_SILENCE, connect=_CONNECTING)
        try:
            async with httpx.AsyncClient(verify=self._verify, timeout=timeout, headers=headers) as client:
                return await client.post(self._url, json=body)
        except httpx.ConnectError as error:
            raise Retryable(
                f"The endpoint {self._url} cannot be reached", cause=self._said(str(error)), fix="Start it, or correct url"
            ) from error
        except (httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise DeadlineExceeded(
                f"The endpoint was silent for {_SILENCE:g} s", fix="Look at the endpoint, or lower max_tokens"
            ) from error
        except httpx.HTTPError as error:
            raise Retryable(f"The call was broken off: {type(error).__name__}", cause=self._said(str(error))) from error

    def _answer(self, response: httpx.Response) -> Answer:
        if response.status_code != 200:
            raise self._failure(response)
        try:
            body = response.json()
            choice = body["choices"][0]
            message = choice["message"]
            content, refusal, ended = message.get("content"), message.get("refusal"), choice.get("finish_reason")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise Malformed(
                "The endpoint did not answer as chat completions do",
                fix="Check that url is the base of an OpenAI-compatible API, such as http://localhost:8000/v1",
            ) from error
        if refusal or ended == "content_filter":
            why = self._said(refusal) if isinstance(refusal, str) else "a filter stopped the answer"
            raise Malformed(f"The model refused: {why}", fix="Look at the document, or name another model")
        if ended == "length":
            raise LimitExceeded("The answer was cut off at the limit of tokens", fix="Raise max_tokens, or split the document")
        try:
            found = json.loads(_bare(content), parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, TypeError, RecursionError) as error:
            raise Malformed("The model's answer is no JSON", fix="Name a model that supports structured output") from error
        return Answer(found, _confidences(content, choice.get("logprobs")))

    def _failure(self, response: httpx.Response) -> StepError:
        status = response.status_code
        reason = self._said(_reason(response))
        what = f"The endpoint answered {status}{': ' if reason else ''}{reason}"
        if status in (408, 409, 425, 429) or status >= 500:
            return Retryable(what, after=_after(response.headers.get("Retry-After", "")))
        if status in (401, 403) and self._key:
            return Unavailable(f"The endpoint answered {status}: it does not take the key", fix=f"Correct the key in {KEY}")
        if status in (401, 403):
            return Unavailable(f"The endpoint answered {status}: it wants a key", fix=f"export {KEY}=..., with a key for the model")
        if status == 413 or _TOO_LONG.search(response.text):
            return LimitExceeded(what, cause="The document is too long for the model", fix="Lower max_characters, or name another model")
        if status == 404:
            return Unavailable(what, fix="Check url (its path is mostly /v1) and model")
        if 300 <= status < 400:
            return Unavailable(
                f"The endpoint answered {status}, which leads elsewhere", fix="Give the url that it leads to, if you trust it"
            )
        return Unavailable(what, cause="It refuses the request", fix="Check model and the other settings against what it supports")

    def _said(self, text: str) -> str:
        """Somebody else's words, on one line, cut short, and without the key, which some endpoints repeat."""
        text = text.replace(self._key, "***") if self._key else text
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


def _told(messages: list[dict[str, str]], schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """The messages with the schema in the first, for endpoints that only promise some JSON."""
    first, *rest = messages
    asked = f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{json.dumps(schema, ensure_ascii=False)}"
    return [{**first, "content": f"{first['content']}\n\n{asked}"}, *rest]


def _reason(response: httpx.Response) -> str:
    try:
        error = response.json()["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, LookupError, TypeError, RecursionError):
        return response.text


def _after(header: str) -> float:
    """Seconds of a Retry-After header, which holds a number or a date (RFC 9110, 10.2.3); 0 where it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return 0.0
        seconds = (at.replace(tzinfo=at.tzinfo or dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0


def _bare(content: Any) -> str:
    """The JSON in an answer; small models put it between the fences of Markdown."""
    if not isinstance(content, str):
        raise TypeError
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", content, re.DOTALL)
    return fenced[1] if fenced else content


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _confidences(content: str, logprobs: Any) -> tuple[float, ...]:
    """The probability of each value, in the order in which they are written: the product of those of the tokens that overlap it."""
    try:
        tokens = [(str(token["token"]), float(token["logprob"])) for token in (logprobs or {}).get("content") or ()]
    except (AttributeError, LookupError, TypeError, ValueError):
        return ()
    if not tokens or "".join(text for text, _ in tokens) != content:
        return ()
    ends: list[int] = []
    for text, _ in tokens:
        ends.append((ends[-1] if ends else 0) + len(text))
    found, number = [], 0
    for match in _SCALAR.finditer(content):
        start, end = match.span(1)
        while ends[number] <= start:
            number += 1
        inside, total = number, 0.0
        while inside < len(tokens) and ends[inside] - len(tokens[inside][0]) < end:
            total += tokens[inside][1]
            inside += 1
        found.append(min(1.0, math.exp(min(total, 0.0))))
    return tuple(found)
