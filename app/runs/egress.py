"""The HTTP client of the model SDKs, behind the same guard as every address a customer gives.

Whoever answers may be anyone: an answer is unpacked here, piece by piece, and ends at MAX_BYTES.
"""

import zlib
from collections.abc import AsyncIterator

import httpx2

from app.egress import pinned_address
from app.runs.errors import AnswerTooLarge

MAX_BYTES = 8 * 1024 * 1024
"""Of one answer, unpacked. The longest that models give are a few hundred kilobytes."""
_PACKED = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class BoundedBody(httpx2.AsyncByteStream):
    """The body of an answer, unpacked. Raises AnswerTooLarge instead of giving more than MAX_BYTES."""

    def __init__(self, body: httpx2.AsyncByteStream, encoding: str) -> None:
        self._body = body
        self._unpack = zlib.decompressobj(_PACKED[encoding]).decompress if encoding in _PACKED else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_BYTES
        async for piece in self._body:
            plain = self._unpack(piece, left + 1) if self._unpack else piece
            left -= len(plain)
            if left < 0:
                raise AnswerTooLarge(f"an answer of more than {MAX_BYTES:,} bytes")
            yield plain

    async def aclose(self) -> None:
        await self._body.aclose()


class PinnedTransport(httpx2.AsyncHTTPTransport):
    """Connects to an address the guard has checked, keeping the host's name for Host and TLS."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        address = pinned_address(str(request.url))
        request.headers.setdefault("Host", request.url.netloc.decode())
        request.headers["Accept-Encoding"] = "gzip"
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return _bounded(await super().handle_async_request(request))


def _bounded(response: httpx2.Response) -> httpx2.Response:
    """The same answer with its body unpacked and bounded. What is packed in another way stays as it came."""
    encoding = response.headers.pop("Content-Encoding", "").strip().lower()
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = BoundedBody(response.stream, encoding)
    if encoding in _PACKED:
        response.headers.pop("Content-Length", None)
    return response


def guarded_client() -> httpx2.AsyncClient:
    """A client for one call: no redirects, no proxies from the environment, pinned addresses, bounded answers."""
    return httpx2.AsyncClient(transport=PinnedTransport(retries=0), follow_redirects=False, trust_env=False)
