"""What people asked for at the sign-in pages and is done apart from the answer."""

from flask import current_app

from app.accounts import registration


def mail_reset(email: str) -> None:
    """Mail a way to a new password, if the address has an account.

    Safe to run twice: nothing is committed here, so the new way, its mail and the end of the job are one.
    """
    registration.forgot(email, link_to=_link)


def _link(token: str) -> str:
    path = current_app.url_map.bind("").build("accounts.reset", {"token": token})
    return f"{current_app.config['SETTINGS'].base_url}{path}"
