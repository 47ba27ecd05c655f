"""Nothing is served over WebSockets: the google-genai package raises its own error from how the Live API closes one."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import pytest
from cli.server.test_hardness import Running
from google import genai
from google.genai import errors, types
from websockets.exceptions import ConnectionClosedError

from mockllm_cli.server.tls import made_for
from sdk.test_google_surface import Anyone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sdk.cases import Run


pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that speaks TLS: the package opens no other sockets; it trusts the certificate."""
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    tls, certificate = made_for("localhost")
    path: Path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(certificate)
    with Running(tls=tls) as server, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "SSL_CERT_FILE", str(path))
        yield f"https://localhost:{server.server.port}"


def refused(run: Run, client: genai.Client, model: str) -> errors.APIError:
    async def ask() -> None:
        async with client.aio.live.connect(model=model, config={"response_modalities": ["AUDIO"]}):  # type: ignore[arg-type]
            pass

    with pytest.raises(errors.APIError) as raised:
        run(ask())
    return raised.value


def options(url: str, version: str | None = None) -> types.HttpOptions:
    tls = {"ssl": ssl.create_default_context()}
    return types.HttpOptions(base_url=url, api_version=version, async_client_args=tls)


@pytest.mark.parametrize("slash", ["", "/"])
def test_live_has_no_such_model(secure: str, run: Run, slash: str) -> None:
    model = "gemini-live-2.5-flash-preview"
    client = genai.Client(api_key="k", http_options=options(f"{secure}{slash}", "v1beta"))
    error = refused(run, client, model)
    assert error.code == 1008
    # livekit/agents issue 4414
    assert error.details == (
        "models/gemini-live-2.5-flash-preview is not found for API version v1beta, or is not supported for"
        " bidiGenerateContent. Call"
    )
    # the package's own version is another
    error = refused(run, genai.Client(api_key="k", http_options=options(f"{secure}{slash}")), model)
    assert (error.code, str(error.details)[:30]) == (1008, f"models/{model}"[:30])


def test_an_error_may_be_asked_for(secure: str, run: Run) -> None:
    client = genai.Client(api_key="k", http_options=options(secure))
    error = refused(run, client, "mock-error-authentication")
    assert (error.code, error.details) == (1007, "API key not valid. Please pass a valid API key.")


def test_live_on_vertex_has_no_such_model(secure: str, run: Run) -> None:
    client = genai.Client(
        vertexai=True, project="p", location="us-central1", credentials=Anyone(), http_options=options(secure)
    )
    error = refused(run, client, "gemini-live-2.5-flash")
    assert error.code == 1008
    assert str(error.details).startswith(
        "Publisher Model `projects/p/locations/us-central1/publishers/google/models/gemini-live-2.5-flash` was"
    )


@pytest.mark.filterwarnings("ignore:Realtime music generation is experimental")
def test_music_is_refused_alike(secure: str, run: Run) -> None:
    client = genai.Client(api_key="k", http_options=options(secure))

    async def ask() -> None:
        async with client.aio.live.music.connect(model="models/lyria-realtime-exp"):
            pass

    with pytest.raises(ConnectionClosedError) as closed:
        run(ask())
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert "or is not supported for bidiGenerateMusic." in closed.value.rcvd.reason
