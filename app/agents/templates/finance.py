"""Templates for finance."""

from types import MappingProxyType

from app.agents.templates.base import Template, files, long, money, text

_INVOICE = (
    "INVOICE 2026-0417\nOudeland Verpakkingen B.V.\nVAT NL812345678B01\nIBAN NL91 ABNA 0417 1643 00\n\n"
    "Invoice date: 16-11-2026\nDue date: 16-12-2026\nPurchase order: PO-5518\n\n"
    "Description;Qty;Unit price;Amount\nCarton 60x40;400;1,35;540,00\nPaper tape;60;4,20;252,00\n\n"
    "Subtotal: 792,00\nVAT 21%: 166,32\nTotal: EUR 958,32\n"
)
_EXPENSES = (
    "Date,Employee,Category,Merchant,Amount,Receipt\n2026-11-03,Joris Bakker,Meals,Bistro Noord,38.50,yes\n"
    "2026-11-03,Joris Bakker,Hotel,Harbour Inn,212.00,yes\n2026-11-07,Aylin Demir,Taxi,City Cabs,64.00,no\n"
    "2026-11-10,Aylin Demir,Meals,Bistro Noord,41.00,yes\n2026-11-10,Aylin Demir,Meals,Bistro Noord,41.00,yes\n"
)

INVOICE_CHECK = Template(
    key="invoice_check",
    name="Invoice check",
    team="finance",
    purpose="Recalculates an invoice, compares it with its purchase order and schedules it, or says what is wrong.",
    instructions=(
        "You check supplier invoices before they are paid.\n"
        "Recalculate lines, VAT and total. Check the dates, the bank account's check digits and whether an invoice is "
        "there twice. Find its purchase order and the payment terms in the knowledge and compare.\n"
        "When everything agrees, schedule the payment for its due date. When anything does not, schedule nothing and "
        "open one task that lists the differences with both figures."
    ),
    inputs=(
        text("purchase_order", "Purchase order number", "Left blank, the one on the invoice."),
        files("Invoices", "PDF, DOCX, CSV or text; several at once"),
        long("invoice_text", "Or paste the invoice"),
    ),
    tools=("search_knowledge", "read_attachment", "schedule_payment", "open_task"),
    risks=("Moves money",),
    knowledge="Purchase orders and payment terms",
    needs_one_of=("files", "invoice_text"),
    sample_input=MappingProxyType({"invoice_text": _INVOICE}),
)

EXPENSE_AUDIT = Template(
    key="expense_audit",
    name="Expense audit",
    team="finance",
    purpose="Goes through an expense list line by line and flags what breaks the policy.",
    instructions=(
        "You audit expense claims.\n"
        "Find the limits in the expense policy and check each line: over its limit, claimed twice, on a weekend, "
        "without a receipt, dated in the future, or ruled out altogether.\n"
        "Give each flag the line it is about and the rule it breaks. Open one task with all of them, or none when "
        "nothing is wrong."
    ),
    inputs=(
        money("line_limit", "Flag any line above", "On top of the policy's own limits."),
        files("Expense list", "CSV or XLSX"),
        long("expenses", "Or paste the list", "With its headings."),
        long(
            "policy_notes",
            "Anything to add to the policy",
            "For example “Team dinner on 6 Nov is approved”.",
            outside=False,
        ),
    ),
    tools=("search_knowledge", "read_attachment", "open_task"),
    risks=("Opens tasks",),
    knowledge="Expense policy",
    needs_one_of=("files", "expenses"),
    sample_input=MappingProxyType({"line_limit": "150.00", "expenses": _EXPENSES}),
)

TEMPLATES = (INVOICE_CHECK, EXPENSE_AUDIT)
