"""The screen: what it says (pure), how it looks (Kivy), what feeds it."""
