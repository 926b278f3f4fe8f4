"""One idea each: its controls and its figure."""
