"""mockllm: LLM APIs on the wire, as pure functions from requests to frames."""
