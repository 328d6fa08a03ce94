# make run    the whole product on this machine, until Ctrl-C
# make test   everything that must hold, on a throwaway stack of the real parts
# make bench  what was promised of speed and size, against what PostgreSQL alone can do here and now
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := $(CURDIR)/.local/bin
CUNFEN := $(BIN)/cunfen

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
HELM := helm.sh/helm/v3/cmd/helm@v3.22.0
VALIDATE := sigs.k8s.io/kubectl-validate@v0.0.4
# The newest whose schemas are inside kubectl-validate; it asks no cluster and no network.
KUBERNETES := 1.30

.PHONY: run reset test test-inner gofmt-check generated-check test-go generate lint fmt bench charts build

run: build
	@exec $(CUNFEN) dev run

reset: build
	@$(CUNFEN) dev reset

build:
	@mkdir -p $(BIN)
	go build -o $(CUNFEN) ./cmd/cunfen

test: build
	@$(CUNFEN) dev install --tests
	@$(CUNFEN) dev exec -- $(MAKE) test-inner

# test-inner wants the stack's TEST_… variables: call it by make test.
test-inner: gofmt-check generated-check lint test-go

gofmt-check:
	@echo "· gofmt"
	@wrong=$$(find . -path ./.local -prune -o -name '*.go' ! -name '*_templ.go' -print | xargs gofmt -l); \
	if [ -n "$$wrong" ]; then echo "not formatted, run make fmt:"; echo "$$wrong"; exit 1; fi

# The generated code of the screens must be what their templates make.
sums = find . -path ./.local -prune -o -name '*_templ.go' -print0 | sort -z | xargs -0r sha256sum
generated-check:
	@echo "· generated code"
	@before=$$($(sums)); $(MAKE) generate >/dev/null; \
	if [ "$$before" != "$$($(sums))" ]; then echo "*_templ.go was not fresh: run make generate and commit"; exit 1; fi

test-go:
	@echo "· go test -race"
	go test -race -p 2 -timeout 60m ./...

generate:
	go tool templ generate

lint: $(BIN)/golangci-lint
	@echo "· go vet"
	@go vet ./...
	@echo "· golangci-lint"
	@$(BIN)/golangci-lint run ./...

fmt:
	@find . -path ./.local -prune -o -name '*.go' ! -name '*_templ.go' -print | xargs gofmt -w
	go tool templ fmt .

bench: build
	@$(CUNFEN) dev install
	@BENCH_PAGE=$(CURDIR)/doc/performance.md $(CUNFEN) dev exec --durable -- go test -run '^$$' -bench Goals -benchtime 1x -timeout 20m ./internal/bench

charts: $(BIN)/helm $(BIN)/kubectl-validate
	@for values in $$(find charts/cunfen/ci -name '*.yaml' | sort); do \
	  echo "· chart with $$values"; \
	  $(BIN)/helm lint --strict --quiet --kube-version $(KUBERNETES).0 charts/cunfen -f "$$values"; \
	  out=$$(mktemp -d); \
	  $(BIN)/helm template cunfen charts/cunfen -n cunfen --kube-version $(KUBERNETES).0 -f "$$values" --output-dir "$$out" >/dev/null; \
	  KUBECONFIG=/dev/null $(BIN)/kubectl-validate --version $(KUBERNETES) "$$out"; \
	  rm -rf "$$out"; \
	done

# Each tool is built once from its pinned module; a new version here builds it again.
tool = @version=$(lastword $(subst @, ,$(1))); \
	if ! go version -m $(2) 2>/dev/null | grep -c "^	mod	.*	$$version	" >/dev/null; then \
	  echo "· go install $(1)"; GOBIN=$(BIN) CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' $(1); \
	fi

.PHONY: $(BIN)/golangci-lint $(BIN)/helm $(BIN)/kubectl-validate
$(BIN)/golangci-lint:
	$(call tool,$(GOLANGCI),$@)
$(BIN)/helm:
	$(call tool,$(HELM),$@)
$(BIN)/kubectl-validate:
	$(call tool,$(VALIDATE),$@)
