"""`flask users`: what an operator does with accounts."""

import click
from flask.cli import AppGroup

from app.accounts import queries, services
from app.db import db
from app.errors import DomainError

users = AppGroup("users", help="Create accounts, sign people out.")


@users.command("create")
@click.argument("email")
@click.argument("name")
@click.password_option(help="Asked for when it is not given; a shell keeps what is typed on its line.")
def create(email: str, name: str, password: str) -> None:
    """Create an account with a confirmed address."""
    try:
        user = services.create_user(email, name, services.checked_password(password, about=(email, name)))
    except DomainError as error:
        raise click.ClickException(error.sentence) from error
    db.session.commit()
    click.echo(f"{user.name} can sign in with {user.email}.")


@users.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """End every sign-in of a person."""
    user = queries.find_user(email)
    if user is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    ended = services.sign_out_everywhere(user)
    db.session.commit()
    click.echo(f"{user.name} is signed out on {ended} {'device' if ended == 1 else 'devices'}.")
