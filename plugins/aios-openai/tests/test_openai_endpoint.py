"""What failures of the endpoint are called, and what is done about them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time

import pytest
from openai_endpoint import Asking, Said, completion, document, refused
from openai_models import TEXT, WHOLE

from aios_sdk import DeadlineExceeded, Extraction, LimitExceeded, Malformed, Retryable, StepError, Unavailable, Unsupported


def test_an_endpoint_without_schemas_is_asked_for_json_with_the_schema_in_words(asking: Asking) -> None:
    asking.server.say(refused(400, "response_format json_schema is not supported"), completion(f"```json\n{json.dumps(WHOLE)}\n```"))
    component = asking.make()

    async def twice() -> list[Extraction]:
        return [await component.extract(document(TEXT), asking.context()) for _ in range(2)]

    first, second = asyncio.run(twice())
    assert first == second
    assert len(first.fields) == 12
    asked = [each.body for each in asking.server.asked]
    assert [each["response_format"]["type"] for each in asked] == ["json_schema", "json_object", "json_object"]
    assert '"additionalProperties": false' in asked[1]["messages"][0]["content"]
    assert asked[1]["messages"][1]["content"] == TEXT


def test_too_many_requests_are_tried_again_when_the_endpoint_says(asking: Asking) -> None:
    error = asking.error(refused(429, "slow down", **{"Retry-After": "7"}))
    assert isinstance(error, Retryable)
    assert error.after == 7.0
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    for header, after in ((at, 3600.0), ("Thu, 01 Jan 2026 00:00:00 GMT", 0.0), ("nan", 0.0), ("soon", 0.0), ("-3", 0.0)):
        error = asking.error(refused(503, "busy", **{"Retry-After": header}))
        assert isinstance(error, Retryable)
        assert error.after == after


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (refused(500, "out of\nmemory"), Retryable, "out of memory"),
        (Said(b"<html>bad gateway</html>", 502), Retryable, "502"),
        (refused(401, "no key"), Unavailable, "export AIOS_OPENAI_API_KEY"),
        (refused(403, "no"), Unavailable, "wants a key"),
        (refused(404, "no model small"), Unavailable, "no model small"),
        (refused(400, "temperature is not supported"), Unavailable, "temperature is not supported"),
        (refused(400, "maximum context length is 4096 tokens"), LimitExceeded, "max_characters"),
        (refused(413, "too large"), LimitExceeded, "too large"),
        (Said(b"", 307, {"Location": "http://elsewhere.invalid/v1/chat/completions"}), Unavailable, "leads elsewhere"),
        (Said(b"not json"), Malformed, "chat completions"),
        (Said({"choices": []}), Malformed, "chat completions"),
        (Said([]), Malformed, "chat completions"),
        (completion("The number is RE-7."), Malformed, "no JSON"),
        (completion('{"total": {"value": NaN, "quote": ""}}'), Malformed, "no JSON"),
        (completion("[" * 100_000), Malformed, "no JSON"),
        (completion(None, refusal="I cannot help with that."), Malformed, "I cannot help with that."),
        (completion("", ended="content_filter"), Malformed, "filter"),
        (completion('{"number": ', ended="length"), LimitExceeded, "max_tokens"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Said) else "",
)
def test_each_failure_says_what_to_do(asking: Asking, said: Said, kind: type[StepError], words: str) -> None:
    error = asking.error(said)
    assert type(error) is kind
    assert words in str(error)


def test_an_endpoint_that_is_not_there_may_come_back(asking: Asking) -> None:
    asking.server.close()
    with pytest.raises(Retryable, match="cannot be reached"):
        asking.about(document(TEXT))


def test_an_endpoint_that_hangs_is_left_at_the_deadline(asking: Asking) -> None:
    asking.server.hang()
    component = asking.make()
    with pytest.raises(DeadlineExceeded):
        asyncio.run(component.extract(document(TEXT), asking.context(time.monotonic() + 0.3)))


def test_a_text_that_is_too_long_or_empty_is_never_sent(asking: Asking) -> None:
    with pytest.raises(LimitExceeded, match=r"has 1,001 characters, and at most 1,000"):
        asking.about(document("x" * 1001), max_characters=1000)
    with pytest.raises(Unsupported):
        asking.about(document("  \n", ""))
    assert asking.server.asked == []


def test_an_error_without_words_is_told_by_its_number_alone(asking: Asking) -> None:
    assert asking.error(Said(b"", 503)).what == "The endpoint answered 503"
