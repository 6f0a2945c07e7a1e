FROM node:24-slim AS assets

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY barnetwatch/assets barnetwatch/assets
RUN node barnetwatch/assets/build.js

FROM python:3.13-slim-trixie

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# pg_dump and pg_restore, for backups: as new as the server in docker-compose.yml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app

# First the packages, which change seldom: a change of code does not install them again.
COPY requirements.txt .
RUN pip install --requirement requirements.txt

COPY . .
COPY --from=assets /app/barnetwatch/static/barnetwatch/built barnetwatch/static/barnetwatch/built

# A throw-away VAR_DIR: the key made while building must not stay in the image.
RUN VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && python -m compileall -q .

# Nobody in particular, owner of nothing but what a run leaves behind.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin barnetwatch \
    && install --directory --owner barnetwatch --group barnetwatch --mode 700 /var/lib/barnetwatch
ENV VAR_DIR=/var/lib/barnetwatch
VOLUME /var/lib/barnetwatch
USER barnetwatch

EXPOSE 8000
CMD ["gunicorn", "barnetwatch.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
