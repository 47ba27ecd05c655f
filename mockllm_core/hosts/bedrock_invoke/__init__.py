"""Bedrock InvokeModel: the bodies of the model families themselves, under Bedrock's headers and framing.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.

The model's family decides the body: Claude takes Anthropic Messages, Nova and Titan Text their own, Titan and Cohere
embeddings theirs. A stream's frames are all of type ``chunk``; each holds one event of the family in base64. The last
one also has ``amazon-bedrock-invocationMetrics``.
"""

from __future__ import annotations

from mockllm_core.hosts.bedrock_invoke.record import PROTOCOL

__all__ = ["PROTOCOL"]
