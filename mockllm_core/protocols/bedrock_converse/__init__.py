"""AWS Bedrock Converse and ConverseStream.

Specs: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html (members, not their order),
https://smithy.io/2.0/aws/amazon-eventstream.html (frames).

Order of a stream: messageStart (contentBlockStart? contentBlockDelta* contentBlockStop)* messageStop metadata.

Quirks:
    - JSON is compact, its keys sorted at every level; every frame is padded with ``p``.
    - Text and reasoning have no contentBlockStart; botocore refuses an empty one.
    - The model stands in the path, percent-encoded; it may be an ARN with slashes. Whether to stream is the path's too.
    - Which error it is stands in a header, not in the body.
    - A model named ``mock-finish-REASON`` ends its answer with that stop reason, where no request could bring it about.
"""

from __future__ import annotations

from mockllm_core.protocols.bedrock_converse.record import PROTOCOL

__all__ = ["PROTOCOL"]
