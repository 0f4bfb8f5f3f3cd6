"""Templates for marketing."""

from types import MappingProxyType

from app.agents.templates.base import Template, choice, date, files, long, text

CAMPAIGN_DRAFT = Template(
    key="campaign_draft",
    name="Campaign draft",
    team="marketing",
    purpose="Writes a campaign mail from a brief in the house style and sends it to the list once a person agrees.",
    instructions=(
        "You write campaign mails.\n"
        "Take every fact from the brief; add none. Write in the house style: look up tone, words to avoid and how we "
        "sign. One subject, one offer, one thing to do.\n"
        "Send it to the recipients named. Without recipients, hand over the draft."
    ),
    inputs=(
        text("recipients", "Recipients", "Mail addresses, separated by commas. Left blank, nothing is sent."),
        text("subject", "Subject", "Left blank, one is written."),
        choice("tone", "Tone", ("House style", "Warm", "Plain", "Lively")),
        date("ends_on", "Offer ends on"),
        files("Material", "Text, DOCX or PDF"),
        long("brief", "Brief", "What it is about, for whom, the offer, the link.", required=True, outside=False),
    ),
    tools=("search_knowledge", "read_attachment", "send_mail"),
    risks=("Sends mail outside the company",),
    knowledge="Brand guide",
    sample_input=MappingProxyType(
        {
            "recipients": "chefs@lists.example, buyers@lists.example",
            "ends_on": "2026-12-05",
            "brief": (
                "Winter citrus is in: blood oranges, bergamot and Amalfi lemons from three family farms in Sicily. "
                "For restaurant buyers. 12% off mixed crates until 5 December, free delivery from €250. "
                "Order at https://fennelrye.example/citrus. The fruit is picked on Monday and delivered on Thursday."
            ),
        }
    ),
)

BRAND_REVIEW = Template(
    key="brand_review",
    name="Brand review",
    team="marketing",
    purpose="Reads a text against the brand guide and lists every issue with the rule and a better wording.",
    instructions=(
        "You review texts before they are published.\n"
        "Compare with the brand guide in the knowledge: words to avoid, words to use, names, length, tone, claims. "
        "List each issue with the words it is about, the rule it breaks and a better wording.\n"
        "Judge only by written rules and by what any reader would trip over. Say so when the guide is silent."
    ),
    inputs=(
        choice("channel", "Where it appears", ("Website", "Mail", "Social", "Print", "Press")),
        files("Text as a file", "DOCX, PDF or text"),
        long("text", "The text"),
    ),
    tools=("search_knowledge", "read_attachment", "open_task"),
    risks=("Opens tasks",),
    knowledge="Brand guide",
    needs_one_of=("text", "files"),
    sample_input=MappingProxyType(
        {
            "channel": "Website",
            "text": (
                "Our best-in-class cheese selection is literally the cheapest in town!!! Utilize our platform in order to "
                "get game-changing flavours delivered to your doorstep by our squad, and you will never ever need another "
                "supplier, because we guarantee 100% satisfaction to every customer always."
            ),
        }
    ),
)

TEMPLATES = (CAMPAIGN_DRAFT, BRAND_REVIEW)
