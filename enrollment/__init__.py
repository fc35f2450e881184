"""Enrolment: a person's face with consent, at the terminal or from pictures."""
