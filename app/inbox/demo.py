"""Messages for the demo, so that the inbox can be tried. Development only."""

from app.inbox import services
from app.inbox.models import Category, Topic

CONTACTS = (
    (
        "Sanne Vos",
        "sanne@harbourfoods.example",
        Topic.SALES,
        "We are 40 people with two shops.\nDoes one plan cover both?",
    ),
    ("Jon Reyes", "jon@fennelrye.example", Topic.SUPPORT, "Our refund agent waits since noon and nobody got a card."),
    (
        "Leila Amari",
        "leila@citizen.example",
        Topic.PRIVACY,
        "What do you hold about me? A supplier of mine uses LeenOps.",
    ),
)
REPORT = (
    "An agent answers as if it were our bank and asks customers for their codes.\nFirst seen on Monday, 14 mails since."
)


def seed_inbox() -> None:
    """Three messages and a report, all open. Flushes; mails are kept like any other."""
    for name, email, topic, message in CONTACTS:
        services.contact(name=name, email=email, topic=topic, message=message)
    services.report_abuse(
        category=Category.PHISHING, email="", url="https://hartwell-bank.example/verify", message=REPORT
    )
