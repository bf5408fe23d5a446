# The chatroom. `make help` lists the targets.

# With all processors, unless the command line says otherwise.
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

CXXFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
override CPPFLAGS += -I.
override CXXFLAGS += -std=c++20 -pthread $(WARNINGS)
LDLIBS := -lcrypt

# A variant is a whole build of its own (make asan, make tsan): its objects and programs live apart.
BUILD ?= build/plain
BIN ?= .
# Where the objects of the tests are. A variant may link those of the plain build: see ASAN_BUILD.
TESTS_BUILD ?= $(BUILD)

CHAT := $(sort $(wildcard chat/*/*.cpp))
CHAT_OBJECTS := $(CHAT:%.cpp=$(BUILD)/%.o)
UNIT_OBJECTS := $(patsubst %.cpp,$(TESTS_BUILD)/%.o,$(sort $(wildcard tests/unit/*.cpp tests/unit/*/*.cpp)))
SIEGE_OBJECTS := $(patsubst %.cpp,$(TESTS_BUILD)/%.o,$(sort $(wildcard tests/siege/*.cpp)))
SYSTEM_OBJECTS := $(patsubst %.cpp,$(TESTS_BUILD)/%.o,$(sort $(wildcard tests/system/*.cpp)))
FUZZ_TARGETS := $(filter-out replay,$(patsubst tests/fuzz/%.cpp,%,$(sort $(wildcard tests/fuzz/*.cpp))))
TESTS := $(BUILD)/unit_tests $(BUILD)/system_tests $(BUILD)/siege_tests $(FUZZ_TARGETS:%=$(BUILD)/replay/%)

.PHONY: all
all: $(BIN)/server $(BIN)/client ## build ./server and ./client (the default)

$(BIN)/server: $(BUILD)/server.o $(BUILD)/libchat.a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BIN)/client: $(BUILD)/client.o $(BUILD)/libchat.a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libchat.a: $(CHAT_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# What takes most of a build's time are the tests, which use Boost.Test: its header and the standard
# library's are compiled once, and they are not optimised, as what they test is.
BOOST_OBJECTS := $(UNIT_OBJECTS) $(SYSTEM_OBJECTS) $(SIEGE_OBJECTS)
BOOST_AND := algorithm atomic chrono condition_variable filesystem fstream future mutex thread
BOOST := $(TESTS_BUILD)/tests/boost.hpp

$(BOOST_OBJECTS): private override CPPFLAGS += -DBOOST_TEST_DYN_LINK
$(BOOST_OBJECTS): private override CXXFLAGS += -O0 -g1
# From g++ 15 on, what Boost.Test's macros do with a message counts as a conversion of the test's own.
$(BOOST_OBJECTS): private override CXXFLAGS += $(shell \
  [ "$$($(CXX) -dumpversion | cut -d. -f1)" -lt 15 ] || echo -Wno-conversion)
# From clang 22 on, their __COUNTER__ counts as an extension; the others know no such warning.
$(BOOST_OBJECTS): private override CXXFLAGS += -Wno-unknown-warning-option -Wno-c2y-extensions
# main.cpp includes the header in a way of its own.
$(filter-out %/main.o,$(BOOST_OBJECTS)): $(BOOST).gch
$(filter-out %/main.o,$(BOOST_OBJECTS)): private override CPPFLAGS += -include $(BOOST)

$(BOOST).gch:
	@mkdir -p $(@D)
	printf '#include <%s>\n' boost/test/unit_test.hpp $(BOOST_AND) >$(BOOST)
	$(CXX) $(CPPFLAGS) -DBOOST_TEST_DYN_LINK $(CXXFLAGS) -O0 -g1 -x c++-header -o $@ $(BOOST)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# What is tested comes first: of a function that stands in a header, its own copy is linked.
$(BUILD)/unit_tests: $(CHAT_OBJECTS) $(UNIT_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lboost_unit_test_framework

$(BUILD)/system_tests: $(CHAT_OBJECTS) $(SYSTEM_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lboost_unit_test_framework

$(BUILD)/siege_tests: $(CHAT_OBJECTS) $(SIEGE_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lboost_unit_test_framework

$(BUILD)/churn $(BUILD)/chaos: $(BUILD)/%: $(BUILD)/tests/endurance/%.o $(BUILD)/libchat.a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: dev
dev: ## build server, client and unit tests without optimising, in build/dev: the quickest way to try a change
	$(MAKE) BUILD=build/dev BIN=build/dev CXXFLAGS=-O0 build/dev/server build/dev/client build/dev/unit_tests

# Testing. The sanitizers are variants: the same targets, built apart with other flags.

# Without the vptr check: it opens a pipe to look at an object, and calls the object broken where a
# test has used up all descriptors.
ASAN := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize=vptr \
        -fno-sanitize-recover=all
TSAN := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread
# At a fixed address a program starts in half the time, and the tests start thousands.
# The tests themselves are not instrumented (which takes as long as all the rest), what they test is.
ASAN_BUILD = BUILD=build/asan BIN=build/asan TESTS_BUILD=build/plain CXXFLAGS='$(CXXFLAGS) $(ASAN)' LDFLAGS='$(LDFLAGS) -no-pie'
SOURCES := $(CHAT) server.cpp client.cpp

.PHONY: tests test-objects asan-tests tsan-tests test smoke asan tsan
tests: all $(TESTS) ## build the test programs

test-objects: $(BOOST_OBJECTS)

asan-tests: test-objects ## build them with AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) $(ASAN_BUILD) tests

tsan-tests: ## build them, and the churn, with ThreadSanitizer
	$(MAKE) BUILD=build/tsan BIN=build/tsan CXXFLAGS='$(CXXFLAGS) $(TSAN)' tests build/tsan/churn

test: tests replay ## run unit tests, system tests, the siege, and what the fuzzer has found
	$(BUILD)/unit_tests
	$(BUILD)/system_tests
	$(BUILD)/siege_tests --run_test='!@minutes'

smoke: all ## run the smoke scripts, each a demonstration of one thing the room does
	BIN='$(BIN)' scripts/smoke.sh

asan: asan-tests ## run unit tests, system tests and the siege with AddressSanitizer and UBSan
	build/asan/unit_tests
	build/asan/system_tests
	build/asan/siege_tests --run_test='!@minutes'

tsan: tsan-tests ## run system tests and 60 s of churn with ThreadSanitizer
	build/tsan/system_tests
	build/tsan/churn 60 30

# SOAK_SECONDS=120 SOAK_RESTARTS=100 is a first look.

SOAK_SECONDS ?= 600
SOAK_RESTARTS ?= 500

.PHONY: soak churns
churns: ## build the churn with both sanitizers
	$(MAKE) $(ASAN_BUILD) build/asan/churn
	$(MAKE) BUILD=build/tsan BIN=build/tsan CXXFLAGS='$(CXXFLAGS) $(TSAN)' build/tsan/churn

soak: ## churn for SOAK_SECONDS (600) with each sanitizer, and the other tests that take minutes
	scripts/soak.sh $(SOAK_SECONDS) $(SOAK_RESTARTS)

CHAOS_SECONDS ?= 300

.PHONY: chaos
chaos: ## for CHAOS_SECONDS (300): broken connections, a killed server, and nothing missed or doubled
	scripts/chaos.sh $(CHAOS_SECONDS)

FRESH_RELEASES ?= bookworm trixie

.PHONY: fresh
fresh: ## try README's first commands in new minimal roots of FRESH_RELEASES (bookworm trixie), as root
	$(foreach release,$(FRESH_RELEASES),scripts/fresh.sh $(release) &&) true

# Fuzzing, with clang's libFuzzer. What it finds is kept in tests/fuzz/corpus, which the replay runs
# through without a fuzzer, in every build.

FUZZ_SECONDS ?= 60
FUZZ_CXX ?= clang++
FUZZ := -O1 -g1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
        -fno-sanitize-recover=all

$(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libchat.a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

build/fuzz/%: build/fuzz/tests/fuzz/%.o build/fuzz/libchat.a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

.SECONDARY:  # objects that only a pattern asks for are kept all the same

.PHONY: replay fuzz fuzzers
replay: $(FUZZ_TARGETS:%=$(BUILD)/replay/%) ## run the kept inputs of the fuzzer through their targets
	$(foreach target,$(FUZZ_TARGETS),$(BUILD)/replay/$(target) tests/fuzz/corpus/$(target) &&) true

fuzzers: ## build them, with clang
	$(MAKE) BUILD=build/fuzz CXX='$(FUZZ_CXX)' CXXFLAGS='$(CXXFLAGS) $(FUZZ)' $(FUZZ_TARGETS:%=build/fuzz/%)

fuzz: ## let the fuzzer look for new inputs, FUZZ_SECONDS (60) for each target, with clang
	scripts/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Speed. `make bench BENCH=--quick` is a first look in about a minute; BENCH=--help: the options.

BENCH_OBJECTS := $(patsubst %.cpp,$(BUILD)/%.o,$(sort $(wildcard tests/bench/*.cpp)))

$(BUILD)/bench: $(BENCH_OBJECTS) $(BUILD)/libchat.a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: bench
bench: all $(BUILD)/bench ## measure the room beside a bare loop of send() and the peers installed
	$(BUILD)/bench --server $(BIN)/server $(BENCH)

# Installing. DESTDIR is put in front of everything, as packages need it.

VERSION := $(shell sed -n 's/.*kVersion = "\(.*\)".*/\1/p' chat/base/version.hpp)
PREFIX ?= /usr/local
MANUALS := chatroom-server.8 chatroom.1 chatroom-accounts.5 chatroom-protocol.7

# Each file, and where it goes.
define INSTALLED
$(BIN)/server:bin/chatroom-server:755
$(BIN)/client:bin/chatroom:755
$(foreach page,$(MANUALS),scripts/packaging/man/$(page):share/man/man$(subst .,,$(suffix $(page)))/$(page):644)
scripts/packaging/completion/chatroom.bash:share/bash-completion/completions/chatroom:644
scripts/packaging/completion/chatroom.bash:share/bash-completion/completions/chatroom-server:644
scripts/packaging/completion/_chatroom:share/zsh/site-functions/_chatroom:644
scripts/packaging/completion/chatroom.fish:share/fish/vendor_completions.d/chatroom.fish:644
scripts/packaging/completion/chatroom.fish:share/fish/vendor_completions.d/chatroom-server.fish:644
scripts/packaging/systemd/chatroom.socket:lib/systemd/system/chatroom.socket:644
scripts/packaging/systemd/sysusers.conf:lib/sysusers.d/chatroom.conf:644
endef

.PHONY: install uninstall dist deb
install: all ## install under PREFIX (/usr/local): programs, manual pages, completion, systemd's unit
	$(foreach entry,$(INSTALLED),$(call install_entry,$(subst :, ,$(entry))))
	sed 's|@PREFIX@|$(PREFIX)|' scripts/packaging/systemd/chatroom.service | \
	  install -m 644 /dev/stdin '$(DESTDIR)$(PREFIX)/lib/systemd/system/chatroom.service'

define install_entry
install -D -m $(word 3,$(1)) $(word 1,$(1)) '$(DESTDIR)$(PREFIX)/$(word 2,$(1))'

endef

uninstall: ## remove what was installed
	$(foreach entry,$(INSTALLED),rm -f '$(DESTDIR)$(PREFIX)/$(word 2,$(subst :, ,$(entry)))' && ) true
	rm -f '$(DESTDIR)$(PREFIX)/lib/systemd/system/chatroom.service'

dist: ## pack the sources into build/chatroom-VERSION.tar.gz
	mkdir -p build
	git archive --prefix=chatroom-$(VERSION)/ -o build/chatroom-$(VERSION).tar.gz HEAD

deb: all ## pack build/chatroom_VERSION_ARCHITECTURE.deb
	scripts/packaging/deb.sh $(VERSION)

.PHONY: tidy format clean
tidy: ## check with clang-tidy and clang's -Wthread-safety
	clang++ $(CPPFLAGS) -std=c++20 -fsyntax-only -Wthread-safety -Werror $(SOURCES)
	printf '%s\n' $(SOURCES) | xargs -P "$$(nproc)" -I{} clang-tidy --quiet {} -- $(CPPFLAGS) -std=c++20

format: ## lay out the sources with clang-format
	find chat tests *.cpp -name '*.[ch]pp' -exec clang-format -i {} +

clean: ## remove what was built
	rm -rf build server client
