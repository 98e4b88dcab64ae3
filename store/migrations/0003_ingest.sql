-- Health: one row for each device, and every transition. The reading_<kind> and device_event tables are made by store.series.
CREATE TABLE device_state (
    site_id      bigint NOT NULL,
    device_id    bigint NOT NULL,
    status       text NOT NULL DEFAULT 'unknown' CHECK (status IN ('online', 'degraded', 'fault', 'stale', 'offline', 'unknown')),
    since        timestamptz NOT NULL,
    -- why: will, silence, fault, recovered, seen, registered, restart
    reason       text NOT NULL,
    faults       text[] NOT NULL DEFAULT '{}',
    -- by our clock, of the last message; flushed lazily
    last_seen_at timestamptz,
    -- by the device's clock, of the newest reading
    last_ts      timestamptz,
    -- device clock minus our clock at receipt
    skew_ms      bigint,
    PRIMARY KEY (site_id, device_id),
    FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);

CREATE TABLE device_status (
    site_id   bigint NOT NULL,
    device_id bigint NOT NULL,
    id        bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL,
    status    text NOT NULL CHECK (status IN ('online', 'degraded', 'fault', 'stale', 'offline', 'unknown')),
    previous  text NOT NULL,
    reason    text NOT NULL,
    faults    text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (site_id, device_id, at, id),
    FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);
CREATE TRIGGER device_status_append_only BEFORE UPDATE OR DELETE ON device_status FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What could not be taken. The same reason on the same topic again only counts (detail and payload are the last ones),
-- so that one bad device cannot push the others out.
CREATE TABLE rejected_message (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL: of no site we know
    site_id       bigint REFERENCES site (id),
    topic         text NOT NULL CHECK (length(topic) <= 512),
    reason        text NOT NULL,
    detail        text NOT NULL CHECK (length(detail) <= 500),
    payload       bytea NOT NULL,
    payload_bytes integer NOT NULL,
    count         bigint NOT NULL DEFAULT 1,
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (site_id, topic, reason)
);
CREATE INDEX rejected_message_site ON rejected_message (site_id, last_at DESC);
CREATE INDEX rejected_message_age ON rejected_message (last_at);

-- Devices that report and are not in the ledger yet.
CREATE TABLE discovered_device (
    site_id       bigint NOT NULL REFERENCES site (id),
    slug          text NOT NULL CHECK (length(slug) BETWEEN 1 AND 64),
    kind_guess    text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    message_count bigint NOT NULL DEFAULT 1,
    last_topic    text NOT NULL,
    last_payload  text NOT NULL,
    ignored_at    timestamptz,
    PRIMARY KEY (site_id, slug)
);

-- From the moment a device is in the ledger it has a state and is no discovery any more.
CREATE FUNCTION receive_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO device_state (site_id, device_id, status, since, reason)
    VALUES (NEW.site_id, NEW.id, 'unknown', NEW.registered_at, 'registered');
    DELETE FROM discovered_device WHERE site_id = NEW.site_id AND slug = NEW.slug;
    RETURN NULL;
END $$;
CREATE TRIGGER device_registered AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION receive_device();

-- What each running ingester last said of itself; its silence is an alarm of its own.
CREATE TABLE ingester (
    client_id  text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    connected  boolean NOT NULL,
    received   bigint NOT NULL,
    committed  bigint NOT NULL,
    rejected   bigint NOT NULL,
    queued     bigint NOT NULL
);
