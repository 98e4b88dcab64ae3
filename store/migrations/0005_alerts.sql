-- One open alert for each subject and rule, by the index and not by good intentions.
CREATE TABLE alert (
    site_id         bigint NOT NULL REFERENCES site (id),
    id              bigint GENERATED ALWAYS AS IDENTITY,
    rule            text NOT NULL,
    -- device:12, round:99, ingester:gatehouse-ingest
    subject         text NOT NULL,
    subject_name    text NOT NULL,
    severity        text NOT NULL CHECK (severity IN ('critical', 'major', 'minor')),
    since           timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    facts           jsonb NOT NULL DEFAULT '{}',
    acknowledged_at timestamptz,
    acknowledged_by bigint REFERENCES person (id),
    resolved_at     timestamptz,
    -- NULL while resolved_at is set: it cleared by itself
    resolved_by     bigint REFERENCES person (id),
    PRIMARY KEY (site_id, id),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK (resolved_by IS NULL OR resolved_at IS NOT NULL)
);
CREATE UNIQUE INDEX alert_one_open ON alert (site_id, subject, rule) WHERE resolved_at IS NULL;
CREATE INDEX alert_time ON alert (site_id, opened_at DESC, id DESC);

-- Who did what to an alert and when. Append-only.
CREATE TABLE alert_entry (
    site_id   bigint NOT NULL,
    alert_id  bigint NOT NULL,
    id        bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL,
    action    text NOT NULL CHECK (action IN ('opened', 'updated', 'acknowledged', 'resolved', 'cleared', 'note')),
    person_id bigint REFERENCES person (id),
    note      text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    PRIMARY KEY (site_id, alert_id, id),
    FOREIGN KEY (site_id, alert_id) REFERENCES alert (site_id, id)
);
CREATE TRIGGER alert_entry_append_only BEFORE UPDATE OR DELETE ON alert_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Where notifications of a site go. The address may hold a secret: it is never shown whole nor logged.
CREATE TABLE notification_channel (
    site_id    bigint NOT NULL REFERENCES site (id),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    kind       text NOT NULL,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    address    text NOT NULL,
    language   text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (site_id, id)
);

-- Written in the transaction that opens or resolves the alert; delivered at least once, with the key for the receiver to tell.
CREATE TABLE outbox (
    site_id         bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    idempotency_key text NOT NULL,
    channel_id      bigint NOT NULL,
    alert_id        bigint NOT NULL,
    event           text NOT NULL CHECK (event IN ('opened', 'resolved')),
    created_at      timestamptz NOT NULL,
    attempts        smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    delivered_at    timestamptz,
    -- given up: the reason of the last attempt tells why
    failed_at       timestamptz,
    last_error      text NOT NULL DEFAULT '',
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, idempotency_key),
    FOREIGN KEY (site_id, channel_id) REFERENCES notification_channel (site_id, id),
    FOREIGN KEY (site_id, alert_id) REFERENCES alert (site_id, id)
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE delivered_at IS NULL AND failed_at IS NULL;
