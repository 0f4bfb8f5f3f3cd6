"""The HTTP client of the model SDKs, behind the same guard as every address a customer gives."""

import httpx2

from app.egress import pinned_address


class PinnedTransport(httpx2.AsyncHTTPTransport):
    """Connects to an address the guard has checked, keeping the host's name for Host and TLS."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        address = pinned_address(str(request.url))
        request.headers.setdefault("Host", request.url.netloc.decode())
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await super().handle_async_request(request)


def guarded_client() -> httpx2.AsyncClient:
    """A client for one call: no redirects, no proxies from the environment, pinned addresses."""
    return httpx2.AsyncClient(transport=PinnedTransport(retries=0), follow_redirects=False, trust_env=False)
