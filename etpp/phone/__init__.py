"""The page of employees and superiors on the phone: a program of one page, and the calls that it reads by."""
