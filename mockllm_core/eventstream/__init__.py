"""AWS event stream: encode and decode ``application/vnd.amazon.eventstream``.

A message, big-endian throughout::

    total length   u32   all bytes of the message, these four included
    headers length u32
    prelude CRC-32 u32   of the 8 bytes before it
    headers              each: name length u8, name, type u8, value
    payload
    message CRC-32 u32   of every byte before it

Specs: https://smithy.io/2.0/aws/amazon-eventstream.html (messages, what ``:message-type`` asks for) and
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (layout). The implementations differ
on limits. Here an encoder keeps to the narrowest and a decoder takes the widest of them.
"""

from mockllm_core.eventstream.decoder import Decoder
from mockllm_core.eventstream.encoder import encode, error, event, exception
from mockllm_core.eventstream.message import Header, HeaderType, HeaderValue, Message
from mockllm_core.eventstream.template import Template, run

__all__ = [
    "Decoder",
    "Header",
    "HeaderType",
    "HeaderValue",
    "Message",
    "Template",
    "encode",
    "error",
    "event",
    "exception",
    "run",
]
