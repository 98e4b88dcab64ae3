-- The time zone in which a plan's rounds ahead were made. Where the site has another one since, they are made anew.
ALTER TABLE patrol_plan ADD COLUMN tz text;
UPDATE patrol_plan SET tz = site.tz FROM site WHERE site.id = patrol_plan.site_id;
ALTER TABLE patrol_plan ALTER COLUMN tz SET NOT NULL;
