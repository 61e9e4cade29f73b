# The daemon with everything it needs at run time. docs/container.md says how to run it.
FROM node:24-bookworm-slim

RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    bzip2 ca-certificates ipxe iproute2 xz-utils \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/repave
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY bin ./bin
COPY src ./src
COPY bootenvs ./bootenvs
COPY workflows ./workflows
COPY seeds ./seeds
COPY images ./images
COPY scripts ./scripts
RUN node_modules/.bin/node scripts/bundle-commands.ts
RUN ln -s /opt/repave/bin/repave /usr/local/bin/repave

VOLUME /var/lib/repave
# DHCP, TFTP, and HTTP for boot files, images and agents. Operators use the unix socket in the volume.
EXPOSE 67/udp 69/udp 8090/tcp
STOPSIGNAL SIGTERM
ENTRYPOINT ["repave"]
CMD ["serve"]
