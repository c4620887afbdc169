# `make demo` and `make test` do everything on a fresh machine; `make help` lists the rest.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Where rustup puts cargo, for shells that were opened before it was installed.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

bindir := $(DESTDIR)$(PREFIX)/bin
sharedir := $(DESTDIR)$(PREFIX)/share
docdir := $(sharedir)/doc/herald
mandir := $(sharedir)/man
# What starts `herald-link listen` with the user's session.
ifeq ($(shell uname -s),Darwin)
unit := $(sharedir)/herald/io.github.herald-cli.link.plist
else
unit := $(DESTDIR)$(PREFIX)/lib/systemd/user/herald-link.service
endif
installed := \
	$(bindir)/herald \
	$(bindir)/herald-player \
	$(bindir)/herald-pack \
	$(bindir)/herald-link \
	$(sharedir)/bash-completion/completions/herald \
	$(sharedir)/zsh/site-functions/_herald \
	$(sharedir)/fish/vendor_completions.d/herald.fish \
	$(sharedir)/elvish/lib/herald.elv \
	$(addprefix $(mandir)/man1/,$(notdir $(wildcard man/*.1))) \
	$(addprefix $(mandir)/man5/,$(notdir $(wildcard man/*.5))) \
	$(unit) \
	$(docdir)/LICENSE-MIT \
	$(docdir)/LICENSE-APACHE \
	$(docdir)/LICENSE-sounds

.PHONY: build demo test wine mutants fuzz torture bench figures audit lint schema transcripts manual package install uninstall help

## build        install what is missing, build the programs
build:
	@scripts/need build
	CARGO=$(CARGO) scripts/build

## demo         build, then play each default event; without an output device, render them to a WAV file
demo: build
	$(TARGET)/shipped/herald preview --or-render $(TARGET)/herald-demo.wav

## test         install what the tests need, run them all
test:
	@scripts/need test
	$(CARGO) test --locked --no-fail-fast $$(scripts/need features)

## wine         run the front for Windows under Wine
wine:
	@scripts/need wine
	if command -v rustup >/dev/null; then rustup target add x86_64-pc-windows-gnu; fi
	CI=true $(CARGO) test --locked --test wine $$(scripts/need features) -- --ignored --test-threads 1

## mutants      put known faults into a copy of the source, and see that a test fails for each
mutants:
	@scripts/need test
	@scripts/mutants

## fuzz         fuzz what reads strangers' bytes, for MINUTES (12) of the processor's time; needs nightly and cargo-fuzz
fuzz:
	@scripts/need test
	@scripts/fuzz

## torture      all that Herald has to survive, in an hour, with a table at the end; MINUTES=2 for a shorter soak
torture:
	@scripts/need test
	@HERALD_TEST_MINUTES=$(or $(MINUTES),20) scripts/torture $(PARTS)

## bench        print the figures; ONLY='wall heard' for single sections, ONLY=--quick to try it
bench:
	@scripts/need figures
	CARGO=$(CARGO) scripts/build
	$(CARGO) bench --locked $$(scripts/need features) --bench figures -- $(ONLY)

## figures      measure them all, and write docs/figures.md, its plots and the README's table
figures:
	@scripts/need figures
	CARGO=$(CARGO) scripts/build
	$(CARGO) bench --locked $$(scripts/need features) --bench figures -- --write $(ONLY)

## audit        known holes, licences and sources of the dependencies; ADVISORY_DB=FOLDER for a clone of the advisories
audit:
	@scripts/audit

## lint         formatting, clippy, documentation, shell scripts
lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets $$(scripts/need features) -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items $$(scripts/need features)
	if command -v shellcheck >/dev/null; then shellcheck benches/rivals/usual-hook.sh scripts/audit scripts/build scripts/fuzz scripts/mutants scripts/need scripts/package scripts/torture completions/herald.bash .ci/run; fi

## schema       write completions/herald.schema.json anew
schema:
	$(CARGO) build --locked --no-default-features
	$(TARGET)/debug/herald config schema > completions/herald.schema.json

## transcripts  write tests/transcripts/ anew: what a terminal shows; read the difference before you commit it
transcripts:
	@scripts/need test
	$(CARGO) test --locked --test transcripts write_anew -- --ignored

## manual       write the pages of man/ anew
manual:
	$(CARGO) run --locked --no-default-features --example make-manual

## package      make archives with checksums and, on Debian and its like, a package, of what is built
package:
	scripts/package archives
	if command -v dpkg-deb >/dev/null; then scripts/package deb; fi

## install      copy programs, completions, manual, unit and licences below PREFIX (/usr/local); run `make build` first
install:
	@test -x $(TARGET)/shipped/herald-link || { echo 'nothing is built yet; run: make build' >&2; exit 1; }
	install -d $(sort $(dir $(installed)))
	install -m 755 $(addprefix $(TARGET)/shipped/,herald herald-player herald-pack herald-link) $(bindir)
	install -m 644 completions/herald.bash $(sharedir)/bash-completion/completions/herald
	install -m 644 completions/_herald $(sharedir)/zsh/site-functions
	install -m 644 completions/herald.fish $(sharedir)/fish/vendor_completions.d
	install -m 644 completions/herald.elv $(sharedir)/elvish/lib
	install -m 644 man/*.1 $(mandir)/man1
	install -m 644 man/*.5 $(mandir)/man5
	sed 's|/usr/bin/|$(PREFIX)/bin/|' scripts/units/$(notdir $(unit)) > $(unit)
	chmod 644 $(unit)
	install -m 644 LICENSE-MIT LICENSE-APACHE $(docdir)
	install -m 644 sounds/herald/LICENSE $(docdir)/LICENSE-sounds

## uninstall    remove exactly these files again
uninstall:
	rm -f $(installed)
	if test -d $(docdir); then rmdir $(docdir); fi

help:
	@sed -n 's/^## /make /p' Makefile
