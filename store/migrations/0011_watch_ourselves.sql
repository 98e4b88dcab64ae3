-- What is told of ingest besides: whether it hears, when it last took something in, and what the database refuses.
ALTER TABLE ingester
    -- not subscribed at the broker since then; NULL: it hears
    ADD COLUMN deaf_since     timestamptz,
    ADD COLUMN received_at    timestamptz,
    ADD COLUMN committed_at   timestamptz,
    -- the longest that a message lately waited from its receipt to its commit
    ADD COLUMN lag_ms         bigint NOT NULL DEFAULT 0,
    -- the SQLSTATE by which the database refuses what is written; empty: it takes it
    ADD COLUMN problem        text NOT NULL DEFAULT '',
    ADD COLUMN problem_since  timestamptz,
    ADD COLUMN problem_detail text NOT NULL DEFAULT '',
    ADD COLUMN memory_bytes   bigint NOT NULL DEFAULT 0,
    -- for programs that watch: see ingest.meter.Report
    ADD COLUMN report         jsonb NOT NULL DEFAULT '{}',
    ADD CHECK ((problem = '') = (problem_since IS NULL));

-- Processes that run the jobs, and how each job went there the last time.
CREATE TABLE job_runner (
    name       text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    runs       jsonb NOT NULL
);

-- Alerts and channels of the installation itself, which is no site: their site_id is 0.
ALTER TABLE site ADD CHECK (id > 0);
ALTER TABLE alert
    DROP CONSTRAINT alert_site_id_fkey,
    ADD COLUMN of_site bigint GENERATED ALWAYS AS (nullif(site_id, 0)) STORED REFERENCES site (id);
ALTER TABLE notification_channel
    DROP CONSTRAINT notification_channel_site_id_fkey,
    ADD COLUMN of_site bigint GENERATED ALWAYS AS (nullif(site_id, 0)) STORED REFERENCES site (id);
