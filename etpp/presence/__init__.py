"""The day judged: who came and went."""
