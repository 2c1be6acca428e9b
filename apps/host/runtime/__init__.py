"""Getting a FrankenPHP: found on the machine, fetched as a release, or built from source.

Standard library only and no Django, so that it also works where nothing is set up yet.
"""
