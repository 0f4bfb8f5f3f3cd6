"""What agents can use: one file a tool, all of them in registry.py."""
