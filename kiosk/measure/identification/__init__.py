"""The open-set experiment: how often a stranger is identified as somebody, and an enrolled person is not identified.

    folder of photos -> collection -> (protocol) rounds -> experiment -> statistics -> rows, DET curve, threshold table

Names of people are read as folder names and forgotten: nothing here prints or stores them.
"""
