"""Templates for customer support."""

from types import MappingProxyType

from app.agents.templates.base import Template, email, files, long, money, text

REFUND_TRIAGE = Template(
    key="refund_triage",
    name="Refund triage",
    team="support",
    purpose="Reads a refund request, checks it against the refund rules, books the refund and answers the customer.",
    instructions=(
        "You handle refund requests for the support team.\n"
        "Find out who asks, for which order, how much and why. Look up the refund rules that apply and say which ones.\n"
        "When the rules allow it, book the refund for the amount the customer was charged, never more than was asked.\n"
        "When the rules do not allow it, or the amount is in another currency, open a task for a person instead.\n"
        "When something is missing, ask the customer for exactly that.\n"
        "Answer the customer in a friendly, short mail that says only what has been done."
    ),
    inputs=(
        email(
            "customer_email", "Customer's mail address", "Where the answer goes. Left blank, the one in the message."
        ),
        text("order_number", "Order or invoice number", "Left blank, the one in the message."),
        money("amount", "Amount asked for", "Left blank, the one in the message."),
        files("Receipts and photos", "PDF, text or image"),
        long("message", "What the customer wrote", "The whole message, as it came in.", required=True),
    ),
    tools=("search_knowledge", "read_attachment", "book_refund", "send_mail", "open_task"),
    risks=("Moves money", "Sends mail outside the company"),
    knowledge="Refund and return rules",
    sample_input=MappingProxyType(
        {
            "customer_email": "ines.moreau@lacorbeille.example",
            "message": (
                "Hello,\n\nOur order FR-20871 of 12 November was charged twice: two payments of €1,840.00 left our "
                "account on the same day. We ordered the olive oil only once. Send the second payment back to us.\n\n"
                "Kind regards,\nLéa Moreau\nLa Corbeille SARL"
            ),
        }
    ),
)

TICKET_SUMMARISER = Template(
    key="ticket_summariser",
    name="Ticket summariser",
    team="support",
    purpose="Turns a long ticket into what happened, what was promised and who does what next.",
    instructions=(
        "You summarise support tickets for people who have one minute.\n"
        "Say what the customer wants, what has happened so far in order, what was promised, and what is still open.\n"
        "Open one task for each thing somebody has to do, for the team that can do it, with its date.\n"
        "Quote, do not guess. Say where related guidance stands in the knowledge."
    ),
    inputs=(
        text("ticket_number", "Ticket number", "Left blank, the one in the thread."),
        files("Exported tickets", "CSV or text"),
        long("thread", "The thread", "Pasted as it is: mails, chat or notes."),
    ),
    tools=("search_knowledge", "read_attachment", "open_task"),
    risks=("Opens tasks",),
    knowledge="How-tos and known problems",
    needs_one_of=("thread", "files"),
    sample_input=MappingProxyType(
        {
            "ticket_number": "T-48213",
            "thread": (
                "From: Tom Adeyemi <tom@harbourdeli.example>\nDate: 17 Nov 2026 09:12\n\nOur cheese delivery arrived at "
                "11 degrees this morning. This is the third time this month. Can you send a replacement today, and who "
                "pays for the lost stock?\n\nFrom: Lotte, support\nDate: 17 Nov 2026 10:40\n\nI am sorry to read this. "
                "I will ask the warehouse for a replacement and let you know by tomorrow. Could you send a photo of the "
                "temperature logger?\n\nFrom: Tom Adeyemi <tom@harbourdeli.example>\nDate: 19 Nov 2026 08:05\n\nPhoto "
                "attached two days ago, still no replacement. We need it before Friday or we cancel the standing order."
            ),
        }
    ),
)

TEMPLATES = (REFUND_TRIAGE, TICKET_SUMMARISER)
