"""The screens of the officer's area: what they say (`view`, pure), and how they look (`screen`, Kivy)."""
