-- How far the hourly and daily rollups of a table are. The rollups themselves are made by store.series from the kinds' declarations.
CREATE TABLE rollup_mark (
    -- the table they are made from
    series        text PRIMARY KEY,
    -- everything received before then is in them
    rolled_to     timestamptz,
    -- what is older may have been dropped from that table, from its hours and from its days: not to be computed from again
    readings_from timestamptz,
    hourly_from   timestamptz,
    daily_from    timestamptz
);

-- When each ingester had last been heard, as seen by the rollups at that time.
CREATE TABLE rollup_heard (
    client_id text NOT NULL,
    noted_at  timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,
    PRIMARY KEY (client_id, noted_at)
);
