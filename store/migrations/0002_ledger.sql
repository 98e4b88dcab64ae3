-- The asset ledger 设备台帐: what there is, what depends on what, and everything ever done to it.
CREATE TABLE asset (
    site_id      bigint NOT NULL REFERENCES site (id),
    id           bigint GENERATED ALWAYS AS IDENTITY,
    code         text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    category     text NOT NULL CHECK (category IN ('gate', 'access', 'cctv', 'drainage', 'perimeter', 'power', 'network', 'lift',
                                                   'fire', 'lighting', 'fence', 'structure', 'roof', 'road', 'pipe', 'other')),
    area_id      bigint,
    condition    text NOT NULL DEFAULT 'good' CHECK (condition IN ('good', 'fair', 'poor', 'unsafe')),
    state        text NOT NULL DEFAULT 'in_use' CHECK (state IN ('in_use', 'out_of_use', 'retired')),
    maker        text NOT NULL DEFAULT '',
    model        text NOT NULL DEFAULT '',
    installed_on date,
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, code),
    FOREIGN KEY (site_id, area_id) REFERENCES area (site_id, id)
);

CREATE TABLE asset_dependency (
    site_id       bigint NOT NULL,
    asset_id      bigint NOT NULL,
    depends_on_id bigint NOT NULL CHECK (depends_on_id <> asset_id),
    kind          text NOT NULL CHECK (kind IN ('power', 'network', 'gateway')),
    PRIMARY KEY (site_id, asset_id, depends_on_id, kind),
    FOREIGN KEY (site_id, asset_id) REFERENCES asset (site_id, id),
    FOREIGN KEY (site_id, depends_on_id) REFERENCES asset (site_id, id)
);

-- The thing that reports. Asset ↔ device is 1 : 0..1.
CREATE TABLE device (
    site_id       bigint NOT NULL REFERENCES site (id),
    id            bigint GENERATED ALWAYS AS IDENTITY,
    slug          text NOT NULL CHECK (length(slug) BETWEEN 1 AND 64),
    kind          text NOT NULL,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    asset_id      bigint,
    -- how long it may say nothing; empty: what its kind declares
    silent_after  interval CHECK (silent_after >= interval '1 second'),
    registered_at timestamptz NOT NULL,
    retired_at    timestamptz,
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, slug),
    FOREIGN KEY (site_id, asset_id) REFERENCES asset (site_id, id)
);
-- A retired device keeps its asset, so that the history shows what reported before the replacement.
CREATE UNIQUE INDEX device_of_asset ON device (site_id, asset_id) WHERE retired_at IS NULL;

-- The four kinds of record. Append-only: a correction is a new record that names the one it corrects.
CREATE TABLE asset_record (
    site_id     bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    asset_id    bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('operation', 'inspection', 'repair', 'maintenance')),
    done_at     timestamptz NOT NULL,
    done_by     text NOT NULL CHECK (length(done_by) BETWEEN 1 AND 100),
    summary     text NOT NULL CHECK (length(summary) BETWEEN 1 AND 200),
    detail      text NOT NULL DEFAULT '' CHECK (length(detail) <= 4000),
    outcome     text NOT NULL CHECK (outcome IN ('normal', 'problem', 'fixed', 'not_fixed')),
    cost        numeric(12, 2) CHECK (cost >= 0),
    corrects_id bigint,
    reason      text NOT NULL DEFAULT '',
    written_by  bigint REFERENCES person (id),
    written_at  timestamptz NOT NULL,
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, asset_id) REFERENCES asset (site_id, id),
    FOREIGN KEY (site_id, corrects_id) REFERENCES asset_record (site_id, id),
    CHECK (corrects_id IS NULL OR reason <> '')
);
CREATE INDEX asset_record_asset ON asset_record (site_id, asset_id, done_at DESC, id DESC);
CREATE UNIQUE INDEX asset_record_one_correction ON asset_record (site_id, corrects_id) WHERE corrects_id IS NOT NULL;
CREATE TRIGGER asset_record_append_only BEFORE UPDATE OR DELETE ON asset_record FOR EACH ROW EXECUTE FUNCTION refuse_change();
