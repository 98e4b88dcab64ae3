-- One alert for each subject and rule while it holds, by the index and not by good intentions.
CREATE TABLE alert (
    site_id         bigint NOT NULL REFERENCES site (id),
    id              bigint GENERATED ALWAYS AS IDENTITY,
    rule            text NOT NULL,
    -- device:12, plan:3
    subject         text NOT NULL,
    subject_name    text NOT NULL,
    -- the area it lies in; empty: not known
    place           text NOT NULL DEFAULT '',
    severity        text NOT NULL CHECK (severity IN ('critical', 'major', 'minor')),
    since           timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    facts           jsonb NOT NULL DEFAULT '{}',
    -- which happening of it this is, where a rule tells them apart: the latest missed round, the set of faults
    occurrence      text NOT NULL DEFAULT '',
    acknowledged_at timestamptz,
    acknowledged_by bigint REFERENCES person (id),
    resolved_at     timestamptz,
    -- NULL while resolved_at is set: it cleared by itself
    resolved_by     bigint REFERENCES person (id),
    -- when the condition ended. Later than resolved_at when a person closed it while it still held:
    -- until then the row keeps the same thing from being opened again
    cleared_at      timestamptz,
    PRIMARY KEY (site_id, id),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK (resolved_by IS NULL OR resolved_at IS NOT NULL),
    CHECK (cleared_at IS NULL OR resolved_at IS NOT NULL)
);
CREATE UNIQUE INDEX alert_one_holding ON alert (site_id, subject, rule) WHERE cleared_at IS NULL;
CREATE INDEX alert_unresolved ON alert (site_id, id) WHERE resolved_at IS NULL;
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
    -- opened, updated: what the rule had found by then
    facts     jsonb NOT NULL DEFAULT '{}',
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
    -- how the last attempt to send something went; an empty error: it arrived
    tried_at   timestamptz,
    last_error text NOT NULL DEFAULT '',
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
    -- waiting until then; while an attempt runs, until when it may take
    next_attempt_at timestamptz,
    delivered_at    timestamptz,
    -- given up: the reason of the last attempt tells why
    failed_at       timestamptz,
    -- no longer wanted: acknowledged before it could be delivered, or the channel was retired
    withdrawn_at    timestamptz,
    last_error      text NOT NULL DEFAULT '',
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, idempotency_key),
    CHECK (num_nonnulls(next_attempt_at, delivered_at, failed_at, withdrawn_at) = 1),
    FOREIGN KEY (site_id, channel_id) REFERENCES notification_channel (site_id, id),
    FOREIGN KEY (site_id, alert_id) REFERENCES alert (site_id, id)
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (site_id, channel_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outbox_alert ON outbox (site_id, alert_id, channel_id);

-- What the rules look for: among all devices those that are ill, of each plan the latest round that is decided.
CREATE INDEX device_state_ill ON device_state (status) WHERE status IN ('offline', 'fault');
CREATE INDEX round_decided ON round (site_id, plan_id, starts_at DESC) WHERE state <> 'open';
