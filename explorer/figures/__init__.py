"""Pure functions: arrays in, a plotly figure out."""
