-- What each fault in force rests on: `overflow`, as the device reported it, and `overflow:level`, as judged from that measure.
-- Of faults from before nobody knows; as reported ones they end with the next message that does not name them.
ALTER TABLE device_state ADD COLUMN grounds text[] NOT NULL DEFAULT '{}';
UPDATE device_state SET grounds = faults WHERE faults <> '{}';

-- A device that is put back in use may be another one under the same code, without the measure a fault was judged from.
CREATE FUNCTION forget_faults() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE device_state SET grounds = '{}' WHERE site_id = NEW.site_id AND device_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER device_reinstated AFTER UPDATE OF retired_at ON device FOR EACH ROW
    WHEN (OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL) EXECUTE FUNCTION forget_faults();
