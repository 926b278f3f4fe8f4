"""What ships: what was learned or counted, with the commands that rebuild it."""
