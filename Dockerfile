# Source to image: one static file on an empty root, under every name that says what it is to be.
#
#     docker build --tag pausa .
#     docker buildx build --platform linux/arm64 --tag pausa .
#     docker build --build-arg TARGETPLATFORM=linux/arm64 --tag pausa .    # the legacy builder
#
# Only what the legacy builder and BuildKit read alike: no heredoc, no RUN --mount, no COPY --link. The legacy builder
# gives to whatever is built `FROM scratch` the daemon's own architecture; the file in it is the one that was asked for.

# Any image with cargo, a linker driver called cc, bash and coreutils; ours to name where no registry is reachable.
ARG BUILDER=rust:1.95-slim

# The compiler runs on this machine, whatever it compiles for: emulated, it would take twenty times as long. The legacy
# builder has no BUILDPLATFORM and would read an empty one as a mistake; `linux` alone means the machine's own
# architecture. Declared with a default above, it would hide what BuildKit sets.
FROM --platform=${BUILDPLATFORM:-linux} ${BUILDER} AS build
WORKDIR /build
COPY dist/architectures dist/build dist/rootfs dist/
# BuildKit sets it.
ARG TARGETPLATFORM
RUN case ${TARGETPLATFORM:-linux/$(uname -m)} in \
      linux/amd64 | linux/x86_64) echo x86_64 ;; \
      linux/arm64 | linux/aarch64) echo aarch64 ;; \
      linux/arm/v7 | linux/armv7l) echo arm ;; \
      linux/riscv64) echo riscv64 ;; \
      linux/ppc64le) echo ppc64le ;; \
      linux/s390x) echo s390x ;; \
      *) echo "pausa does not know the platform $TARGETPLATFORM" >&2; exit 1 ;; \
    esac >architecture
# What a foreign architecture takes where rustup is. A builder without rustup brings its own.
RUN read -r architecture <architecture; \
    if [ "$architecture" != "$(uname -m)" ] && command -v rustup; then \
      bash -euc '. dist/architectures; read -r triple gcc _ <<<"$(names_of "$1")"; \
        apt-get update; apt-get install --yes --no-install-recommends "gcc-${gcc/x86_64/x86-64}"; \
        rustup target add "$triple"' bash "$architecture"; \
    fi
# No rust-toolchain.toml: the builder image is the choice of compiler, and a rustup in it would fetch another.
COPY Cargo.toml Cargo.lock build.rs link.ld ./
COPY src src
# Nothing of it is built, but cargo refuses a manifest whose benches it does not find.
COPY benches benches
RUN read -r architecture <architecture; \
    binary=$(dist/build "$architecture") && dist/rootfs "$binary" rootfs

FROM scratch
COPY --from=build /build/rootfs/ /
# The user that Kubernetes' pause has had since 3.5.
USER 65535:65535
ENTRYPOINT ["/pause"]
ARG VERSION
ARG REVISION
ARG SOURCE
ARG CREATED
LABEL org.opencontainers.image.title="pausa" \
      org.opencontainers.image.description="PID 1 for containers: holds a pod's namespaces, or supervises one command" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"
