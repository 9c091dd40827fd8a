"""A run on disk: its identity, its folder, its sessions, its log."""
