"""Templates for operations."""

from types import MappingProxyType

from app.agents.templates.base import Template, email, files, long, text

_STOCK = (
    "SKU;Product;On hand;On order;Reorder point;Target stock;Pack size;Supplier;Supplier email;Unit cost\n"
    "OIL-5L;Olive oil 5 l;14;0;40;120;4;Olivar del Sur;pedidos@olivardelsur.example;28,50\n"
    "FLR-25;Flour T65 25 kg;66;0;60;150;10;Moulin Vert;commandes@moulinvert.example;19,90\n"
    "SLT-1;Sea salt 1 kg;8;24;50;200;12;Moulin Vert;commandes@moulinvert.example;1,15\n"
)

VENDOR_ONBOARDING = Template(
    key="vendor_onboarding",
    name="Vendor onboarding",
    team="operations",
    purpose="Checks what a new supplier sent, asks for what is missing, and opens the set-up task when it is complete.",
    instructions=(
        "You check new suppliers before they are set up.\n"
        "Check that everything required is there and that it fits together: bank account check digits, VAT number shape, "
        "country, mail domain and website. Look up what the vendor rules ask for.\n"
        "Ask the supplier for what is missing in one mail. When something does not fit, open a task for finance and ask "
        "nothing. When all is well, open the set-up task."
    ),
    inputs=(
        text("vendor_name", "Vendor", "Its registered name.", required=True),
        email("contact_email", "Contact's mail address"),
        text("website", "Website"),
        text("country", "Country"),
        text("vat_number", "VAT number"),
        text("iban", "Bank account (IBAN)"),
        text("account_holder", "Account holder"),
        files("Documents", "Registration, certificates"),
        long("notes", "What they wrote", "The mail or the form; blank fields are looked for in it."),
    ),
    tools=("search_knowledge", "read_attachment", "send_mail", "open_task"),
    risks=("Sends mail outside the company",),
    knowledge="Vendor rules",
    sample_input=MappingProxyType(
        {
            "vendor_name": "Moulin Vert SARL",
            "contact_email": "compta@moulinvert.example",
            "website": "https://www.moulinvert.example",
            "country": "France",
            "iban": "FR14 2004 1010 0505 0001 3M02 606",
            "notes": "Bonjour, voici nos coordonnées bancaires. Nous livrons chaque mardi. Cordialement, Claire Fabre",
        }
    ),
)

STOCK_REORDER = Template(
    key="stock_reorder",
    name="Stock reorder",
    team="operations",
    purpose="Works out what to order from stock levels, opens a task per supplier and mails the orders.",
    instructions=(
        "You keep stock above its reorder points.\n"
        "For each product at or below its reorder point, order up to the target, in full packs, less what is on order. "
        "Group by supplier. Look up supplier terms such as minimum orders.\n"
        "Open one task per supplier and mail the order to the supplier's own address."
    ),
    inputs=(
        text("deliver_to", "Deliver to", "Address or site for the order mails."),
        email("fallback_email", "Order address when the list has none"),
        files("Stock list", "CSV or XLSX"),
        long("stock", "Or paste the list", "With its headings."),
    ),
    tools=("search_knowledge", "read_attachment", "open_task", "send_mail"),
    risks=("Sends mail outside the company",),
    knowledge="Supplier terms",
    needs_one_of=("files", "stock"),
    sample_input=MappingProxyType({"deliver_to": "Warehouse 2, Amsterdam", "stock": _STOCK}),
)

TEMPLATES = (VENDOR_ONBOARDING, STOCK_REORDER)
