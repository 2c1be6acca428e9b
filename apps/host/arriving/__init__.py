"""Archives that come from elsewhere: looked at, and written anew as one of the panel's own.

An archive of a panel's, locked or not, or the tar or zip of any site with its dumps, as other panels make them. It is
read twice where it lies, for what it is stands in the middle of it or at its end: ``look`` finds out what it is and
refuses what no site's archive holds, ``Conversion`` packs it again in one pass. Nothing of it is unpacked on the disk,
and nothing is believed: paths, numbers, addresses are somebody's words until they are in the form that they must have.
"""
