"""What comes back from a model's provider: unpacked here, bounded, and named when there is too much of it."""

import gzip
import json
import resource
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic_ai.messages import ModelRequest, TextPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters

from app.runs import egress, providers
from app.runs.errors import ProviderFailed

ANSWER = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    }
).encode()
BLANKS = 200 * 1024 * 1024


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`provider(body, encoding)`: the address of a server that answers so."""
    said: dict[str, Any] = {}

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if said["encoding"]:
                self.send_header("Content-Encoding", said["encoding"])
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for at in range(0, len(said["body"]), 65_536):
                    piece = said["body"][at : at + 65_536]
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            except OSError:  # nobody reads on
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(egress, "pinned_address", lambda url: "127.0.0.1")

    def answer(body: bytes, encoding: str = "") -> str:
        said.update(body=body, encoding=encoding)
        return f"http://models.example:{server.server_address[1]}/v1"

    yield answer
    server.shutdown()
    server.server_close()


def ask(address: str) -> Any:
    model = providers._provider_model("openai", "m", address, "secret")
    messages: Any = [ModelRequest(parts=[UserPromptPart("Hello?")])]
    return providers.ask(model, messages, ModelRequestParameters(), timeout_seconds=30)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize(("pack", "encoding"), [(bytes, ""), (gzip.compress, "gzip"), (zlib.compress, "deflate")])
def test_an_answer_is_read_however_it_is_packed(app, provider, pack, encoding):
    [part] = ask(provider(pack(ANSWER), encoding)).response.parts

    assert isinstance(part, TextPart) and part.content == "Hello"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_answer_that_never_ends_is_garbage_and_takes_no_memory(app, provider, encoding):
    packed = gzip.compress(b" " * BLANKS) if encoding else b" " * (20 * 1024 * 1024)
    with pytest.raises(ProviderFailed):
        ask(provider(b"{}"))  # the SDK's own memory
    before = peak()

    with pytest.raises(ProviderFailed) as failed:
        ask(provider(packed, encoding))

    assert failed.value.name == "provider_garbage" and "8,388,608 bytes" in failed.value.detail
    assert peak() - before < 60 * 1024 * 1024
