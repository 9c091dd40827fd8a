"""Who is told beside the person at the terminal: a program by HTTP, a command, Prometheus."""
