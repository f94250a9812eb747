# The app in a container, as a Hugging Face Space with the Docker runtime builds it; docs/spaces.md.
#
#     docker build --tag salmap .
#     docker run --publish 8501:8501 salmap

FROM python:3.11-slim

# Letters for reports in PDF.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt

# The source belongs to root: the app can read it and write only to its home.
COPY . .
RUN python -m compileall -q .

RUN useradd --create-home --uid 1000 user
USER user

# Spaces serve the app inside a frame from another site, where browsers withhold the cookie that
# XSRF protection needs: uploads would be refused. There is no login to protect.
# OpenCV and numpy count the host's cores: OMP_NUM_THREADS says how many the container may use.
ENV HOME=/home/user \
    HF_HOME=/home/user/.cache/huggingface \
    SALMAP_MODELS_DIR=/home/user/models \
    SALMAP_TRAINING=off \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION=false \
    OMP_NUM_THREADS=2 \
    PYTHONUNBUFFERED=1
RUN mkdir -p "$HF_HOME" "$SALMAP_MODELS_DIR"

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import http.client, os; \
port = int(os.environ['STREAMLIT_SERVER_PORT']); \
connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5); \
connection.request('GET', '/_stcore/health'); \
raise SystemExit(connection.getresponse().status != 200)"]
CMD ["streamlit", "run", "app.py"]
