# heartprobe serve, with the model that comes with heartprobe, or with a model folder that is mounted:
#
#   docker build -t heartprobe .
#   docker run --rm --read-only --cap-drop ALL -p 127.0.0.1:8000:8000 -e HEARTPROBE_TOKEN=... heartprobe
#   docker run --rm --read-only --cap-drop ALL -p 127.0.0.1:8000:8000 \
#     -e HEARTPROBE_TOKEN=... -v "$PWD/RUN/bundle:/model:ro" heartprobe /model
#
# The encoder has to be in the bundle, built in, or mounted and named with --encoder; see docs/serve.md.

FROM python:3.11-slim AS build

WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src ./src
# torch without CUDA comes from its own index and is 2 GB smaller. For GPUs, take the argument away.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/heartprobe \
    && /opt/heartprobe/bin/pip install --no-cache-dir --disable-pip-version-check \
        --constraint constraints.txt --extra-index-url "${TORCH_INDEX}" ".[serve,onnx]"

FROM python:3.11-slim

# What the server writes is its log. Two allocation arenas keep the memory of many short-lived threads small.
ENV PATH=/opt/heartprobe/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    MALLOC_ARENA_MAX=2

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin heartprobe
COPY --from=build /opt/heartprobe /opt/heartprobe
USER 10001

EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

# A model folder and --no-token go behind the image's name; whoever gives neither that nor HEARTPROBE_TOKEN is told so.
ENTRYPOINT ["heartprobe", "serve", "--host", "0.0.0.0", "--port", "8000"]
