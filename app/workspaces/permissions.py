"""The one permission table: which role may do what. Rendered as a page, so that people can read it."""

from app.access import Permission as P
from app.workspaces.models import Role

_READ = frozenset({P.VIEW})
TABLE: dict[Role, frozenset[P]] = {
    Role.OWNER: frozenset(P),
    Role.ADMIN: frozenset(P) - {P.BILLING, P.AGREEMENTS},
    Role.BUILDER: _READ | {P.RUN_START, P.RUN_STOP, P.AGENT_EDIT, P.AGENT_PUBLISH, P.KNOWLEDGE_EDIT},
    Role.REVIEWER: _READ | {P.RUN_START, P.RUN_STOP, P.APPROVE},
    Role.AUDITOR: _READ | {P.AUDIT_READ, P.RECORDS_EXPORT},
    Role.BILLING: _READ | {P.BILLING, P.RECORDS_EXPORT},
}

WORDS: dict[P, str] = {
    P.VIEW: "See agents, runs and approvals",
    P.RUN_START: "Start a run",
    P.RUN_STOP: "Stop or retry a run",
    P.AGENT_EDIT: "Create and change agents",
    P.AGENT_PUBLISH: "Make an agent's version live, or pause it",
    P.APPROVE: "Decide on approval cards",
    P.RULES_EDIT: "Change the approval rules and the directory",
    P.KNOWLEDGE_EDIT: "Add and remove knowledge",
    P.KEYS_MANAGE: "Add and remove model keys",
    P.MEMBERS_MANAGE: "Invite, change and remove members",
    P.RECORDS_EXPORT: "Export the ledger",
    P.AUDIT_READ: "Read and export the audit log",
    P.SETTINGS: "Change workspace settings",
    P.BILLING: "See and pay bills",
    P.AGREEMENTS: "Download signed agreements",
}


def permits(role: str, permission: P) -> bool:
    """Whether members with `role` hold `permission`."""
    return permission in TABLE[Role(role)]
