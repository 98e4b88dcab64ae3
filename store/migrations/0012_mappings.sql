-- How messages are read that no format reads. The addresses of its devices begin with the slug.
CREATE TABLE mapping (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint NOT NULL REFERENCES site (id),
    slug         text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    topic_filter text NOT NULL CHECK (length(topic_filter) BETWEEN 1 AND 200),
    -- also by the topic as it is; else only below gatehouse/v1/<site>/raw/
    direct       boolean NOT NULL,
    -- where one message tells of several devices, the path of their list; else empty
    entries_from text NOT NULL CHECK (length(entries_from) <= 100),
    device_from  text NOT NULL CHECK (length(device_from) BETWEEN 1 AND 100),
    -- empty: the time of arrival
    time_from    text NOT NULL CHECK (length(time_from) <= 100),
    time_form    text NOT NULL CHECK (time_form IN ('text', 'seconds', 'milliseconds')),
    UNIQUE (site_id, slug)
);

-- What a field that devices send is to us, by the format that reads it (or the mapping, by its slug).
CREATE TABLE mapping_rule (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id   bigint NOT NULL REFERENCES site (id),
    format    text NOT NULL CHECK (length(format) BETWEEN 1 AND 32),
    -- of this device alone; NULL: of every device of that format
    device_id bigint,
    source    text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    target    text NOT NULL CHECK (target ~ '^(measure|fault):[a-z0-9_]{1,63}$'),
    factor    double precision NOT NULL,
    addend    double precision NOT NULL,
    words     text NOT NULL CHECK (length(words) <= 500),
    FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);
CREATE UNIQUE INDEX mapping_rule_once ON mapping_rule (site_id, format, coalesce(device_id, 0), source, target);
CREATE UNIQUE INDEX mapping_rule_measure ON mapping_rule (site_id, format, coalesce(device_id, 0), target)
    WHERE target LIKE 'measure:%';

-- The last messages that a mapping read, to show what a change of it would make of them.
CREATE TABLE mapping_message (
    mapping_id  bigint NOT NULL REFERENCES mapping (id) ON DELETE CASCADE,
    slot        smallint NOT NULL CHECK (slot BETWEEN 0 AND 9),
    topic       text NOT NULL CHECK (length(topic) <= 512),
    payload     bytea NOT NULL CHECK (length(payload) <= 4096),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (mapping_id, slot)
);
