"""The words on the picture that a shared link shows. `python -m tasks.share_images` draws them."""

from app.site.teams import TEAMS

WORDS = {
    "site": "Agents that ask before they act.",
    "product": "Deploy, govern, monitor and review.",
    "security": "What we claim, with the check behind it.",
    "policies": "Policies that say what changed.",
} | {f"team-{team.key}": f"Agents for {team.name}." for team in TEAMS.values()}
"""Picture -> words. The file is static/share/<picture>.png."""
