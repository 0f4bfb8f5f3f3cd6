"""The demo is put back while the site it belongs to is running."""

from tests.real import Site


def test_the_demo_is_put_back_beside_busy_workers():
    site = Site()
    try:
        site.start()
        for _ in range(2):
            assert site.flask("demo", "reset") == "The demo workspaces are as new."
        assert site.is_healthy() and "Traceback" not in site.said()
    finally:
        site.remove()
