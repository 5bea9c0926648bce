"""An endpoint in this process that speaks the protocol over a real socket, and says what a test wants it to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from aios_openai import OpenAI
from openai_models import Invoice

from aios_sdk import Context, Document, Extraction, Field, PageInfo, PageText, Resources, StepError


class Said(NamedTuple):
    """What the endpoint answers to one request."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})


class Asked(NamedTuple):
    """What it was asked."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Server:
    """Answers every request with ``answer(asked)``, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Said] = lambda _: completion({})
        self.released = threading.Event()
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(content))
                keeper.asked.append(asked)
                said = keeper.answer(asked)
                data = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                try:
                    self.send_response(said.status)
                    for name, value in {"Content-Length": str(len(data)), **said.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data)
                except ConnectionError:
                    pass  # the caller went away, as one does at a deadline

            def log_message(self, *_: object) -> None:
                """Nothing: tests read what was asked."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def say(self, *answers: Said) -> None:
        """Give these answers, one after the other; the last again and again."""
        left = list(answers)
        self.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def hang(self) -> None:
        """Take requests, and answer none until the test ends."""

        def wait(_: Asked) -> Said:
            self.released.wait(30)
            return completion({})

        self.answer = wait

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def completion(content: Any, *, ended: str = "stop", refusal: str | None = None, logprobs: Any = None) -> Said:
    """An answer of chat completions whose message is ``content``, as JSON unless it is text."""
    text = content if isinstance(content, str) or content is None else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": ended, "logprobs": logprobs}
    return Said({"id": "chatcmpl-1", "object": "chat.completion", "model": "small", "choices": [choice]})


def refused(status: int, message: str, **headers: str) -> Said:
    """An error as such endpoints word it."""
    return Said({"error": {"message": message, "type": "invalid_request_error"}}, status, headers)


def document(*pages: str) -> Document:
    """A document of these pages."""
    return Document.of(
        pages=tuple(PageInfo(index=number) for number in range(len(pages))),
        text=tuple(PageText(page=number, content=text) for number, text in enumerate(pages)),
    )


class Asking:
    """The component, set to ask a server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.key = ""

    def make(self, **settings: Any) -> OpenAI:
        """One that is open, with other settings where they are given."""
        made = OpenAI(OpenAI.Config.model_validate({"url": self.server.url, "model": "small", "output": Invoice, **settings}))
        made.open(Resources(scratch=self.folder, secrets={"AIOS_OPENAI_API_KEY": self.key} if self.key else {}))
        return made

    def context(self, deadline: float | None = None) -> Context:
        """That of a call."""
        return Context(run="run", step="extract.aios.openai", scratch=self.folder, deadline=deadline)

    def about(self, given: Document, **settings: Any) -> Extraction:
        """What it finds out about a document."""
        return asyncio.run(self.make(**settings).extract(given, self.context()))

    def fields(self, text: str, answer: Any, **settings: Any) -> dict[str, Field]:
        """What it makes of an answer about a text of one page, by path."""
        self.server.say(completion(answer))
        return {field.path: field for field in self.about(document(text), **settings).fields}

    def error(self, *answers: Said) -> StepError:
        """How it fails with these answers."""
        self.server.say(*answers)
        with pytest.raises(StepError) as raised:
            self.about(document("RE-7"))
        return raised.value
