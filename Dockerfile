# Source to image: one static file on an empty root, under the two names that say what it is to be.
#
#     docker build --tag pausa .
#
# Only what the legacy builder and BuildKit read alike: no heredoc, no RUN --mount, no COPY --link.

# Any image with cargo, a linker driver called cc and a shell; ours to name where no registry is reachable.
ARG BUILDER=rust:1.95-slim

FROM ${BUILDER} AS build
WORKDIR /build
# rust-toolchain.toml stays out: the builder image is the choice of compiler, and a rustup in it would fetch another.
COPY Cargo.toml Cargo.lock build.rs link.ld ./
COPY src src
# Nothing of it is built, but cargo refuses a manifest whose benches it does not find.
COPY benches benches
RUN cargo build --release --locked
# A hard link, so that the bytes are in the layer once, and still a file of its own for whoever copies either name into
# another image: a symbolic link would arrive there without what it points to.
RUN mkdir rootfs && cp target/release/pausa rootfs/pause && ln rootfs/pause rootfs/pausa

FROM scratch
COPY --from=build /build/rootfs/ /
# The user that Kubernetes' pause has had since 3.5: nobody, in no one's range.
USER 65535:65535
ENTRYPOINT ["/pause"]
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="pausa" \
      org.opencontainers.image.description="A PID 1 for containers: holds a pod's namespaces, or supervises one command" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
