"""The seed, as code: one module for each of its chapters, in the order of its lines.

A function takes the request, checks it and writes the records; the Flow above it lists what a runner then does.
"""
