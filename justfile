# A developer's commands. Each is plain cargo, docker or a script of dist/.

# The list of them.
default:
    @just --list

# The binary: target/release/pausa.
build:
    cargo build --release --locked

# The suite that every machine can run, or the trials whose name contains FILTER.
test *FILTER:
    cargo test --locked -- {{FILTER}}

# The suite that wants container engines or packaging tools; what this machine lacks is left out, and reported.
test-engines *FILTER:
    cargo test --locked --test engines -- {{FILTER}}

# The suite that wants a whole Kubernetes, which is built first if it is missing: minutes, once.
test-cluster *FILTER:
    tests/fixtures/kubernetes
    cargo test --locked --test cluster -- {{FILTER}}

# The same cluster for a person: a shell in which kubectl and ctr speak to it, or COMMAND in place of it. As root.
cluster *COMMAND:
    tests/fixtures/kubernetes
    cargo build --release --locked
    tests/fixtures/cluster {{COMMAND}}

# A million lives of the loop against a simulated kernel, or the trials whose name contains FILTER.
lives *FILTER:
    cargo test --locked --profile lives --test lives -- {{FILTER}}

# Both on the programs that pausa replaces.
test-originals *FILTER:
    INIT_UNDER_TEST=original cargo test --locked --test it -- {{FILTER}}
    INIT_UNDER_TEST=original cargo test --locked --test engines -- {{FILTER}}

# Ours for other architectures: target/dist/ARCHITECTURE/pausa.
build-for +ARCHITECTURES:
    dist/build {{ARCHITECTURES}}

# Unit tests and the suite for one of them, by an emulator.
test-for ARCHITECTURE *FILTER:
    dist/test {{ARCHITECTURE}} {{FILTER}}

# The unit tests under AddressSanitizer, which sees what the unsafe rooms read or write beside an object. It is an unstable
# flag of the same compiler, and wants a target by name, so that build scripts go without. Tests leak on purpose, and
# the stack is another one there.
sanitize *FILTER:
    ASAN_OPTIONS=detect_leaks=0 RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_PROFILE_DEV_LTO=off \
        cargo test --locked --lib --target x86_64-unknown-linux-gnu --target-dir target/sanitize -- \
        --skip the_child_leaves_a_third_of_its_stack {{FILTER}}

# Each fuzz target for so many seconds; what `fuzz/run` says at its beginning.
fuzz SECONDS *TARGETS:
    fuzz/run {{SECONDS}} {{TARGETS}}

# Load for so many seconds, and then rest.
soak SECONDS="1800":
    SOAK={{SECONDS}} cargo test --locked --test it -- soak

# Mutants of the pure rooms and of the loop, against unit tests and lives; hours. `just mutants -f src/run/drain.rs` for one
# file, `cargo install --locked cargo-mutants` before.
mutants *OPTIONS:
    LIVES=20000 LIVES_EVENTS=2 cargo mutants {{OPTIONS}}

# Ours beside the originals.
bench:
    cargo bench --locked

lint:
    cargo fmt --check
    cargo clippy --all-targets --test engines --test cluster --locked -- -D warnings

version := `cargo pkgid | sed 's/.*[#@]//'`
revision := `git describe --always --dirty --abbrev=40 --exclude='*'`
created := `TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ`

# The image; `just image pausa --build-arg BUILDER=…` where the default builder is out of reach.
image tag="pausa" *OPTIONS:
    docker build --tag {{tag}} --build-arg VERSION={{version}} --build-arg REVISION={{revision}} \
        --build-arg CREATED={{created}} {{OPTIONS}} .

# One OCI image for all architectures, or for those that are named: target/dist/image, target/dist/pausa-image.tar.
image-all *ARCHITECTURES:
    dist/image {{ARCHITECTURES}}

# What a release consists of, for all architectures or for those that are named: target/dist/release.
release *ARCHITECTURES:
    dist/tools
    dist/release {{ARCHITECTURES}}

# The manual page, as it is and not as it is installed; the others only lead to it, where they are installed.
manual:
    man ./docs/pausa.1

# What CI runs, as root.
ci:
    .ci/run

# The builder image that the suite keeps between runs, and what a killed run left behind.
clean-docker:
    docker ps --all --quiet --filter label=pausa.it.run | xargs --no-run-if-empty docker rm --force
    docker images --format '{{{{.Repository}}:{{{{.Tag}}' 'pausa-it-*/*' | xargs --no-run-if-empty docker rmi --force
    docker images --format '{{{{.Repository}}:{{{{.Tag}}' pausa-it-builder | xargs --no-run-if-empty docker rmi --force
    docker image prune --force --filter label=pausa.it.builder
