"""What does each command do? One file a command; none is imported before its name is understood."""
