-- A device that speaks a vendor's format is found by what the vendor calls it: `<format>:<the vendor's name of it>`.
ALTER TABLE device ADD COLUMN address text CHECK (length(address) BETWEEN 3 AND 200);
CREATE UNIQUE INDEX device_address ON device (site_id, address) WHERE retired_at IS NULL;

ALTER TABLE discovered_device ADD COLUMN address text CHECK (length(address) BETWEEN 3 AND 200);

-- What a device says that its kind has no word for, by the vendor's names, with the value of the last time.
CREATE TABLE device_unmapped (
    site_id   bigint NOT NULL,
    device_id bigint NOT NULL,
    name      text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    value     text NOT NULL CHECK (length(value) <= 210),
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (site_id, device_id, name),
    FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);
