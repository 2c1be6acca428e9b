"""``./panel recover``: a panel that is lost, made anew on an empty root out of its own archive and those of its sites.

First, before Django, what it is called and what its secrets are sealed with (`placing.py`); then the records are
brought to what is true of a machine that has nothing yet (`settling.py`); then each site by an operation of its own
(`bringing_back.py`). How far all this has come stands in a file (`marker.py`): a second run goes on from there.
"""
