# cp-filters: the Control Plane as Unix filters. `make demo` shows it, `make check` proves it; both set up what they need.
VERSION  = 0.1.0
CC       = gcc
BUILD    = build
PREFIX   = /usr/local
DESTDIR  =
WERROR   = 1
SANITIZE =

WARN    = -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
          -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wold-style-definition $(if $(filter 1,$(WERROR)),-Werror)
HARDEN  = -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS  = -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DCP_VERSION='"$(VERSION)"' -Icommon $(WARN) $(HARDEN) $(CFLAGS) \
          $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
LIBS    = -lcsv -lyaml -lcmark -lpcre2-8 -larchive -lcrypto -lpthread

COMMON  = $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*/*.c))
PROGRAMS = $(patsubst %.c,$(BUILD)/bin/%,$(notdir $(wildcard filters/*/*.c)))
SCRIPTS = $(patsubst %.sh,$(BUILD)/bin/%,$(notdir $(wildcard filters/*/*.sh)))
VPATH   = $(wildcard filters/*)

all: $(PROGRAMS) $(SCRIPTS)

$(BUILD)/libcommon.a: $(COMMON)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bin/%: %.c $(BUILD)/libcommon.a
	@mkdir -p $(@D) $(BUILD)/filters
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/filters/$*.d -MT $@ -o $@ $< $(BUILD)/libcommon.a $(ALL_LDFLAGS) $(LIBS)

$(BUILD)/bin/%: %.sh
	@mkdir -p $(@D)
	install -m 755 $< $@

-include $(wildcard $(BUILD)/common/*/*.d $(BUILD)/filters/*.d)

.PHONY: all
