"""The pytest fixture ``mockllm``: a running server."""
