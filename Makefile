# make run · make test · make bench · make deb · make deps
SHELL := /bin/bash
BUILD ?= debug
SECONDS ?= 60
JOBS ?= 2
export QUAI_RUN QUAI_OWN_PBX QUAI_HTTP_PORT QUAI_MQTT_PORT QUAI_PBX_PORT QUAI_ERP_PORT QUAI_SPEED QUAI_ONCE

.PHONY: run test screenshots test-api test-postgresql test-doctor test-brokers test-interop test-pbx test-usb fuzz simulate sequences model bench deb release test-install test-cluster deps deps-test build rules torture clean

run: deps
	@packaging/run --check-ports
	@packaging/build -c $(BUILD)
	@QUAI_BIN="$$(swift build -c $(BUILD) --show-bin-path)" exec packaging/run

build:
	@packaging/build -c $(BUILD)

test: deps deps-test
	@packaging/test

# The tests of tables, desks and followers once more, over a PostgreSQL server of their own.
test-postgresql: deps deps-test
	@swift build --build-tests && QUAI_TEST_STORE=postgresql swift test --skip-build --filter '^(Depot|Followers)Tests'

# The API against a validator, schemathesis and a client generator from Python's index; EXAMPLES=100 for more requests.
test-api: deps deps-test build
	@packaging/test-api

# Broken states, each for real, and what edge-agent doctor says of them: three minutes.
test-doctor: deps deps-test build
	@packaging/test-doctor

# What Mosquitto, two of them bridged, clusters of RabbitMQ and ejabberd, and amqtt honour, and Quai over them while their nodes are killed: five minutes.
test-brokers: deps deps-test build
	@packaging/test-brokers --install

# Public clients from Python's index at our simulated readers, and our LLRP driver at a public reader.
test-interop: deps deps-test build
	@packaging/test-interop

# Calls between SIP telephones through an Asterisk that is installed here; QUAI_PBX=PATH for another one.
test-pbx: deps build
	@QUAI_BIN="$$(swift build -c $(BUILD) --show-bin-path)" packaging/test-pbx

# Pictures of the pages on the simulated morning, in docs/images; what a first visit weighs: packaging/screenshots --figures.
screenshots: deps deps-test build
	@QUAI_BIN="$$(swift build -c $(BUILD) --show-bin-path)" packaging/screenshots

# USB readers through a real kernel, in a small qemu guest.
test-usb: deps
	@packaging/build -c release --static-swift-stdlib
	@QUAI_BIN="$$(swift build -c release --show-bin-path)" packaging/test-usb

# Every entry point for so many seconds; for a night: make fuzz SECONDS=1800
fuzz: deps
	@fuzz/run $(SECONDS)

bench: deps
	@packaging/build -c release --static-swift-stdlib
	@QUAI_BIN="$$(swift build -c release --show-bin-path)" bench/run

# Debian packages, in artefacts/.
deb: deps
	@packaging/deps package
	@packaging/build -c release --static-swift-stdlib
	@packaging/deb "$$(swift build -c release --show-bin-path)" artefacts

# Two machines under systemd: installed, scanned at, without power, upgraded, rolled back, purged.
test-install: deps
	@packaging/deps install
	@packaging/build -c release --static-swift-stdlib
	@QUAI_BIN="$$(swift build -c release --show-bin-path)" packaging/test-install

# Database, brokers, centres and sites in network namespaces, while they die and lose one another; MINUTES=20 AGENTS=200 CENTRES=3 SEED=7 for the whole.
test-cluster: deps deps-test build
	@packaging/test-cluster --install --minutes $${MINUTES:-3} --agents $${AGENTS:-20} --centres $${CENTRES:-3} --seed $${SEED:-1}

# Packages that can be built again byte for byte, with what is in them, sums and a signature, in artefacts/release.
release: deps
	@packaging/deps package
	@packaging/release

# Seeds of the simulated world; for a night: make simulate SEEDS=1000000; three centres on a failing PostgreSQL: CENTRES=1
simulate: deps
	@packaging/build -c release
	@"$$(swift build -c release --show-bin-path)/Simulate" --seeds $${SEEDS:-10000} --from $${FROM:-1} --jobs $(JOBS) $${CENTRES:+--centres}

# Random stories of a depot against both ERPs' stand-ins; for a night: make sequences SEQUENCES=1000000 PEER=tryton
sequences: deps
	@packaging/build -c release
	@"$$(swift build -c release --show-bin-path)/edge-sim" sequences --sequences $${SEQUENCES:-100000} --seed $${SEED:-1} --jobs $(JOBS) $${PEER:+--peer $$PEER}

# Every order of events within small bounds (needs spin).
model: deps-test
	@docs/explanation/model/check

torture: deps build
	@"$$(swift build -c $(BUILD) --show-bin-path)/edge-sim" torture --seed $${SEED:-1} --cycles $${CYCLES:-200}

# What Debian must provide; installed when missing.
deps:
	@packaging/deps run

deps-test:
	@packaging/deps test

rules: build
	@"$$(swift build -c $(BUILD) --show-bin-path)/edge-agent" rules > udev/60-quai.rules
	@"$$(swift build -c $(BUILD) --show-bin-path)/edge-agent" rules --page > docs/reference/readers.md

clean:
	rm -rf .build run artefacts
