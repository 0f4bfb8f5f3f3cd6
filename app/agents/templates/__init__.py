"""The ten jobs an agent can start from, two for each team."""

from app.agents.templates import engineering, finance, marketing, operations, support
from app.agents.templates.base import Template

TEMPLATES: dict[str, Template] = {
    template.key: template
    for team in (support, finance, engineering, marketing, operations)
    for template in team.TEMPLATES
}

__all__ = ["TEMPLATES", "Template"]
