# VServerPanel. 'make' alone tells what there is.
#
# VSERVER_PREFIX=/some/dir  puts every path of the host below that directory (a trial; nothing of the host's is touched but what is said)
# PORT=8420                 where the panel listens, on 127.0.0.1

SHELL := /bin/sh
.DEFAULT_GOAL := help
PREFIX := $(patsubst %/,%,$(VSERVER_PREFIX))
PORT ?=
LIB := $(PREFIX)/usr/lib/vserverpanel
export VSERVER_PREFIX := $(PREFIX)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export DOTNET_CLI_USE_MSBUILD_SERVER := 0

# what the two programs are made of: where none of it is newer, nothing is built
sources = $(shell find $(1) Directory.Build.props Directory.Packages.props global.json \( -name obj -o -name bin \) -prune -o -type f -print)
native_sources := $(call sources,VServerPanel.Native VServerPanel.Protocol) packaging/vserverpanel.sudoers packaging/vservers.service packaging/vserver-panel.service packaging/vserver-standby.service packaging/vserver-standby.timer
panel_sources := $(call sources,VServerPanel VServerPanel.Core VServerPanel.Protocol wwwroot appsettings.json kernel-patches/catalogue.json)

.NOTPARALLEL:
.PHONY: help run native panel build test install start stop link uninstall clean sdk root packages

help:
	@echo 'make run        install what is missing, build, prepare this host, start the panel and tell its address (as root)'
	@echo 'make stop       stop the panel; vservers go on'
	@echo 'make link       another one-time link to make the first administrator'
	@echo 'make test       every test; the last line sums them up'
	@echo 'make native     the vserver command as native code, in artifacts/native'
	@echo 'make panel      the panel, in artifacts/panel'
	@echo 'make install    both into $(LIB), and this host prepared, without starting anything (as root)'
	@echo 'make uninstall  take the programs off this host; vservers, their configuration and the audit history stay'
	@echo 'make clean      remove what was built'
	@echo
	@echo 'VSERVER_PREFIX=/some/dir make run PORT=8421   a trial below that directory'

run: root packages install start

native: artifacts/native/vserver artifacts/native/.objects
panel: artifacts/panel/VServerPanel

artifacts/native/vserver: $(native_sources) | sdk
	dotnet publish VServerPanel.Native -c Release -o artifacts/native --nologo -v quiet
	@touch $@

# beside the command, where it looks for them
artifacts/native/.objects: $(wildcard kernel-patches/*.c kernel-patches/*.h) kernel-patches/Makefile
	@$(MAKE) --no-print-directory -s -C kernel-patches OUT="$(CURDIR)/artifacts/native"
	@touch $@

artifacts/panel/VServerPanel: $(panel_sources) | sdk
	dotnet publish VServerPanel -c Release -o artifacts/panel --nologo -v quiet
	@touch $@

build: sdk
	dotnet build VServerPanel.sln --nologo -v quiet

test:
	@packaging/run-tests

install: root native panel
	@packaging/install-programs "$(LIB)"
	@"$(LIB)/native/vserver" --as vserver-setup $(if $(PORT),--port $(PORT))

start: root
	@"$(LIB)/vserver-panel" start
	@"$(LIB)/vserver-panel" link 2>/dev/null || echo 'Sign in there; there is an administrator already.'

link: root
	@"$(LIB)/vserver-panel" link

stop: root
	@"$(LIB)/vserver-panel" stop

uninstall: root
	@packaging/uninstall "$(LIB)"

clean:
	rm -rf artifacts TestResults
	find VServerPanel VServerPanel.Core VServerPanel.Native VServerPanel.Protocol tests bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

packages: sdk
	@packaging/install-packages run build

root:
	@test "$$(id -u)" = 0 || { echo "This changes the host, so it needs root: sudo make $(MAKECMDGOALS)" >&2; exit 1; }
	@case "$(PREFIX)" in ''|/*) ;; *) echo "VSERVER_PREFIX must be an absolute path, and is '$(PREFIX)'." >&2; exit 1 ;; esac

sdk:
	@command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.' || { \
	echo 'The .NET 10 SDK is needed, and is not on the PATH. On Debian:' >&2; \
	echo '  https://learn.microsoft.com/dotnet/core/install/linux-debian' >&2; \
	echo "Where it is installed for your user only, give root its directory: sudo env PATH=\"\$$PATH\" make $(MAKECMDGOALS)" >&2; exit 1; }
