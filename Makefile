# `make demo` and `make test` are all a newcomer needs. Both install what is missing into this folder.
export UV_PYTHON_DOWNLOADS ?= automatic
UV := $(shell command -v uv 2>/dev/null || echo .local/uv/bin/uv)

.PHONY: demo test check format bench screenshots clean

demo: $(UV)
	@$(UV) run --frozen --no-dev gatehouse demo $(ARGS)

test: $(UV)
	@$(UV) run --frozen pytest -n 2 $(ARGS)

check: $(UV)
	$(UV) run --frozen ruff format --check .
	$(UV) run --frozen ruff check .
	$(UV) run --frozen mypy
	$(UV) run --frozen lint-imports

format: $(UV)
	$(UV) run --frozen ruff format .
	$(UV) run --frozen ruff check --fix .

bench: $(UV)
	$(UV) run --frozen --no-dev gatehouse bench $(ARGS)

screenshots: $(UV)
	$(UV) run --frozen python -m tests.screenshots $(ARGS)

clean:
	rm -rf .local .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache screenshots

# uv, where the machine has none: into .local, with nothing else touched.
.local/uv/bin/uv:
	@echo "Installing uv into .local/uv …"
	@python3 .ci/get_uv.py

ifneq ($(UV),.local/uv/bin/uv)
$(UV): ;
endif
