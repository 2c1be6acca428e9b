"""Another address for a site, in all that its database says of it: texts, JSON and values that PHP has serialized.

Knows neither sites nor domains: whoever moves, copies or restores a site says which address becomes which.
"""
