# The commands of this repository. Each is a script, so that it reads well and can be called alone.
.PHONY: run test check bench-paging help

help:
	@echo "make run    build and start the API and the web app, with a fresh .env where there is none"
	@echo "make test   install what the tests need, then run every check and test"
	@echo "make check  formatting, lints and documentation of the Rust part only"
	@echo "make bench-paging  what a page of the list costs among a million tasks"

run:
	@scripts/run

test:
	@scripts/test

check:
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked --quiet

bench-paging:
	cargo bench --locked --bench paging
