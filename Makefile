# cp-filters: the Control Plane as Unix filters. `make demo` shows it, `make check` proves it; both set up what they need.
# Everything is found by wildcard: a new filter, module, page, schema or test needs no line here.
VERSION  = 0.1.0
CC       = gcc
PREFIX   = /usr/local
DESTDIR  =
WERROR   = 1
SANITIZE =
JOBS     = 2
# A sanitized build is another build: its objects never meet the plain ones.
BUILD    = $(if $(SANITIZE),build/$(if $(findstring address,$(SANITIZE)),asan,$(SANITIZE)),build)
T        =
# V=1 shows whole commands.
V        =
say      = $(if $(V),,@echo '  $(1)' $(patsubst $(BUILD)/%,%,$@);)

WARN    = -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
          -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wold-style-definition $(if $(filter 1,$(WERROR)),-Werror)
HARDEN  = -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS  = -O2 -g
DIRS    = -DCP_SCHEMA_DIR='"$(PREFIX)/share/cp-filters/schemas"' -DCP_BIN_DIR='"$(PREFIX)/bin"'
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DCP_VERSION='"$(VERSION)"' $(DIRS) -Icommon $(WARN) $(HARDEN) $(CFLAGS) \
          $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
LIBS    = -lcsv -lyaml -lcmark -lpcre2-8 -lcrypto -lz -lpthread

COMMON  = $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*/*.c))
PROGRAMS = $(patsubst %.c,$(BUILD)/bin/%,$(notdir $(wildcard filters/*/*.c)))
SCRIPTS = $(patsubst %.sh,$(BUILD)/bin/%,$(notdir $(wildcard filters/*/*.sh)))
PAGES   = $(patsubst %,$(BUILD)/%,$(wildcard man/*.[157]))
UNITS   = $(patsubst %.c,$(BUILD)/%,$(wildcard t/unit/test_*.c t/unit/*/test_*.c))
REPLAYS = $(patsubst fuzz_%.c,$(BUILD)/t/fuzz/replay_%,$(notdir $(wildcard t/fuzz/*/fuzz_*.c)))
FUZZERS = $(patsubst %.c,$(BUILD)/t/fuzz/%,$(notdir $(wildcard t/fuzz/*/fuzz_*.c)))
FUZZ_H  = $(wildcard t/fuzz/*/*.h)
SHIMS   = $(patsubst t/fault/%.c,$(BUILD)/%.so,$(filter-out t/fault/replay.c,$(wildcard t/fault/*.c)))
VPATH   = $(wildcard filters/* t/fuzz/*)

all: $(PROGRAMS) $(SCRIPTS) $(PAGES) $(BUILD)/share/cp-filters/schemas $(BUILD)/share/cp-filters/flow.inc

# Rewritten only when it says something else, so a change of flags rebuilds and a second make does nothing.
FLAGS = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@

# ar forgets nothing by itself: the list of members is a prerequisite, so that a module taken away leaves the archive.
$(BUILD)/libcommon.list: force
	@mkdir -p $(@D)
	@echo $(COMMON) | cmp -s - $@ || echo $(COMMON) >$@

$(BUILD)/libcommon.a: $(COMMON) $(BUILD)/libcommon.list
	@rm -f $@
	$(call say,AR)ar rcs $@ $(COMMON)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bin/%: %.c $(BUILD)/libcommon.a $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/filters
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/filters/$*.d -MT $@ -o $@ $< $(BUILD)/libcommon.a $(ALL_LDFLAGS) $(LIBS)

$(BUILD)/bin/%: %.sh
	@mkdir -p $(@D)
	@install -m 755 $< $@

$(BUILD)/man/%: man/%
	@mkdir -p $(@D)
	@install -m 644 $< $@

# A program looks for schemas in ../share beside its own directory, then in CP_SCHEMA_DIR.
$(BUILD)/share/cp-filters/schemas:
	@mkdir -p $(@D)
	@ln -sfn $(CURDIR)/schemas $@

# What compositions source.
$(BUILD)/share/cp-filters/flow.inc: filters/flow/flow.inc
	@mkdir -p $(@D)
	@install -m 644 $< $@

# A unit test says in its first line what else it needs: /* LIBS: -ljansson */
unit_libs = $(shell sed -n '1s|^/\* LIBS: \(.*\) \*/$$|\1|p' $<)
$(BUILD)/t/unit/%: t/unit/%.c t/unit/unit.h $(BUILD)/libcommon.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -It/unit -MMD -MP -MT $@ -o $@ $< $(BUILD)/libcommon.a $(ALL_LDFLAGS) $(unit_libs) $(LIBS)

# A fuzzer is built twice: with libFuzzer by `make fuzz`, and by `make check` with a driver that replays its corpus.
$(BUILD)/t/fuzz/replay_%: fuzz_%.c t/house/replay.c $(FUZZ_H) $(BUILD)/libcommon.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -o $@ $< t/house/replay.c $(BUILD)/libcommon.a $(ALL_LDFLAGS) \
		$(unit_libs) $(LIBS)

$(BUILD)/t/fuzz/fuzz_%: fuzz_%.c $(FUZZ_H) $(BUILD)/libcommon.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -fsanitize=fuzzer -o $@ $< $(BUILD)/libcommon.a $(ALL_LDFLAGS) \
		$(unit_libs) $(LIBS)

# Preload shims of the fault tests; they are loaded into foreign processes, so they carry no sanitizer.
$(BUILD)/%.so: t/fault/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -Wno-missing-prototypes -Wno-shadow $(CFLAGS) -fPIC -shared -o $@ $< -ldl -lpthread

# What a disk may hold after a power cut, worked out from what a shim wrote down.
$(BUILD)/replay: t/fault/replay.c $(BUILD)/flags
	$(call say,CC)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $<

units: $(UNITS) $(REPLAYS) $(SHIMS) $(BUILD)/replay

# --- What people call ---

deps:
	@t/house/deps check

demo:
	@t/house/deps build
	@$(MAKE) --no-print-directory all
	@BUILD=$(CURDIR)/$(BUILD) PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" sh examples/demo.sh

ASAN = $(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined
# T=t/tree narrows it to what lies there, without sanitizers and lint: `make check T=t/tree/cp-walk.bats`.
check:
	@t/house/deps check
	@$(MAKE) --no-print-directory -j$(JOBS) all units
ifeq ($(T),)
	@$(ASAN) -j$(JOBS) all units
	@t/run --jobs $(JOBS) --lint --man $(BUILD) $(BUILD)/asan
else
	@t/run --jobs $(JOBS) --only $(T) $(BUILD)
endif

check-long: fuzz
	@t/house/deps oracles
	@$(MAKE) --no-print-directory -j$(JOBS) all units
	@t/run --jobs $(JOBS) --long $(BUILD)

# Cuts changes of a plane short at every call, and counts what was not whole after that. STEP=10 is a thin run.
crashproof:
	@t/house/deps build
	@$(MAKE) --no-print-directory -j$(JOBS) all units
	@t/fault/crashproof --step $(or $(STEP),1) --jobs $(JOBS) $(BUILD)

lint:
	@t/house/deps check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@t/run --jobs $(JOBS) --only-lint $(BUILD)

bench: all
	@set -e; for b in $(if $(T),$(T),$(wildcard t/bench/*)); do \
		if [ -f $$b ] && [ -x $$b ]; then PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" BUILD=$(CURDIR)/$(BUILD) $$b; fi; done

fuzz:
	@t/house/deps check
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=build/fuzz CC=clang WERROR= SANITIZE=address,undefined,fuzzer-no-link fuzzers

fuzzers: $(FUZZERS)

coverage:
	@t/house/deps check
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=build/cov WERROR= CFLAGS='-O0 -g --coverage' HARDEN=-fPIE all units
	@t/house/coverage build/cov

stage = $(BUILD)/stage
staged: all
	@t/house/stage $(BUILD) $(stage) $(PREFIX)

install: staged
	@cd $(stage) && find . -type f | sed 's|^\./||' | while read -r f; do \
		install -D -m $$(stat -c %a "$$f") "$$f" "$(DESTDIR)$(PREFIX)/$$f" || exit 1; done

uninstall: staged
	@cd $(stage) && find . -type f | sed 's|^\./||' | while read -r f; do rm -f "$(DESTDIR)$(PREFIX)/$$f"; done
	@for d in share/cp-filters share/doc/cp-filters; do \
		[ ! -d "$(DESTDIR)$(PREFIX)/$$d" ] || find "$(DESTDIR)$(PREFIX)/$$d" -depth -type d -empty -delete; done

# Writes the list of programs into cp(7) and README from cp(7).
readme: all
	@t/house/programs $(BUILD)/bin >$(BUILD)/programs
	@sed -i -e '/^\.\\" The list of programs:/,/^\.\\" The end of the list/{//!d}' \
		-e '/^\.\\" The list of programs:/r $(BUILD)/programs' man/cp.7
	@t/house/readme >README.new && mv README.new README

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/common/*/*.d $(BUILD)/filters/*.d $(BUILD)/t/unit/*.d $(BUILD)/t/unit/*/*.d)

.PHONY: all units deps demo check check-long crashproof lint bench fuzz fuzzers coverage staged install uninstall readme clean force
.DELETE_ON_ERROR:
