# The chat, and the same package's Chroma server (compose.yaml). Build: docker build -t summit-qa .
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/summit-qa
ENV PATH=/opt/summit-qa/bin:$PATH
# First what changes rarely: the locked dependencies, each with its hash.
COPY scripts/runtime.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install --no-cache-dir --no-deps .

FROM python:3.12-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin summit \
    && mkdir -p /data/documents /data/index /data/state /data/chroma \
    && chown summit /data/index /data/state /data/chroma
COPY --from=build /opt/summit-qa /opt/summit-qa
ENV PATH=/opt/summit-qa/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SUMMIT_QA_CORPUS=/data/documents \
    SUMMIT_QA_INDEX=/data/index \
    XDG_DATA_HOME=/data/state \
    XDG_CONFIG_HOME=/data/state
USER 10001
WORKDIR /data/state
VOLUME ["/data/documents", "/data/index", "/data/state"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=180s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/ready', timeout=8)"]
CMD ["summit-qa", "chat", "--host", "0.0.0.0", "--workers", "2", "--metrics", "--json-logs"]
