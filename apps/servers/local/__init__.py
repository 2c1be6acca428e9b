"""The panel's own installation on this machine: its name and ports, its folders, and the servers it runs."""
