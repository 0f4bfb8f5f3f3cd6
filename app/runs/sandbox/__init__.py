"""The Sandbox model: deterministic, offline, and at work on whatever it is given.

It reads, searches, calculates and fills in tool arguments by rules of its own; it is not a language
model and is called "Sandbox model" wherever it shows.
"""

from app.runs.sandbox.answering import MODEL_NAME, model

__all__ = ["MODEL_NAME", "model"]
