"""The HTTP server: one selector loop, strict parsing, frames written as fast as clients take them."""

from mockllm_cli.server.answer import Exchange
from mockllm_cli.server.head import Limits
from mockllm_cli.server.loop import Server
from mockllm_cli.server.timeouts import Timeouts

__all__ = ["Exchange", "Limits", "Server", "Timeouts"]
