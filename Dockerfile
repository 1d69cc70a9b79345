# The API in an image of its own: the program, the libraries it loads, and nothing to log in to.
#
# The runtime is empty but for what ldd lists, libc, libm and libgcc_s: 33.2 MB. They are Debian's, so that a rebuild brings
# Debian's security fixes; their packages are listed in /var/lib/dpkg/status.d, where scanners look.

FROM rust:1.95-slim-trixie AS build
WORKDIR /build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

# The dependencies in a layer of their own, built for an empty program: it stays until the lock file changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN for file in src/main.rs src/lib.rs $(sed -n 's/^path = "\(.*\)"/\1/p' Cargo.toml); do \
        mkdir -p "$(dirname "$file")" && echo 'fn main() {}' >"$file" || exit 1; \
    done \
    && cargo build --release --locked

COPY migrations migrations
COPY src src
# Cargo goes by the time of a file, and these are older than the empty ones were.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN install -D --target-directory=/image/usr/local/bin target/release/taskbridge \
    && ldd target/release/taskbridge | grep --only-matching '/[^ ]*' >libraries \
    && xargs cp --parents --dereference --target-directory=/image <libraries \
    && mkdir -p /image/var/lib/dpkg/status.d \
    && xargs realpath <libraries | xargs dpkg --search | cut --delimiter=: --fields=1 | sort --unique >packages \
    && while read -r package; do \
        dpkg --status "$package" >"/image/var/lib/dpkg/status.d/$package" \
        && cp --parents --dereference --target-directory=/image "/usr/share/doc/$package/copyright" || exit 1; \
    done <packages \
    && mkdir -p /image/usr/share/doc/taskbridge \
    && target/release/taskbridge licenses >/image/usr/share/doc/taskbridge/copyright \
    && cp --parents --dereference --target-directory=/image \
        /etc/os-release /etc/nsswitch.conf /etc/ssl/certs/ca-certificates.crt \
    && echo 'taskbridge:x:65532:65532::/data:/usr/sbin/nologin' >/image/etc/passwd \
    && echo 'taskbridge:x:65532:' >/image/etc/group \
    && install -d --mode=0700 /data

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Taskbridge API" \
      org.opencontainers.image.description="The task API behind a Next.js + Better Auth front end" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /data /data

# SSL_CERT_FILE: the authorities of sslrootcert=system in DATABASE_URL. DATABASE_URL is not set, so that
# DATABASE_URL_FILE has nothing to collide with; its default, tasks.db in the working directory, is the volume.
ENV HOST=0.0.0.0 PORT=8000 APP_ENV=production SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /data
VOLUME /data
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/taskbridge", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/taskbridge"]
CMD ["serve"]
