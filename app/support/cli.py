"""Operator commands for support staff."""

import click
import pyotp
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts.models import StaffMember
from app.accounts.passwords import weakness
from app.db import db
from app.errors import DomainError
from app.support.services import ROLES, create_staff, totp_of

staff = AppGroup("staff", help="Support staff.")


@staff.command("create")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
@click.password_option()
def create(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Add a staff member; prints the second factor to set up, once."""
    if problem := weakness(password, about=(name, email)):
        raise click.ClickException(problem)
    secret = pyotp.random_base32()
    try:
        create_staff(email, name, password, list(roles), secret)
    except DomainError as error:
        raise click.ClickException(error.sentence) from error
    db.session.commit()
    click.echo(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="LeenOps staff"))


def staff_code(email: str) -> str:
    """The current code of a staff member (development only, see app/cli.py)."""
    member = db.session.scalar(select(StaffMember).where(StaffMember.email == email.strip().lower()))
    if member is None:
        raise click.ClickException(f"There is no staff member {email}.")
    return totp_of(member).now()
