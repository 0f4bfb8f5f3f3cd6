"""How agreements read: kinds and effects in words."""

from app.agreements.models import Effect, Kind, Party, State

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
