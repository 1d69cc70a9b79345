# The commands of this repository. Each is a script, so that it reads well and can be called alone.
SHELL := bash
.PHONY: run test check contract faults citus-test soak upgrade-test release-test container-test bench bench-quick bench-check bench-growth bench-large bench-memory bench-rls bench-replica bench-report bench-streams bench-sync docs reference ha-test instances-test bench-scale bench-shards help

help:
	@echo "make run    build and start the API and the web app, with a fresh .env where there is none"
	@echo "make test   install what the tests need, then run every check and test"
	@echo "make check  formatting, lints and documentation of the Rust part only"
	@echo "make docs   build the documents as a site in target/site and check its links"
	@echo "make reference  make the pages of reference in docs/ again after a change of settings, commands, errors or operations"
	@echo "make contract  hold the server to openapi.json for longer, with a new seed"
	@echo "make faults  break the server and its database on purpose, for longer than the tests do"
	@echo "make citus-test  the tests on a Citus of three servers, and its faults; needs Citus (docs/OPERATIONS.md)"
	@echo "make soak   half an hour of load and one fault after the other; SOAK_MINUTES for more or less"
	@echo "make ha-test  PostgreSQL fails over under load; needs Patroni, etcd and HAProxy; HA_ROUNDS=10 for the long form"
	@echo "make upgrade-test  the last release, filled, then upgraded to this tree under load and rolled back once"
	@echo "make release-test  build the static program and the .deb, and install both on a fresh Debian; needs root"
	@echo "make instances-test  ten instances behind nginx on PgBouncer, about three minutes"
	@echo "make container-test  build the images and run compose.yaml for real; needs Docker"
	@echo "make bench  Taskbridge beside its peers, about 45 minutes; bench-quick: one round, 10 minutes; see bench/README.md"
	@echo "make bench-check  instructions per operation against bench/budget.toml; needs valgrind"
	@echo "make bench-growth, bench-large, bench-memory  cost as the table grows; a user with 10,000 tasks; memory and start-up"
	@echo "make bench-streams  2,000 event streams: how late hints are, memory, what other requests pay"
	@echo "make bench-sync  a list that has not changed, and the feed of 10,000 tasks"
	@echo "make bench-scale, bench-shards  what users, tasks, writes and sign-ins cost; ten million users on shards, simulated: docs/SCALE.md"
	@echo "make bench-rls  what DATABASE_RLS=on costs"
	@echo "make bench-replica  what a read replica could bring at most, from CPU time on primary and replica"
	@echo "make bench-report  fill docs/PERFORMANCE.md and its charts from the newest results"

run:
	@scripts/run

test:
	@scripts/test

check:
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked --quiet

docs:
	@scripts/build-docs

reference:
	TASKBRIDGE_WRITE_REFERENCE=1 cargo test --locked --quiet --test api -- reference::

contract:
	scripts/test-contract 500 $$RANDOM

faults:
	TASKBRIDGE_FAULTS=long cargo test --release --locked --test faults -- --nocapture --test-threads=1

citus-test:
	@scripts/citus-cluster run scripts/test-citus

soak:
	cargo test --release --locked --test faults -- --ignored --nocapture soak

ha-test:
	@scripts/ha-cluster --check
	cargo test --locked --test faults -- --ignored --nocapture failover

upgrade-test:
	@scripts/test-upgrade

release-test:
	scripts/build-static
	scripts/test-packages

instances-test:
	cargo test --locked --test faults -- --ignored --nocapture --test-threads=1 instances

container-test:
	@scripts/test-container

bench:
	bench/run.py default

bench-quick:
	bench/run.py quick

bench-check:
	bench/check.py

bench-growth:
	bench/growth.py

bench-large:
	bench/large.py

bench-streams:
	bench/streams.py

bench-sync:
	bench/sync.py

bench-scale:
	scripts/build-web
	bench/capacity.py

bench-shards:
	bench/shards.py

bench-memory:
	bench/memory.py

bench-rls:
	bench/run.py default --database postgres --workload list,get,create --connections 32 --server taskbridge,rls

bench-report:
	bench/report.py

bench-replica:
	bench/replica.py
