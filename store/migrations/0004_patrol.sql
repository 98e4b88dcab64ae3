-- Places that must be seen, by which route, how often; the rounds due; what guards did.
CREATE TABLE checkpoint (
    site_id bigint NOT NULL REFERENCES site (id),
    id      bigint GENERATED ALWAYS AS IDENTITY,
    code    text NOT NULL CHECK (code ~ '^[0-9A-Z]{4,12}$'),
    name    text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    area_id bigint,
    active  boolean NOT NULL DEFAULT true,
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, code),
    FOREIGN KEY (site_id, area_id) REFERENCES area (site_id, id)
);

CREATE TABLE route (
    site_id    bigint NOT NULL REFERENCES site (id),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    retired_at timestamptz,
    PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX route_name ON route (site_id, name) WHERE retired_at IS NULL;

CREATE TABLE route_stop (
    site_id       bigint NOT NULL,
    route_id      bigint NOT NULL,
    position      smallint NOT NULL CHECK (position > 0),
    checkpoint_id bigint NOT NULL,
    PRIMARY KEY (site_id, route_id, position),
    UNIQUE (site_id, route_id, checkpoint_id),
    FOREIGN KEY (site_id, route_id) REFERENCES route (site_id, id),
    FOREIGN KEY (site_id, checkpoint_id) REFERENCES checkpoint (site_id, id)
);

-- One plan: this route, every so many minutes, between two local times. until <= from runs past midnight.
CREATE TABLE patrol_plan (
    site_id       bigint NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    route_id      bigint NOT NULL,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    from_time     time NOT NULL,
    until_time    time NOT NULL,
    every_minutes smallint NOT NULL CHECK (every_minutes BETWEEN 1 AND 1440),
    -- how long after the slot's end a check-in still counts, as late
    grace_minutes smallint NOT NULL DEFAULT 5 CHECK (grace_minutes BETWEEN 0 AND 120),
    active_from   timestamptz NOT NULL,
    retired_at    timestamptz,
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, route_id) REFERENCES route (site_id, id)
);

-- One due performance of a route 巡更班次. Its slot is [starts_at, due_at).
CREATE TABLE round (
    site_id   bigint NOT NULL,
    id        bigint GENERATED ALWAYS AS IDENTITY,
    plan_id   bigint NOT NULL,
    route_id  bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    due_at    timestamptz NOT NULL CHECK (due_at > starts_at),
    closes_at timestamptz NOT NULL CHECK (closes_at >= due_at),
    -- open: not decided yet · verified: every checkpoint seen · missed: at least one was not
    state     text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'verified', 'missed')),
    closed_at timestamptz,
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, plan_id, starts_at),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    FOREIGN KEY (site_id, plan_id) REFERENCES patrol_plan (site_id, id),
    FOREIGN KEY (site_id, route_id) REFERENCES route (site_id, id)
);
CREATE INDEX round_open ON round (closes_at) WHERE state = 'open';
CREATE INDEX round_site_time ON round (site_id, starts_at DESC);

-- Raw evidence, immutable. The verdict is derived from it and can be derived again.
CREATE TABLE check_in (
    site_id       bigint NOT NULL REFERENCES site (id),
    id            bigint GENERATED ALWAYS AS IDENTITY,
    -- made by the phone: sending twice stores once
    client_id     uuid NOT NULL,
    person_id     bigint NOT NULL REFERENCES person (id),
    checkpoint_id bigint,
    code_entered  text NOT NULL CHECK (length(code_entered) <= 64),
    method        text NOT NULL CHECK (method IN ('code')),
    device_at     timestamptz,
    received_at   timestamptz NOT NULL,
    note          text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    evidence      jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, client_id),
    FOREIGN KEY (site_id, checkpoint_id) REFERENCES checkpoint (site_id, id)
);
CREATE INDEX check_in_time ON check_in (site_id, received_at DESC);
CREATE TRIGGER check_in_append_only BEFORE UPDATE OR DELETE ON check_in FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which checkpoint of which round was seen, by which check-in. Derived: may be deleted and derived again.
CREATE TABLE round_check (
    site_id       bigint NOT NULL,
    round_id      bigint NOT NULL,
    checkpoint_id bigint NOT NULL,
    -- due · on_time · late · missed
    verdict       text NOT NULL DEFAULT 'due' CHECK (verdict IN ('due', 'on_time', 'late', 'missed')),
    check_in_id   bigint,
    seen_at       timestamptz,
    PRIMARY KEY (site_id, round_id, checkpoint_id),
    CHECK ((check_in_id IS NULL) = (verdict IN ('due', 'missed'))),
    FOREIGN KEY (site_id, round_id) REFERENCES round (site_id, id),
    FOREIGN KEY (site_id, checkpoint_id) REFERENCES checkpoint (site_id, id),
    FOREIGN KEY (site_id, check_in_id) REFERENCES check_in (site_id, id)
);
CREATE INDEX round_check_in ON round_check (site_id, check_in_id);

-- Rectification notice 整改通知: to a department, with a deadline, until it is struck off 销号.
CREATE TABLE notice (
    site_id     bigint NOT NULL REFERENCES site (id),
    id          bigint GENERATED ALWAYS AS IDENTITY,
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    detail      text NOT NULL DEFAULT '' CHECK (length(detail) <= 4000),
    department  text NOT NULL CHECK (department IN ('security', 'engineering', 'cleaning', 'greening', 'customer_service')),
    issued_by   bigint NOT NULL REFERENCES person (id),
    issued_at   timestamptz NOT NULL,
    due_at      timestamptz NOT NULL CHECK (due_at > issued_at),
    closed_by   bigint REFERENCES person (id),
    closed_at   timestamptz,
    closed_note text NOT NULL DEFAULT '',
    PRIMARY KEY (site_id, id),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE INDEX notice_open ON notice (site_id, due_at) WHERE closed_at IS NULL;
