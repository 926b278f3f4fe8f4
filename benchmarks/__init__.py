"""How fast the app is, and how much memory it takes: `python -m benchmarks.NAME`, with `--json` for machines."""
