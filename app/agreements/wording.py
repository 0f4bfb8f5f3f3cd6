"""How agreements read: agreed text as safe HTML, kinds and effects in words."""

import markdown
import nh3
from markupsafe import Markup

from app.agreements.models import Effect, Kind, Party, State

TAGS = {"p", "a", "em", "strong", "code", "ul", "ol", "li"}
"""What policies may hold too: no images, no styles, nothing that loads or runs."""
KINDS = {
    Kind.MSA: "Master agreement",
    Kind.ORDER_FORM: "Order form",
    Kind.DPA: "Data processing addendum",
    Kind.AMENDMENT: "Amendment",
}
EFFECTS = {
    Effect.REPLACES: "Replaced",
    Effect.SUPPLEMENTS: "Added to",
    Effect.DISAPPLIES: "Does not apply",
}
PARTIES = {Party.CUSTOMER: "The customer", Party.LEENOPS: "LeenOps"}
STATES = {State.DRAFT: "Draft", State.ACTIVE: "Active", State.ENDED: "Ended"}


def to_html(text: str) -> Markup:
    """Markdown as HTML with links to https and mail only."""
    clean = nh3.clean(markdown.markdown(text), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "mailto"})
    return Markup(clean)
