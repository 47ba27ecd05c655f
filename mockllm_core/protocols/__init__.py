"""Five LLM APIs, spelled as their providers spell them."""
