"""The machine and its operating system: processes, files, locks, and what was refused."""
