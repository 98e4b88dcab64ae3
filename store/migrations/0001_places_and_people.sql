-- Where: city → district → street → site → area.
CREATE TABLE region (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id  bigint REFERENCES region (id),
    level      text NOT NULL CHECK (level IN ('city', 'district', 'street')),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    CHECK ((level = 'city') = (parent_id IS NULL)),
    UNIQUE NULLS NOT DISTINCT (parent_id, name)
);

CREATE TABLE site (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug               text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name               text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    tz                 text NOT NULL DEFAULT 'Asia/Shanghai',
    region_id          bigint NOT NULL REFERENCES region (id),
    -- bcrypt of the password with which the site's devices sign in to the embedded broker
    mqtt_password_hash text,
    created_at         timestamptz NOT NULL
);
CREATE INDEX site_region ON site (region_id);

CREATE TABLE area (
    site_id  bigint NOT NULL REFERENCES site (id),
    id       bigint GENERATED ALWAYS AS IDENTITY,
    slug     text NOT NULL,
    name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- 重点区域: must be checked at least once every hour
    key_area boolean NOT NULL DEFAULT false,
    PRIMARY KEY (site_id, id),
    UNIQUE (site_id, slug)
);

-- Who.
CREATE TABLE person (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    display_name  text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 60),
    password_hash text NOT NULL,
    language      text CHECK (language IN ('zh', 'en')),
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL
);

-- A role holds for one site, for a region with everything below it, or (admin) everywhere.
CREATE TABLE role_grant (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person (id),
    role       text NOT NULL CHECK (role IN ('guard', 'leader', 'engineer', 'manager', 'regional', 'admin')),
    site_id    bigint REFERENCES site (id),
    region_id  bigint REFERENCES region (id),
    CHECK (CASE role WHEN 'admin' THEN site_id IS NULL AND region_id IS NULL
                     WHEN 'regional' THEN site_id IS NULL AND region_id IS NOT NULL
                     ELSE site_id IS NOT NULL AND region_id IS NULL END),
    UNIQUE NULLS NOT DISTINCT (person_id, role, site_id, region_id)
);
CREATE INDEX role_grant_site ON role_grant (site_id);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person (id),
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL DEFAULT '',
    ip         text NOT NULL DEFAULT ''
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE login_attempt (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL,
    ip       text NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX login_attempt_username ON login_attempt (username, at);
CREATE INDEX login_attempt_ip ON login_attempt (ip, at);

CREATE TABLE api_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id    bigint NOT NULL REFERENCES person (id),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    token_hash   bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_token_person ON api_token (person_id);

-- Every change a person makes. Append-only.
CREATE TABLE audit_entry (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    person_id bigint REFERENCES person (id),
    site_id   bigint REFERENCES site (id),
    action    text NOT NULL,
    subject   text NOT NULL,
    detail    jsonb NOT NULL DEFAULT '{}',
    ip        text NOT NULL DEFAULT ''
);
CREATE INDEX audit_entry_site ON audit_entry (site_id, at DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
