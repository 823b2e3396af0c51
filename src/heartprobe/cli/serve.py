"""`heartprobe serve`: a trained model behind HTTP, with a page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartprobe.cli.from_hub import FromHubOption, fetched
from heartprobe.cli.options import DeviceOption

if TYPE_CHECKING:
    from heartprobe.cli.console import ConsoleProgress
    from heartprobe.predict import Predictor

_TOKEN = "HEARTPROBE_TOKEN"

#: What the extra `serve` installs.
_NEEDED = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")


def serve(
    bundle: Annotated[
        Path | None,
        typer.Argument(
            metavar="[BUNDLE]",
            help="Model folder, such as RUN/bundle; without one, the normal/abnormal model that comes with heartprobe.",
        ),
    ] = None,
    from_hub: FromHubOption = None,
    host: Annotated[str, typer.Option("--host", help="Address to serve at; by default only this machine.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")] = 8000,
    runtime: Annotated[str, typer.Option("--runtime", help="torch, or onnx for an exported model.")] = "torch",
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
    device: DeviceOption = "auto",
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help=f"File with the token that clients of the API must show; without it, {_TOKEN} of the environment.",
        ),
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Serve everybody who reaches the address, also beyond this machine.")
    ] = False,
    max_file_mb: Annotated[float, typer.Option("--max-file-mb", help="Size of one file.")] = 25.0,
    max_total_mb: Annotated[float, typer.Option("--max-total-mb", help="Size of one request.")] = 100.0,
    max_sound_s: Annotated[float, typer.Option("--max-sound-s", help="Length of one recording.")] = 120.0,
    queue: Annotated[int, typer.Option("--queue", min=1, help="Patients that may wait.")] = 32,
    max_connections: Annotated[
        int, typer.Option("--max-connections", min=1, help="Clients that may be connected at a time.")
    ] = 256,
    body_time_s: Annotated[float, typer.Option("--body-time-s", help="In which a request must have arrived.")] = 60.0,
) -> None:
    """Serve a trained model: a page for people, an API for programs (/openapi.json), metrics.

    Nothing of a request is stored or logged. Ctrl-C or SIGTERM lets running requests finish.

    Example: heartprobe serve
    """
    _refuse_without_extra()
    from heartprobe.cli.console import ConsoleProgress
    from heartprobe.server import Limits, Settings, create_app
    from heartprobe.server.running import bind, serve, warm_up

    limits = Limits(
        file_mb=max_file_mb,
        total_mb=max_total_mb,
        held_mb=max(Limits().held_mb, max_total_mb),
        sound_s=max_sound_s,
        queue=queue,
        connections=max_connections,
        body_time_s=body_time_s,
    )
    token = _token(token_file, host, no_token=no_token)
    # Without a token only this machine is served; a token already keeps pages of other sites from reading answers.
    hosts = None if token or no_token else frozenset({"localhost", "127.0.0.1", "::1", host.lower()})
    settings = Settings(limits, token, hosts)
    progress = ConsoleProgress()
    model = _model(bundle, from_hub, progress)
    with bind(host, port) as listener, _open(model, runtime, encoder, device) as predictor:
        app = create_app(predictor, settings)
        warm_up(app.state.service)
        address, bound = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        asked = "asks for the token" if settings.token else "asks for no token"
        line = f"Serving {from_hub or bundle or model.name} at http://{shown}:{bound} ({asked}; Ctrl-C stops)"
        serve(app, listener, announce=lambda: progress.note(line))


def _model(bundle: Path | None, from_hub: str | None, progress: ConsoleProgress) -> Path:
    """Return the folder of the model that is meant.

    Raises:
        BundleError: If it is the folder of a run.
        ConfigError: If two models are named.
    """
    from heartprobe.bundle.shipped_models import is_model_folder, model_folder
    from heartprobe.cli.which_model import shipped_model
    from heartprobe.errors import BundleError, ConfigError

    if bundle is not None and from_hub is not None:
        raise ConfigError("BUNDLE and --from-hub name two models; give one of them.")
    if from_hub is not None:
        return fetched(from_hub, progress)
    if bundle is None:
        return shipped_model(progress)
    if not is_model_folder(model_folder(bundle)) and is_model_folder(bundle / "bundle"):
        raise BundleError(f"{bundle} is the folder of a run; its model lies in {bundle / 'bundle'}. Name that one.")
    return bundle


def _refuse_without_extra() -> None:
    from heartprobe.errors import ConfigError

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"`heartprobe serve` needs {', '.join(missing)}, which is not installed. "
            'Install it in a checkout of heartprobe with: pip install -c constraints.txt ".[serve]"'
        )


def _open(bundle: Path, runtime: str, encoder: str | None, device: str) -> Predictor:
    from heartprobe.errors import ConfigError
    from heartprobe.predict import Predictor

    if runtime not in ("torch", "onnx"):
        raise ConfigError(f"--runtime {runtime}: expected torch or onnx.")
    return Predictor.open(bundle, encoder=encoder, device=device, runtime=runtime)  # type: ignore[arg-type]


def _token(file: Path | None, host: str, *, no_token: bool) -> str | None:
    """Return the token that clients must show, or `None` where everybody may ask."""
    import os

    from heartprobe.errors import ConfigError
    from heartprobe.server.running import is_loopback

    try:
        token = (file.read_text(encoding="utf-8") if file is not None else os.environ.get(_TOKEN, "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as a text with a token: {error}. Check --token-file.") from None
    if no_token:
        if file is not None:
            raise ConfigError("--no-token and --token-file contradict each other; give one of them.")
        return None
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigError("The token must consist of letters, digits and signs without spaces; make another one.")
    if file is not None and not token:
        raise ConfigError(f"{file} is empty; it should hold the token that clients must show.")
    if not token and not is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached from other machines: give a token with --token-file or {_TOKEN}, or say "
            "--no-token if everybody may ask."
        )
    return token or None
